/**
 * The plaintext of an answer: what is sealed for aggregate (docs/protocol.md, "Envelope").
 *
 *     closed part   one byte per question, in the part's order: 0 = no answer, else 1 + option; zeros up to the size
 *     open part     UTF-8, NFC, LF, no control or bidi characters; zeros up to the size
 *
 * All plaintexts of a part have one length. An empty text, and zeros only, mean "no answer".
 */

import { utf8 } from "./bytes";
import type { Part } from "./questionnaire";
import { cleanText, isSendable, refusedCharacters } from "./words";

/** What typed words are sent as, or why they cannot be; `over`: bytes of UTF-8 to take away. */
export type Cleaned =
  | Readonly<{ ok: true; text: string }>
  | Readonly<{ ok: false; reason: "too-long"; over: number }>
  | Readonly<{ ok: false; reason: "refused-characters"; characters: readonly string[] }>;

/** What an open part would send of typed words. */
export function clean(part: Part, typed: string): Cleaned {
  const text = cleanText(typed);
  const characters = refusedCharacters(text);
  if (characters.length > 0) return { ok: false, reason: "refused-characters", characters };
  const over = utf8(text).length - part.size;
  return over > 0 ? { ok: false, reason: "too-long", over } : { ok: true, text };
}

/**
 * The plaintext of `options` (question id -> option counted from 0, null or absent for no answer).
 *
 * RangeError for a question that is not in the part and for an option that it does not have.
 */
export function encodeClosed(part: Part, options: ReadonlyMap<string, number | null>): Uint8Array {
  const bytes = new Uint8Array(part.size);
  let used = 0;
  for (const [place, question] of part.questions.entries()) {
    if (!options.has(question.id)) continue;
    used++;
    const option = options.get(question.id) ?? null;
    if (option === null) continue;
    const limit = question.answers?.labels.nl.length ?? 0;
    if (!Number.isInteger(option) || option < 0 || option >= limit) throw new RangeError("no such option");
    bytes[place] = option + 1;
  }
  if (used < options.size) throw new RangeError("no such question");
  return bytes;
}

/** The plaintext of a text that `clean` has given; RangeError for any other. */
export function encodeOpen(part: Part, text: string): Uint8Array {
  const body = utf8(text);
  if (!isSendable(text) || body.length > part.size) throw new RangeError("no text that can be sent");
  const bytes = new Uint8Array(part.size);
  bytes.set(body);
  return bytes;
}
