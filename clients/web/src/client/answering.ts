/** From what a person chose and wrote to the padded plaintext of each part. */

import { clean, encodeClosed, encodeOpen } from "../protocol/answers";
import type { Part, Questionnaire } from "../protocol/questionnaire";
import type { Answer, Answers } from "./api";
import { badInput } from "./outcomes";

/** One padded plaintext per part; questions that are not in `given` are left open. Stops for what is no answer. */
export function plaintexts({ parts }: Questionnaire, given: Answers): readonly Uint8Array[] {
  const known = new Set(parts.flatMap((part) => part.questions.map(({ id }) => id)));
  const strange = Object.keys(given).find((id) => !known.has(id));
  if (strange !== undefined) throw badInput("unknown-question", strange);
  const answer = (id: string): Answer => (Object.hasOwn(given, id) ? (given[id] ?? null) : null);
  return parts.map((part) => (part.kind === "open" ? open(part, answer) : closed(part, answer)));
}

function closed(part: Part, answer: (id: string) => Answer): Uint8Array {
  const options = part.questions.map(({ id, answers }): [string, number | null] => {
    const option = answer(id);
    const last = (answers?.labels.nl.length ?? 0) - 1;
    if (option === null) return [id, null];
    if (typeof option !== "number" || !Number.isInteger(option) || option < 0 || option > last) {
      throw badInput("no-such-option", id);
    }
    return [id, option];
  });
  return encodeClosed(part, new Map(options));
}

function open(part: Part, answer: (id: string) => Answer): Uint8Array {
  const id = part.questions[0]?.id ?? "";
  const typed = answer(id) ?? "";
  if (typeof typed !== "string") throw badInput("no-text", id);
  const cleaned = clean(part, typed);
  if (!cleaned.ok) throw badInput(cleaned.reason, id);
  return encodeOpen(part, cleaned.text);
}
