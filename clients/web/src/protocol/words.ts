/**
 * Which characters people's words may contain, and when two questions are the same words (docs/protocol.md, "Envelope").
 *
 * A client cleans before it seals; whoever opens only checks. Line breaks are LF, everything is in Unicode form NFC.
 */

/** Controls, lone surrogates, line breaks other than LF, and bidi controls, which make a text read other than it is. */
const REFUSED = /(?!\n)[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const BREAKS = /\r\n|[\r\u0085\u2028\u2029]/g;

/** White space as Python's str.strip has it, so that all clients send the same words alike. */
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const AROUND = new RegExp(`^${SPACE}|${SPACE}$`, "g");

/**
 * What a client makes of typed words: NFC, LF for every line break, a space for a tab, no white space around.
 *
 * Characters that no answer may hold stay where they are, so that the page can point at them: `refusedCharacters`.
 */
export function cleanText(text: string): string {
  return text.replace(BREAKS, "\n").replaceAll("\t", " ").normalize("NFC").replace(AROUND, "");
}

/** The characters that may not be sent, each once, in order of appearance. */
export function refusedCharacters(text: string): readonly string[] {
  return [...new Set(text.match(REFUSED) ?? [])];
}

/** True for text in NFC without refused characters; that it has been stripped is not asked. */
export function isSendable(text: string): boolean {
  return text.search(REFUSED) < 0 && text.normalize("NFC") === text;
}

/**
 * `text` without its looks: NFKC, case folded, NFKC again, letters and numbers only; may be empty.
 *
 * JavaScript has no case folding. Upper and then lower case puts the same letters together, but for a few (a dotless i,
 * Cherokee) of which this refuses a questionnaire rather than take what others refuse.
 */
export function folded(text: string): string {
  const oneCase = text.normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ς", "σ");
  return oneCase.normalize("NFKC").replace(/[^\p{L}\p{N}]/gu, "");
}
