/** The page that is built: always the same bytes, small, without anything that a strict policy would refuse. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

const WEB = join(import.meta.dirname, "..");
const BUILT = join(WEB, "built");

/** Bytes after gzip of what answering needs, in one language: 50 KB. */
const MOST = 50 * 1024;

const folder = mkdtempSync(join(tmpdir(), "page-"));
let once: Map<string, Buffer>;

async function built(name: string): Promise<Map<string, Buffer>> {
  const outDir = join(folder, name);
  await build({
    root: WEB,
    configFile: join(WEB, "vite.config.ts"),
    mode: "production",
    logLevel: "error",
    build: { outDir },
  });
  return files(outDir);
}

function files(from: string): Map<string, Buffer> {
  const found = readdirSync(from, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = found.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [relative(from, path).split(sep).join("/"), readFileSync(path)]));
}

function sums(of: Map<string, Buffer>): Record<string, string> {
  return Object.fromEntries([...of].map(([path, bytes]) => [path, createHash("sha256").update(bytes).digest("hex")]));
}

function only(pattern: RegExp): Buffer {
  const [found, ...others] = [...once].filter(([path]) => pattern.test(path));
  if (!found || others.length > 0) throw new Error(`not one file is ${pattern}`);
  return found[1];
}

beforeAll(async () => {
  once = await built("once");
});

afterAll(() => rmSync(folder, { recursive: true }));

test("building twice gives the same bytes", async () => {
  expect(sums(await built("twice"))).toEqual(sums(once));
});

test("what is committed is what the source builds, and hashes.json says so", () => {
  // Before the first build there is nothing to compare.
  if (!existsSync(BUILT)) return;
  const committed = files(BUILT);
  const hashes = committed.get("hashes.json");
  committed.delete("hashes.json");
  expect(sums(committed)).toEqual(sums(once));
  expect(JSON.parse(String(hashes))).toEqual(sums(committed));
});

test("so is the page in one file, which is handed out", async () => {
  const outDir = join(folder, "single");
  await build({
    root: WEB,
    configFile: join(WEB, "vite.config.ts"),
    mode: "file",
    logLevel: "error",
    build: { outDir },
  });
  execFileSync(process.execPath, [join(WEB, "scripts", "single.mjs"), outDir]);
  expect(sums(files(outDir))).toEqual(sums(files(join(WEB, "single"))));
});

test.each(["nl", "en"])("what answering needs in %s is small", (language) => {
  const needed = [/^index\.html$/, /index-.*\.js$/, /style-.*\.css$/, new RegExp(`/${language}-.*\\.js$`)].map(only);
  expect(needed.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0)).toBeLessThanOrEqual(MOST);
});

test("everything stands in files of the page itself", () => {
  const html = String(once.get("index.html"));
  expect(html).not.toMatch(/<style|style=|\son[a-z]+=|<base|http-equiv/);
  for (const [, attributes] of html.matchAll(/<script([^>]*)>/g)) expect(attributes).toMatch(/src="\.\//);
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g))
    expect(once.has((address ?? "").slice(2))).toBe(true);
});

test("nothing makes markup or code of a text", () => {
  for (const [path, bytes] of once) {
    const found = /\beval\(|new Function\(|document\.write|insertAdjacentHTML/.exec(String(bytes));
    expect(found?.[0], path).toBeUndefined();
  }
});
