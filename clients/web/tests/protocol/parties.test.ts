import { describe, expect, test } from "vitest";
import { loadBook } from "../../src/client";
import { b64 } from "../../src/protocol/base64url";
import { dumps, type Json, spell } from "../../src/protocol/canonical";
import * as ed25519 from "../../src/protocol/ed25519";
import { sha256Now } from "../../src/protocol/hashes_now";
import { Book } from "../../src/protocol/parties";
import { expectInput, must } from "../expecting";
import { type Any, partiesJson, seedOf, sign } from "../world";

const EVERYBODY = ["hr", "council", "ingest", "gate", "aggregate"];

async function first(): Promise<Any> {
  return JSON.parse((await partiesJson(["hr", "council"]))[0]);
}

/** A book whose second generation has a new gate, endorsed by these parties, each saying what `saying` gives. */
async function second(endorsing: readonly string[], saying = (digest: string): Json => ({ sha256: digest })) {
  const book = await first();
  const parties = structuredClone(book.generations[0].parties);
  parties.generation = 2;
  parties.gate = { name: "gate", url: "", key: b64(await ed25519.publicKey(seedOf("new gate"))) };
  const said = saying(b64(sha256Now(dumps(parties))));
  const signed = endorsing.map(async (name) => [name, await sign(name, "klankbord-parties", said)] as const);
  book.generations.push({ parties, endorsements: Object.fromEntries(await Promise.all(signed)) });
  return book;
}

describe("parties.json", () => {
  test("keeps all generations, each endorsed by all of the one before", async () => {
    const book = await Book.load(spell(await second(EVERYBODY)));
    expect([book.current.generation, book.get(1)?.generation, book.get(3)]).toEqual([2, 1, null]);
    expect(book.current.origin).toBe("ingest.example");
    expect(must(await loadBook(`${spell(await first())}\n`)).current.issuers.map(({ name }) => name)).toEqual([
      "hr",
      "council",
    ]);
  });

  test.each(EVERYBODY)("needs the endorsement of %s", async (missing) => {
    expectInput(await loadBook(spell(await second(EVERYBODY.filter((name) => name !== missing)))), "bad-parties");
  });

  test("needs endorsements of this very generation", async () => {
    for (const saying of [() => ({ sha256: "A".repeat(43) }), (digest: string) => ({ more: 1, sha256: digest })]) {
      expectInput(await loadBook(spell(await second(EVERYBODY, saying))), "bad-parties");
    }
  });

  const changes: [string, (parties: Any) => void][] = [
    ["a generation that is not the first", (parties) => (parties.generation = 2)],
    ["two parties of one name", (parties) => (parties.gate.name = "ingest")],
    ["two parties with one key", (parties) => (parties.gate.key = parties.ingest.key)],
    ["no issuer", (parties) => (parties.issuers = [])],
    ["nine issuers", (parties) => (parties.issuers = Array(9).fill(parties.issuers[0]))],
    ["a key of another length", (parties) => (parties.ingest.key = "AAAA")],
    ["a name in capitals", (parties) => (parties.ingest.name = "Ingest")],
    ["an unknown member", (parties) => (parties.surprise = 1)],
    ["an ingest without an address", (parties) => (parties.ingest.url = "")],
    ["a page with a path", (parties) => (parties.pages = ["https://page.example/form"])],
    ["trial that is neither true nor false", (parties) => (parties.trial = 1)],
  ];
  test.each(changes)("has not %s", async (_, change) => {
    const book = await first();
    change(book.generations[0].parties);
    expectInput(await loadBook(spell(book)), "bad-parties");
  });

  test.each([
    "ftp://ingest.example",
    "https://ingest.example/",
    "https://ingest.example?x",
    "https://user@ingest.example",
    "https://ingest.example:99999",
    "https://",
    "https://ing est.example",
    "https://ingést.example",
    "javascript:alert(1)",
  ])("has no address like %s", async (url) => {
    const book = await first();
    book.generations[0].parties.ingest.url = url;
    expectInput(await loadBook(spell(book)), "bad-parties");
  });

  test.each([
    ["http://127.0.0.1:8443", "127.0.0.1:8443"],
    ["https://[::1]:8443/ingest", "[::1]:8443"],
    ["https://ingest.example/a/b", "ingest.example"],
  ])("may have the address %s", async (url, origin) => {
    const book = await first();
    book.generations[0].parties.ingest.url = url;
    expect((await Book.load(spell(book))).current.origin).toBe(origin);
  });

  test.each(["", "{}", '{"generations":[]}', '{ "generations": [] }'])("is not %j", async (text) => {
    expectInput(await loadBook(text), "bad-parties");
  });
});
