/** What HR drafts: questions, dates, minimum group sizes, and whom to turn to (docs/protocol.md, "Draft"). */

import { dumps, type Json } from "./canonical";
import { load, type Questionnaire, type Texts } from "./questionnaire";
import { anything, bytes, date, Malformed, object, texts, whole, worded } from "./shape";

const DAY = 86_400;

/** Seconds between closing and the cut: time for the receipts that are on their way. */
const GRACE_FLOOR = 60;

/** Days after closing in which no other round may ask the same: two cuts of the same people subtract to one person. */
const REPEAT_DAYS = 14;

/** Bytes of the draft's canonical JSON. */
const MAX_BYTES = 256 * 1024;

const shape = object({
  generation: whole(1),
  parties: bytes(32),
  period: worded(1, 40),
  title: texts(),
  contact: object({ counsellor: texts(), channel: texts() }),
  questionnaire: anything,
  rate: whole(1, 80),
  cover: whole(0, 50),
  opens: date,
  answer_from: date,
  closes: date,
  grace: whole(1, DAY),
  erase_at: date,
  words_until: date,
  results_until: date,
  repeat_days: whole(0, 400),
});

/** A parsed draft. Times are POSIX seconds, `grace` is in seconds, `rate` and `cover` in percent. */
export type Draft = Readonly<{
  generation: number;
  /** base64url digest of the parties. */
  parties: string;
  period: string;
  title: Texts;
  /** Whom to turn to in confidence, and where to report what this form is not for. */
  contact: Readonly<{ counsellor: Texts; channel: Texts }>;
  questionnaire: Questionnaire;
  rate: number;
  cover: number;
  opens: number;
  answerFrom: number;
  closes: number;
  grace: number;
  eraseAt: number;
  wordsUntil: number;
  resultsUntil: number;
  repeatDays: number;
}>;

/** The draft in a manifest; Malformed. Says nothing about dates or floors: see `check`. */
export function parse(body: unknown, where = "draft"): Draft {
  const read = shape(body, where);
  if (dumps(body as Json).length > MAX_BYTES) throw new Malformed(where, `more than ${MAX_BYTES} bytes`);
  return {
    generation: read.generation,
    parties: (body as { parties: string }).parties,
    period: read.period,
    title: read.title,
    contact: read.contact,
    questionnaire: load(read.questionnaire, `${where}.questionnaire`),
    rate: read.rate,
    cover: read.cover,
    opens: read.opens,
    answerFrom: read.answer_from,
    closes: read.closes,
    grace: read.grace,
    eraseAt: read.erase_at,
    wordsUntil: read.words_until,
    resultsUntil: read.results_until,
    repeatDays: read.repeat_days,
  };
}

/** The rules for dates and floors that every client holds a draft to; Malformed. A trial may be short. */
export function check(draft: Draft, trial: boolean): void {
  const { opens, answerFrom, closes, grace, eraseAt, wordsUntil, resultsUntil, repeatDays } = draft;
  const counting = closes + grace;
  const rules: readonly (readonly [boolean, string])[] = [
    [opens <= answerFrom && answerFrom < closes, "opens <= answer_from < closes does not hold"],
    [counting < eraseAt && eraseAt <= resultsUntil, "closes + grace < erase_at <= results_until does not hold"],
    [
      counting < wordsUntil && wordsUntil <= resultsUntil,
      "closes + grace < words_until <= results_until does not hold",
    ],
    // Whoever joins or leaves in a longer time is not in the plan.
    [closes - opens <= 366 * DAY, "closes lies more than a year behind opens"],
    // Sealed envelopes and keys that nobody needs any more are only a danger.
    [eraseAt - closes <= 90 * DAY, "erase_at lies more than 90 days behind closes"],
    [resultsUntil - closes <= 3660 * DAY, "results_until lies more than ten years behind closes"],
    [trial || grace >= GRACE_FLOOR, `grace is at least ${GRACE_FLOOR} seconds`],
    [trial || repeatDays >= REPEAT_DAYS, `repeat_days is at least ${REPEAT_DAYS}`],
  ];
  for (const [holds, otherwise] of rules) if (!holds) throw new Malformed("draft", otherwise);
}
