/** Every way in which a step can end has a sentence, in every language. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadBook } from "../../src/client";
import { again, sentence } from "../../src/failures";
import { capital, day, languages, listed, moment, preferred, type Words } from "../../src/texts";
import { en } from "../../src/texts/en";
import { nl } from "../../src/texts/nl";
import { partiesJson } from "../world";

const both: readonly (readonly [string, Words])[] = [
  ["nl", nl],
  ["en", en],
];
const api = readFileSync(new URL("../../src/client/api.ts", import.meta.url), "utf8").replace(/\/\/.*$/gm, "");
const problems = readFileSync(new URL("../../../cli/texts/problems.yaml", import.meta.url), "utf8");

/** The words of one of api.ts's enums. */
function members(type: string): string[] {
  const body = new RegExp(`export type ${type} =((?:\\s*\\|[^;]*?)+);`, "s").exec(api)?.[1] ?? "";
  return [...body.matchAll(/"([a-z-]+)"/g)].map(([, word]) => word as string);
}

/** All texts, each with the path to it; functions are called with plausible arguments. */
function texts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String(value("HR en Ann", 2, 3))]];
  return Object.entries(value as object).flatMap(([key, one]) => texts(one, `${path}.${key}`));
}

test.each(both)("%s: each alarm, trouble and mistake has a sentence of its own", (_, words) => {
  for (const [type, said] of [
    ["AlarmReason", words.alarm],
    ["Trouble", words.trouble],
    ["InputReason", words.input],
  ] as const) {
    const reasons = members(type);
    expect(reasons.length, type).toBeGreaterThan(4);
    expect(Object.keys(said).sort(), type).toEqual(reasons.sort());
  }
});

/** Said by `failures.ts` of the report page, and beside the field. */
const elsewhere = new Set(["report-unknown-round", "characters"]);

test.each(both)("%s: whatever the command line says of a refusal, the page says", (_, words) => {
  const refusals = [...problems.matchAll(/^refused-([a-z-]+):/gm)].map(([, word]) => word as string);
  expect(refusals.length).toBeGreaterThan(8);
  const missing = refusals.filter((word) => !elsewhere.has(word) && !(word in words.refused));
  expect(missing).toEqual([]);
});

test("no text is empty, and the languages have the same ones", () => {
  const paths = both.map(([, words]) => texts(words).map(([path]) => path));
  expect(paths[0]).toEqual(paths[1]);
  for (const [, words] of both) {
    for (const [path, text] of texts(words)) {
      expect(text.trim(), path).not.toBe("");
      expect(text, path).not.toMatch(/undefined|\[object|NaN/);
    }
  }
});

test("Dutch says je, and nobody is told jargon", () => {
  for (const [path, text] of texts(nl)) expect(text, path).not.toMatch(/\b(?:u|uw|envelop|manifest|cel)\b/i);
  for (const [path, text] of texts(en)) expect(text, path).not.toMatch(/\b(?:envelope|manifest|cell)\b/i);
});

test("a refusal without words of its own shows the service's", async () => {
  const book = await loadBook((await partiesJson(["hr"]))[0]);
  if (!book.ok) throw new Error("no book");
  const odd = { what: "refusal", service: "ingest", status: 418, word: "teapot", detail: "Short and stout." } as const;
  expect(sentence(odd, en, book.value)).toBe("The receiving desk refuses (teapot): Short and stout.");
  expect(sentence({ ...odd, service: "hr", word: "constructor" }, en, book.value)).toContain("Issuing desk hr refuses");
  const unreleased = { ...odd, service: "report", word: "unknown-round" };
  expect(sentence(unreleased, nl, book.value)).toBe(nl.refused["not-released"]?.(""));
});

test("only what may pass by itself is offered again", () => {
  const away = { what: "unavailable", service: "hr", trouble: "network", retryAfter: null } as const;
  expect(again(away)).toBe(true);
  expect(again({ ...away, trouble: "plain-http" })).toBe(false);
  expect(again({ what: "alarm", reason: "bad-token", detail: "" })).toBe(false);
});

test("times name their zone, and the day stands before the month", () => {
  const winter = Date.UTC(2026, 10, 30, 16, 0) / 1000;
  expect(moment(winter, "nl", "Europe/Amsterdam")).toMatch(/maandag 30 november.*17:00 CET/);
  expect(moment(winter, "en", "Europe/Amsterdam")).toMatch(/Monday 30 November.*17:00 CET/);
  expect(day(winter, "en", "Europe/Amsterdam")).toBe("30 November 2026");
});

test("lists and languages read as people say them", () => {
  expect(listed(["a", "b", "c"], nl)).toBe("a, b en c");
  expect(listed(["a"], nl)).toBe("a");
  expect(listed([], nl)).toBe("");
  expect(capital("open")).toBe("Open");
  expect(preferred(["fr-FR", "en-US", "nl"])).toBe("en");
  expect(preferred(["fr"])).toBe("nl");
  expect(Object.keys(languages)).toEqual(["nl", "en"]);
});
