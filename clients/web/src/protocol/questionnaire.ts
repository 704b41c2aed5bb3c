/**
 * What a round asks: parts, questions, answer scales, and the scales (measures) that questions count for.
 *
 * Read as strictly as every party does (docs/protocol.md, "Draft"), so that this client takes no questionnaire that
 * another one refuses.
 */

import {
  dictionary,
  flag,
  list,
  Malformed,
  nullable,
  object,
  oneOf,
  optional,
  type Read,
  text,
  texts,
  whole,
  worded,
} from "./shape";
import { cleanText, folded, refusedCharacters } from "./words";

export type Texts = Readonly<{ nl: string; en: string }>;

/** The fewest answers that are ever opened together, whatever a manifest says. */
export const K_FLOOR = 5;

/** Each part is an envelope of its own; a person posts all of them, with pauses. */
export const MAX_PARTS = 16;

/** The options of a closed question, lowest first. */
export type AnswerScale = Readonly<{
  id: string;
  kind: "agree" | "recommend";
  labels: Readonly<{ nl: readonly string[]; en: readonly string[] }>;
}>;

/** A measure made of several questions, such as psychological safety. */
export type Scale = Readonly<{ id: string; title: Texts; source: string }>;

/** One question; of an open one `answers` is null. `reverse`: agreeing speaks against the thing that is measured. */
export type Question = Readonly<{
  id: string;
  text: Texts;
  answers: AnswerScale | null;
  scale: string | null;
  reverse: boolean;
}>;

export type Reader = "everyone" | "leads" | "hr";

/** Questions whose answers travel together. `size`: bytes of the padded plaintext; `k`: fewest envelopes opened. */
export type Part = Readonly<{
  id: string;
  kind: "closed" | "open";
  k: number;
  size: number;
  readers: readonly Reader[];
  questions: readonly Question[];
}>;

export type Questionnaire = Readonly<{ parts: readonly Part[]; scales: ReadonlyMap<string, Scale> }>;

const ID = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** One line of clean text; `letters` asks for a letter or number in it. */
function line(longest: number, letters = true): Read<string> {
  return (value, where = "") => {
    const read = worded(1, longest)(value, where);
    const strange = read.includes("\n") || refusedCharacters(read).length > 0 || read !== cleanText(read);
    if (strange || (letters && folded(read) === "")) throw new Malformed(where, "not one line of clean text");
    return read;
  };
}

const openQuestion = object({ id: text(ID), text: texts(line(500)) });

const closedQuestion = object({
  id: text(ID),
  text: texts(line(500)),
  answers: text(ID),
  scale: optional(nullable(text(ID)), null),
  reverse: optional(flag, false),
});

const anyPart = {
  id: text(ID),
  kind: oneOf("closed", "open"),
  k: whole(K_FLOOR, 1000),
  readers: list(oneOf("everyone", "leads", "hr"), 1, 3),
};

const closedPart = object({ ...anyPart, size: whole(1, 256), questions: list(closedQuestion, 1, 100) });

const openPart = object({ ...anyPart, size: whole(64, 8192), questions: list(openQuestion, 1, 1) });

const labels = list(line(80, false), 2, 20);

const answerScale = object({
  kind: optional(oneOf("agree", "recommend"), "agree"),
  labels: object({ nl: labels, en: labels }),
});

const scale = object({ title: texts(line(120)), source: line(500) });

const questionnaire = object({
  parts: list(
    (value, where = ""): Part & { questions: readonly unknown[] } => {
      const open = (value as { kind?: unknown } | null)?.kind === "open";
      return (open ? openPart(value, where) : closedPart(value, where)) as unknown as Part;
    },
    1,
    MAX_PARTS,
  ),
  answer_scales: dictionary(ID, answerScale, 50),
  scales: dictionary(ID, scale, 50),
});

/** The questionnaire in a draft; Malformed names the first thing that is wrong. */
export function load(value: unknown, where = "questionnaire"): Questionnaire {
  const read = questionnaire(value, where);
  const answers = new Map([...read.answer_scales].map(([id, body]) => [id, checkedScale({ id, ...body })]));
  const parts = read.parts.map((part, place) => resolved(part, answers, `${where}.parts.${place}`));
  const scales = new Map([...read.scales].map(([id, body]) => [id, { id, ...body }]));
  checkRepeats(parts, scales);
  checkScales(parts, scales);
  return { parts, scales };
}

function checkedScale(of: AnswerScale): AnswerScale {
  const { nl, en } = of.labels;
  if (nl.length !== en.length || (of.kind === "recommend" && nl.length !== 11)) {
    throw new Malformed(`answer_scales.${of.id}`, "another number of labels than there are options");
  }
  for (const words of [nl, en]) {
    if (new Set(words.map((word) => folded(word) || word)).size < words.length) {
      throw new Malformed(`answer_scales.${of.id}`, "two options have the same label");
    }
  }
  return of;
}

type Unresolved = Omit<Question, "answers"> & Readonly<{ answers?: unknown }>;

function resolved(part: Part, scales: ReadonlyMap<string, AnswerScale>, where: string): Part {
  const questions = part.questions.map((question: Unresolved, place): Question => {
    const name = question.answers as string | undefined;
    const answers = name === undefined ? null : (scales.get(name) ?? null);
    const refused = name !== undefined && answers === null;
    const { reverse = false, scale = null } = question;
    if (refused || (answers?.kind === "recommend" && (reverse || scale !== null))) {
      throw new Malformed(`${where}.questions.${place}`, "an answer scale that it cannot have");
    }
    return { id: question.id, text: question.text, answers, scale, reverse };
  });
  if (part.kind === "closed" && part.size < questions.length) {
    throw new Malformed(`${where}.size`, "one byte per question is needed");
  }
  if (new Set(part.readers).size < part.readers.length) throw new Malformed(`${where}.readers`, "each reader once");
  return { ...part, questions };
}

/** Nothing is asked twice, and the name of a unit (a scale or a question) means one thing. */
function checkRepeats(parts: readonly Part[], scales: ReadonlyMap<string, Scale>): void {
  if (new Set(parts.map((part) => part.id)).size < parts.length) throw new Malformed("parts", "two have one id");
  const ids = new Set(scales.keys());
  const asked = new Set<string>();
  for (const question of parts.flatMap((part) => part.questions)) {
    const words = [...new Set([folded(question.text.nl), folded(question.text.en)])];
    if (ids.has(question.id) || words.some((each) => asked.has(each))) {
      throw new Malformed(question.id, "another question has this id, or the same words");
    }
    ids.add(question.id);
    for (const each of words) asked.add(each);
  }
}

/** The items of a scale stand in one part, so on the same cells, and have one answer scale, so one mean. */
function checkScales(parts: readonly Part[], scales: ReadonlyMap<string, Scale>): void {
  const home = new Map<string, readonly [Part, AnswerScale | null]>();
  for (const part of parts) {
    for (const question of part.questions) {
      if (question.scale === null) continue;
      const [first, answers] = home.get(question.scale) ?? [part, question.answers];
      if (!scales.has(question.scale) || first !== part || answers !== question.answers) {
        throw new Malformed(question.id, "a scale that it cannot count for");
      }
      home.set(question.scale, [part, question.answers]);
    }
  }
  for (const id of scales.keys()) if (!home.has(id)) throw new Malformed(`scales.${id}`, "no question counts for it");
}
