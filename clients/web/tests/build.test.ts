/** The page that is built: always the same bytes, small, without anything that a strict policy would refuse. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { must } from "./expecting";
import { makeWorld, OPENING, ROUND } from "./world";

const WEB = join(import.meta.dirname, "..");
const BUILT = join(WEB, "built");

/** Bytes after gzip of what answering needs, in one language. */
const MOST = 50_000;

const folder = mkdtempSync(join(tmpdir(), "page-"));
let once: Map<string, Buffer>;
/** By file name. */
let chunks: Map<string, Rolldown.OutputChunk>;

async function built(name: string): Promise<Map<string, Buffer>> {
  const outDir = join(folder, name);
  const made = (await build({
    root: WEB,
    configFile: join(WEB, "vite.config.ts"),
    mode: "production",
    logLevel: "error",
    build: { outDir },
  })) as Rolldown.RolldownOutput;
  chunks = new Map(made.output.flatMap((one) => (one.type === "chunk" ? [[one.fileName, one]] : [])));
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

/** The files that a browser loads with the page: all that index.html names, and what those import. */
function first(): Set<string> {
  const named = [...String(once.get("index.html")).matchAll(/(?:src|href)="\.\/([^"]*)"/g)].map(
    ([, path]) => path ?? "",
  );
  const found = new Set(["index.html"]);
  const add = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    chunks.get(path)?.imports.forEach(add);
  };
  named.forEach(add);
  return found;
}

/** Source files that the page may load later, by chunk. */
function later(): Map<string, string> {
  const paths = new Set([...first()].flatMap((path) => chunks.get(path)?.dynamicImports ?? []));
  return new Map([...paths].map((path) => [path, chunks.get(path)?.facadeModuleId ?? ""]));
}

function languageFile(language: string): string {
  const found = [...later()].find(([, source]) => source.endsWith(`/texts/${language}.ts`));
  if (!found) throw new Error(`no file has ${language}`);
  return found[0];
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
  const needed = [...first(), languageFile(language), ...(chunks.get(languageFile(language))?.imports ?? [])];
  const sizes = new Map(needed.map((path) => [path, gzipSync(once.get(path) as Buffer, { level: 9 }).length]));
  expect(sizes.size).toBeGreaterThanOrEqual(4);
  expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MOST);
});

test("answering with a key file on another device loads nothing more, and what is away is said", async () => {
  const world = await makeWorld({ issuers: 2 });
  const here = await world.client();
  const [{ Wallet }, { screens: laterScreens }] = [await import("../src/client"), await import("../src/screens/more")];
  const rules = must(await here.rules(ROUND));
  const wallet = new Wallet();
  must(await here.collect(rules, must(await here.membership(rules, world.access)), world.access, wallet));

  // The page as a browser has it that gets none of the other files; what is built in, like \0crypto, is no file.
  const away = [...later().values()].filter((source) => source.startsWith("/") && !source.includes("/texts/"));
  expect(away.length).toBeGreaterThanOrEqual(5);
  vi.resetModules();
  for (const source of away) {
    vi.doMock(source, () => {
      throw new Error("away");
    });
  }
  const [{ Client, loadBook }, { Flow }, { Store }, state, { at }, { nl }] = await Promise.all([
    import("../src/client"),
    import("../src/flow"),
    import("../src/store"),
    import("../src/state"),
    import("../src/places"),
    import("../src/texts/nl"),
  ]);
  const store = new Store({ ...state.initial("nl", nl, false), place: at("open") });
  const seen = new Set<string>();
  store.listen(({ place }) => seen.add(place.screen));
  type Place = Parameters<typeof state.allowed>[1];
  const to = (place: Place) => store.dispatch({ did: "go", place: state.allowed(store.state, place) });
  const client = new Client(must(await loadBook(world.book)), {
    fetch: world.fetch,
    now: () => OPENING + 60,
    sleep: async () => {},
  });
  const flow = new Flow(store, { go: to, replace: to } as never, {
    parties: world.book,
    connect: () => client,
    now: () => OPENING + 60,
    mayRemember: false,
    loadMore: async () => {
      throw new Error("away");
    },
  });
  const answer = async (text: string) => {
    await flow.answer(ROUND);
    store.dispatch({ did: "answer", question: "safe-1", answer: 3 });
    store.dispatch({ did: "answer", question: "keep", answer: text });
    for (const screen of ["all", "review"] as const) to(at(screen));
    await flow.send();
    expect(store.state.failure).toBeNull();
    expect(store.state.place.screen).toBe("sent");
  };
  await flow.begin();
  await flow.openFile(wallet.json());
  await answer("Meer tijd.");
  await answer("Nog meer tijd.");
  expect(world.envelopes).toHaveLength(4);
  expect([...seen].sort()).toEqual(["all", "mine", "open", "question", "review", "sending", "sent"]);
  expect(Object.keys(laterScreens).filter((screen) => seen.has(screen))).toEqual([]);
  // So that the files were really away: whoever collects needs them.
  await flow.showGroups(world.access);
  expect(store.state.failure).toMatchObject({ what: "unavailable", service: "page", trouble: "network" });
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
