/** The languages, and how times and lists read in them. */

import type { Language } from "../client";
import type { Words } from "./nl";

export type { Words };

/**
 * A further language is one more file and one more line here. `own` is what its readers call it; a language is loaded
 * when somebody reads it.
 */
export const languages: Readonly<Record<Language, Readonly<{ own: string; load: () => Promise<Words> }>>> = {
  nl: { own: "Nederlands", load: async () => (await import("./nl")).nl },
  en: { own: "English", load: async () => (await import("./en")).en },
};

/** The first of the browser's languages that there is. */
export function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const short = tag.slice(0, 2).toLowerCase();
    if (short in languages) return short as Language;
  }
  return "nl";
}

/** Day and time of POSIX seconds in the device's zone, which is named, for a round may span several. */
export function moment(seconds: number, language: Language, timeZone?: string): string {
  return format(seconds, language, {
    weekday: "long",
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    ...(timeZone ? { timeZone } : {}),
  });
}

/** The day alone, with its year: what is erased is erased much later. */
export function day(seconds: number, language: Language, timeZone?: string): string {
  return format(seconds, language, {
    day: "numeric",
    month: "long",
    year: "numeric",
    ...(timeZone ? { timeZone } : {}),
  });
}

function format(seconds: number, language: Language, options: Intl.DateTimeFormatOptions): string {
  // British English, for the day stands before the month in every language of this page.
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options).format(new Date(1000 * seconds));
}

/** "a, b and c". */
export function listed(items: readonly string[], words: Words): string {
  const last = items.at(-1) ?? "";
  return items.length > 1 ? `${items.slice(0, -1).join(", ")} ${words.and} ${last}` : last;
}

/** The first letter as a capital. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
