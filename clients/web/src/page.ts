/** What every screen is given. */

import type { Questionnaire, Texts } from "./client";
import type { Flow } from "./flow";
import type { Navigation } from "./navigation";
import type { State } from "./state";
import type { Store } from "./store";
import { day, moment, type Words } from "./texts";

export type Page = Readonly<{ state: State; words: Words; flow: Flow; navigation: Navigation; store: Store }>;

export type Given = Readonly<{ page: Page }>;

/** A text of the round's rules in the language of the page. */
export function own({ state }: Page, texts: Texts): string {
  return texts[state.language];
}

export function when({ state }: Page, seconds: number): string {
  return moment(seconds, state.language);
}

export function dayOf({ state }: Page, seconds: number): string {
  return day(seconds, state.language);
}

/** Minutes that answering takes: some seconds for a choice, most of a minute for words. */
export function minutes(questionnaire: Questionnaire): number {
  const seconds = questionnaire.parts.map((part) => (part.kind === "open" ? 45 : 8 * part.questions.length));
  return Math.max(1, Math.round(seconds.reduce((sum, one) => sum + one, 0) / 60));
}
