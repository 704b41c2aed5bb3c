/** The hints point at the same pieces as those of the command line: the cases are read from its own tests. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Hint, hints } from "../../src/hints";

const python = readFileSync(new URL("../../../../tests/clients/cli/test_hints.py", import.meta.url), "utf8");
const COLLEAGUES = strings(/^COLLEAGUES = \((.*)\)$/m.exec(python)?.[1] ?? "");
const pointing = [...python.matchAll(/^ {8}\((".*?"), Hint\.([A-Z]+), (".*?")\),$/gm)].map(
  ([, text, hint, piece]) => [unquoted(text), (hint ?? "").toLowerCase() as Hint, unquoted(piece)] as const,
);
const silent = strings(/parametrize\(\n {4}"text",\n {4}\[(.*?)\n {4}\],/s.exec(python)?.[1] ?? "");

function unquoted(text = ""): string {
  return JSON.parse(text) as string;
}

function strings(list: string): string[] {
  return [...list.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => unquoted(text));
}

test("the cases were found", () => {
  expect(COLLEAGUES).toContain("Ann Smit");
  expect(pointing.length).toBeGreaterThan(10);
  expect(silent.length).toBeGreaterThan(4);
});

test.each(pointing)("%j is pointed at", (text, hint, piece) => {
  expect(hints(text, COLLEAGUES)).toContainEqual({ hint, piece });
});

test.each(silent.map((text) => [text]))("nothing is said of %j", (text) => {
  expect(hints(text, COLLEAGUES)).toEqual([]);
});

test("without names no name is known, and each piece is told once", () => {
  expect(hints("Ann Smit")).toEqual([]);
  expect(hints("Ann, Ann en nog eens Ann", COLLEAGUES)).toEqual([{ hint: "name", piece: "Ann" }]);
});
