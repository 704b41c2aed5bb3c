/**
 * A small world for tests: parties with real keys, one agreed round, and services that answer `fetch` as they should.
 *
 *     const world = await makeWorld({ issuers: 2 });
 *     const client = await world.client();                             on world.fetch
 *     world.lie(/rounds\/spring\/membership/, (said) => { ... });      what a dishonest service answers
 *     const other = await makeWorld({ draft: (body) => { ... } });     what everybody may have signed by mistake
 *
 * The company (20) has Payments (12) and Risk (8); the person is in Payments. Part "scores" is closed with k 5, "words"
 * open with k 10, so Risk has no key of its own there.
 */

import { constants, createPrivateKey, type KeyObject, privateDecrypt } from "node:crypto";
import { inject } from "vitest";
import { Client, type ClientOptions, loadBook } from "../src/client";
import { b64, unb64 } from "../src/protocol/base64url";
import * as bundle from "../src/protocol/bundle";
import { compare, concat, u8, utf8 } from "../src/protocol/bytes";
import { dumps, type Json, spell } from "../src/protocol/canonical";
import { Code } from "../src/protocol/codes";
import * as ed25519 from "../src/protocol/ed25519";
import { Layout } from "../src/protocol/envelope";
import { sha256Now } from "../src/protocol/hashes_now";
import { SUITES } from "../src/protocol/manifest";
import * as merkle from "../src/protocol/merkle";
import { namesHash } from "../src/protocol/nodes";

// biome-ignore lint/suspicious/noExplicitAny: tests change JSON wherever they like.
export type Any = any;

export const ROUND = "spring";
export const OPENS = "2026-03-02T10:00:00Z";
/** POSIX seconds of OPENS. */
export const OPENING = 1_772_445_600;
const CODE = await Code.of("access", sha256Now(utf8("access")).slice(0, 16));
export const ACCESS = CODE.text;
export const PATH = ["Velda", "Payments"];
export const NAMES = Array.from({ length: 12 }, (_, number) => `Name ${String(number).padStart(2, "0")}`);

type Rsa = { modulus: Uint8Array; key: KeyObject };
const made = new Map<number, Rsa>();

/** One of the RSA keys that tests/keys.ts has made for this run. */
export function rsa(number: number): Rsa {
  const known = made.get(number);
  if (known) return known;
  const key = createPrivateKey(inject("keys")[number] as string);
  const one = { key, modulus: unb64(key.export({ format: "jwk" }).n as string) };
  made.set(number, one);
  return one;
}

/** What an issuer does with a blinded message: m^d mod n. */
export function blindSign({ key }: Rsa, message: Uint8Array): Uint8Array {
  return new Uint8Array(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, message));
}

export function seedOf(name: string): Uint8Array {
  return sha256Now(utf8(`identity of ${name}`));
}

/** A JWS as this party would sign it. */
export async function sign(name: string, typ: string, payload: Json): Promise<string> {
  const signed = `${b64(dumps({ alg: "EdDSA", typ }))}.${b64(dumps(payload))}`;
  return `${signed}.${b64(await ed25519.sign(seedOf(name), utf8(signed)))}`;
}

export function record(name: string, kind: string, body: Json, round = ROUND): Promise<string> {
  return sign(name, `klankbord-${kind}`, { author: name, body, round });
}

export type Options = Readonly<{
  issuers?: number;
  trial?: boolean;
  /** Changes what is drafted, before anybody signs it. */
  draft?: (body: Any) => void;
  /** Changes the composed nodes, before the root is computed. */
  nodes?: (nodes: Any[]) => void;
  manifest?: (body: Any) => void;
}>;

type Lie = readonly [RegExp, (said: Any) => unknown];

export class World {
  readonly issuers: readonly string[];
  readonly book: string;
  readonly manifest: Any;
  readonly items: readonly Uint8Array[];
  readonly keys: ReadonlyMap<string, Rsa>;
  manifestJws = "";
  accepts: string[] = [];
  readonly asked: { method: string; url: string; headers: Headers; body: Any }[] = [];
  readonly envelopes: Uint8Array[] = [];
  readonly served = new Map<string, string>();
  records: string[] = [];
  entries: Uint8Array[] = [];
  #lies: Lie[] = [];

  constructor(parts: Pick<World, "issuers" | "book" | "manifest" | "items" | "keys">) {
    this.issuers = parts.issuers;
    this.book = parts.book;
    this.manifest = parts.manifest;
    this.items = parts.items;
    this.keys = parts.keys;
  }

  get hash(): string {
    return b64(sha256Now(dumps(this.manifest)));
  }

  get authors(): readonly string[] {
    return [...this.issuers, "gate", "aggregate"];
  }

  /** Everybody signs the manifest as it is now. */
  async agree(): Promise<void> {
    this.manifestJws = await record(this.issuers[0] as string, "manifest", { manifest: this.manifest });
    this.accepts = await Promise.all(this.authors.map((name) => record(name, "accept", { manifest: this.hash })));
  }

  /** Changes the answers to requests whose "METHOD url" matches. */
  lie(path: RegExp, change: (said: Any) => unknown): void {
    this.instead(path, (said) => {
      change(said);
      return said;
    });
  }

  /** Gives JSON, a Response, or the error of a network, instead of the answers to requests whose "METHOD url" matches. */
  instead(path: RegExp, make: (said: Any) => unknown): void {
    this.#lies.push([path, make]);
  }

  async client(options: ClientOptions = {}): Promise<Client> {
    const book = await loadBook(this.book);
    if (!book.ok) throw new Error(book.failure.what);
    return new Client(book.value, { fetch: this.fetch, now: () => OPENING + 60, sleep: async () => {}, ...options });
  }

  /** The person's access codes. */
  get access() {
    return Object.fromEntries(this.issuers.map((name) => [name, CODE]));
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const url = String(input);
    const headers = new Headers(init?.headers);
    const body = init?.body ? JSON.parse(String(init.body)) : null;
    const method = init?.method ?? "GET";
    this.asked.push({ method, url, headers, body });
    const honest = await this.#answer(method, url, headers, body);
    const lie = this.#lies.find(([path]) => path.test(`${method} ${url}`));
    if (!lie) return honest;
    const said = await honest.json();
    const changed = lie[1](said);
    if (changed instanceof Error) throw changed;
    return changed instanceof Response ? changed : Response.json(changed, { status: honest.ok ? honest.status : 200 });
  };

  async #answer(method: string, url: string, headers: Headers, body: Any): Promise<Response> {
    const [name, path] = [new URL(url).hostname.replace(".example", ""), `${method} ${new URL(url).pathname}`];
    const { draft } = this.manifest;
    if (path === "GET /rounds") {
      const { period, title, opens, answer_from, closes } = draft;
      const one = { round: ROUND, state: "open", period, title, opens, answer_from, closes, fingerprint: this.hash };
      return Response.json({ rounds: [one] });
    }
    if (path === `GET /rounds/${ROUND}`) {
      return Response.json({ round: ROUND, state: "open", manifest: this.manifestJws, accepts: this.accepts });
    }
    if (path === `GET /rounds/${ROUND}/release`) return Response.json({ records: this.records });
    if (path === `GET /rounds/${ROUND}/counted`) return Response.json({ entries: this.entries.map(b64) });
    if (path === "POST /envelopes") return this.#take(body);
    if (headers.get("Authorization") !== `Bearer ${ACCESS}`) return problem(401, "unknown-code");
    if (path === `GET /rounds/${ROUND}/membership`) return Response.json(this.#membership(name));
    if (path === `POST /rounds/${ROUND}/tokens`) return this.#tokens(name, body);
    return problem(404, "unknown-round");
  }

  #membership(issuer: string): Json {
    const parts = this.manifest.draft.questionnaire.parts as Any[];
    const salt = (part: number) => b64(sha256Now(utf8(`${issuer} salt ${part}`)));
    return {
      issuer,
      language: "nl",
      collected: this.served.has(issuer),
      path: [0, 1].map((id) => ({
        node: new TextDecoder().decode(this.items[id]),
        proof: proof(this.items, id).map(b64),
      })),
      parts: parts.map((_, part) => ({ finest: 1, names: NAMES, salt: salt(part) })),
    };
  }

  #tokens(issuer: string, body: Any): Response {
    const asked = JSON.stringify(body);
    if ((this.served.get(issuer) ?? asked) !== asked) return problem(409, "already-collected");
    this.served.set(issuer, asked);
    const keys = (this.manifest.draft.questionnaire.parts as Any[]).flatMap((_, part) =>
      ["admission", `0.${part}`, `1.${part}`].map((which) => this.keys.get(`${issuer} ${which}`) as Rsa),
    );
    const signatures = (body.blinded as string[]).map((one, at) => b64(blindSign(keys[at] as Rsa, unb64(one))));
    return Response.json({ signatures });
  }

  async #take(body: Any): Promise<Response> {
    const tokens = (body.tokens as string[]).map(unb64);
    const encoded = concat(u8(1), u8(body.part), unb64(body.a), ...tokens, unb64(body.outer));
    if (encoded.length !== this.manifest.parts[body.part].envelope_length) return problem(400, "wrong-length");
    this.envelopes.push(encoded);
    const said = { round: ROUND, manifest: this.hash, envelope: b64(sha256Now(encoded)) };
    return Response.json({ receipt: await sign("ingest", "klankbord-receipt", said) }, { status: 202 });
  }

  /** The release that lists these entries, by flag and 16 bytes each; `change` is made to each body before it is signed. */
  async release(entries: readonly Uint8Array[], change: (kind: string, body: Any) => void = () => {}): Promise<void> {
    this.entries = [...entries].sort(compare);
    const digest = (jws: string) => b64(sha256Now(utf8(jws)));
    const say = (author: string, kind: string, body: Any) => {
      change(kind, body);
      return record(author, kind, body);
    };
    const nothing = { chunks: 0, index: [] };
    const partitions = [{ end: 4, count: 4, sha256: b64(sha256Now(utf8("log"))) }];
    const cut = await say("gate", "cut", { manifest: this.hash, partitions });
    const parts = [{ lots: 1, counted: 2, held_back: 0, refused: { "bad-token": 1 } }];
    const batch = await say("gate", "batch", { cut: digest(cut), bundle: nothing, parts });
    const opening = await say("aggregate", "opening", { batch: digest(batch) });
    const counted = bundle.reference(this.entries);
    const body = { opening: digest(opening), cells: nothing, words: nothing, counted };
    const release = await say("aggregate", "release", body);
    this.records = [this.manifestJws, ...this.accepts, cut, batch, opening, release];
  }
}

export function problem(status: number, word: string, headers: Record<string, string> = {}): Response {
  const body = { type: `urn:klankbord:problem:${word}`, title: "No", status, detail: "A sentence." };
  return Response.json(body, { status, headers });
}

export async function makeWorld(options: Options = {}): Promise<World> {
  const issuers = ["hr", "council", "third"].slice(0, options.issuers ?? 1);
  const [book, digest] = await partiesJson(issuers, options.trial ?? false);
  const draft = draftBody(digest);
  options.draft?.(draft);
  const keys = new Map<string, Rsa>();
  const keyOf = (name: string) => {
    if (!keys.has(name)) keys.set(name, rsa(keys.size));
    return (keys.get(name) as Rsa).modulus;
  };
  const nodes = composedNodes(issuers, draft.questionnaire.parts.length, keyOf);
  options.nodes?.(nodes);
  const items = nodes.map((node) => dumps(node));
  const manifest: Any = {
    v: 1,
    round: ROUND,
    suites: SUITES,
    draft,
    admission_keys: Object.fromEntries(issuers.map((name) => [name, b64(keyOf(`${name} admission`))])),
    gate_key: "OUj84K0d22ldeA5ZB3GV2mxWUGsCdzKXlK0qu8qAgVw",
    aggregate_key: "OUj84K0d22ldeA5ZB3GV2mxWUGsCdzKXlK0qu8qAgVw",
    nodes: { size: items.length, root: b64(merkle.root(items)) },
    parts: (draft.questionnaire.parts as Any[]).map(({ size }) => ({
      slots: 2,
      envelope_length: new Layout(issuers.length, 2, size).envelope,
    })),
  };
  options.manifest?.(manifest);
  const world = new World({ issuers, book, manifest, items, keys });
  await world.agree();
  return world;
}

/** parties.json of one generation, and its digest. */
export async function partiesJson(issuers: readonly string[], trial = false): Promise<[string, string]> {
  const party = async (name: string, url = `https://${name}.example`) => ({
    name,
    url,
    key: b64(await ed25519.publicKey(seedOf(name))),
  });
  const parties = {
    generation: 1,
    issuers: await Promise.all(issuers.map((name) => party(name))),
    ingest: await party("ingest"),
    gate: await party("gate", ""),
    aggregate: await party("aggregate", ""),
    report_url: "https://report.example",
    pages: ["https://page.example", "null"],
    trial,
  };
  return [`${spell({ generations: [{ parties, endorsements: {} }] })}\n`, b64(sha256Now(dumps(parties)))];
}

function draftBody(digest: string): Any {
  const both = (words: string) => ({ nl: words, en: `${words} in English` });
  const labels = (language: string) => [1, 2, 3, 4, 5].map((step) => `${language} ${step}`);
  const closed = ["safe-1", "safe-2", "other"].map((id) => ({
    id,
    text: both(`Vraag ${id}`),
    answers: "agree5",
    scale: id === "other" ? null : "safety",
  }));
  return {
    generation: 1,
    parties: digest,
    period: "2026 Q1",
    title: both("Pols"),
    contact: { counsellor: both("Kim"), channel: both("https://speak.example") },
    questionnaire: {
      parts: [
        { id: "scores", kind: "closed", k: 5, size: 16, readers: ["everyone"], questions: closed },
        {
          id: "words",
          kind: "open",
          k: 10,
          size: 256,
          readers: ["hr"],
          questions: [{ id: "keep", text: both("Wat") }],
        },
      ],
      answer_scales: { agree5: { kind: "agree", labels: { nl: labels("nl"), en: labels("en") } } },
      scales: { safety: { title: both("Veiligheid"), source: "made up" } },
    },
    rate: 75,
    cover: 5,
    opens: OPENS,
    answer_from: OPENS,
    closes: "2026-03-09T10:00:00Z",
    grace: 300,
    erase_at: "2026-04-08T10:00:00Z",
    words_until: "2026-06-09T10:00:00Z",
    results_until: "2027-03-09T10:00:00Z",
    repeat_days: 14,
  };
}

/** Velda (20) with Payments (12) and Risk (8); who has a key in which part is what `keyed` says. */
function composedNodes(issuers: readonly string[], parts: number, keyOf: (name: string) => Uint8Array): Any[] {
  const keyed = (id: number, part: number) => id < 2 || part === 0;
  const named = (id: number, part: number) => id === 1 || (id === 2 && part === 0) || (id === 0 && part === 1);
  const each = <T>(make: (part: number) => T) => Array.from({ length: parts }, (_, part) => make(part));
  const hashOf = (issuer: string, id: number, part: number) => {
    const salt = sha256Now(utf8(`${issuer} salt ${part}`));
    return b64(namesHash(salt, id === 1 ? NAMES : ["Somebody"]));
  };
  const labels: [string, number][] = [
    ["Velda", 20],
    ["Payments", 12],
    ["Risk", 8],
  ];
  return labels.map(([label, size], id) => ({
    id,
    parent: id === 0 ? null : 0,
    kind: "group",
    label,
    size,
    own: each((part) => (id === 0 ? 8 * part : id === 1 ? 12 : part === 0 ? 8 : null)),
    keys: Object.fromEntries(
      issuers.map((name) => [name, each((p) => (keyed(id, p) ? b64(keyOf(`${name} ${id}.${p}`)) : null))]),
    ),
    names: Object.fromEntries(issuers.map((name) => [name, each((p) => (named(id, p) ? hashOf(name, id, p) : null))])),
  }));
}

/** The inclusion proof of one entry (RFC 9162 section 2.1.3.1), by the recursive definition. */
export function proof(entries: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (entries.length <= 1) return [];
  let half = 1;
  while (half * 2 < entries.length) half *= 2;
  const [left, right] = [entries.slice(0, half), entries.slice(half)];
  return index < half
    ? [...proof(left, index), merkle.root(right)]
    : [...proof(right, index - half), merkle.root(left)];
}
