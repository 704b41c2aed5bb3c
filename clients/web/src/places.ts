/** Where in the page somebody is, and the fragment that stands for it: it tells nothing about answers or codes. */

export type Screen =
  | "start"
  | "rules"
  | "limits"
  | "code"
  | "groups"
  | "collecting"
  | "key"
  | "open"
  | "mine"
  | "question"
  | "all"
  | "review"
  | "sending"
  | "sent"
  | "counted";

/** `number`: which question, from 1; 0 elsewhere. */
export type Place = Readonly<{ screen: Screen; number: number }>;

/** The same words in every language, so that a switch of language leaves the address alone. */
const FRAGMENTS: Readonly<Record<Exclude<Screen, "question">, string>> = {
  start: "begin",
  rules: "spelregels",
  limits: "grenzen",
  code: "code",
  groups: "groepen",
  collecting: "ophalen",
  key: "sleutel",
  open: "verder",
  mine: "rondes",
  all: "alle-vragen",
  review: "nakijken",
  sending: "versturen",
  sent: "ontvangen",
  counted: "geteld",
};

export const START: Place = { screen: "start", number: 0 };

export function at(screen: Screen, number = 0): Place {
  return { screen, number };
}

/** "#vraag-3". */
export function fragment({ screen, number }: Place): string {
  return screen === "question" ? `#vraag-${number}` : `#${FRAGMENTS[screen]}`;
}

/** The place of a fragment; null for whatever is none. */
export function placeOf(hash: string): Place | null {
  const name = hash.replace(/^#/, "");
  const question = /^vraag-([1-9][0-9]{0,3})$/.exec(name);
  if (question) return at("question", Number(question[1]));
  const found = Object.entries(FRAGMENTS).find(([, word]) => word === name);
  return found ? at(found[0] as Screen) : null;
}

/**
 * What the address brings along: access codes as "#code=KA-...&code=KA-...", a key as "#sleutel=KW-...", "#kiosk".
 *
 * Codes never stand in the query, which servers see and write down.
 */
export type Brought = Readonly<{ codes: readonly string[]; key: string; kiosk: boolean }>;

export function brought(hash: string): Brought {
  const pairs = new URLSearchParams(hash.replace(/^#/, ""));
  return { codes: pairs.getAll("code").filter(Boolean), key: pairs.get("sleutel") ?? "", kiosk: pairs.has("kiosk") };
}
