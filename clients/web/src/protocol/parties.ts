/**
 * Who takes part in an installation: names, addresses and long-lived Ed25519 keys, in numbered generations.
 *
 * parties.json holds every generation there ever was. Each is endorsed by all of the one before, so nobody can slip in
 * a party of her own later; the first is trusted as it was handed out (docs/protocol.md, "Parties").
 */

import { b64 } from "./base64url";
import { dumps, type Json, parse } from "./canonical";
import { sha256 } from "./hashes";
import * as jws from "./jws";
import { bytes, dictionary, flag, list, Malformed, object, PARTY_NAME, type Read, text, whole } from "./shape";

/** One service. `url` is where employees reach it, empty where they never do; `key` is Ed25519, 32 bytes. */
export type Party = Readonly<{ name: string; url: string; key: Uint8Array }>;

/** Each adds a signature per token to what every employee sends. */
const MAX_ISSUERS = 8;

/** Scheme, host with perhaps a port, and perhaps a path; in ASCII, without a user, query, fragment or last slash. */
const ADDRESS =
  /^(?=[\x21-\x7e]{1,200}$)(https?):\/\/((?:\[[0-9a-f:.]+\]|[^/?#@:[\]]+)(?::\d{0,5})?)(\/[^?#]*[^?#/])?$/i;

function address(origin: boolean): Read<string> {
  return (value, where = "") => {
    const found = ADDRESS.exec(text()(value, where));
    const port = Number(/:(\d+)$/.exec(found?.[2] ?? "")?.[1] ?? 0);
    if (!found || port > 65_535 || (origin && found[3] !== undefined)) {
      throw new Malformed(where, "not an address like https://host:port");
    }
    return value as string;
  };
}

const party = object({ name: text(PARTY_NAME), url: address(false), key: bytes(32) });

/** A party that employees never reach. */
const hidden = object({
  name: text(PARTY_NAME),
  url: (value, where) => (value === "" ? "" : address(false)(value, where)),
  key: bytes(32),
});

const generation = object({
  generation: whole(1),
  issuers: list(party, 1, MAX_ISSUERS),
  ingest: party,
  gate: hidden,
  aggregate: hidden,
  report_url: address(false),
  pages: list((value, where) => (value === "null" ? "null" : address(true)(value, where))),
  trial: flag,
});

const file = object({
  generations: list(
    object({ parties: (value: unknown) => (value ?? null) as Json, endorsements: dictionary(/(?:)/, text()) }),
    1,
  ),
});

/** One generation. */
export class Parties {
  readonly generation: number;
  readonly issuers: readonly Party[];
  readonly ingest: Party;
  readonly gate: Party;
  readonly aggregate: Party;
  readonly reportUrl: string;
  /** Origins of the pages that may talk to issuer, ingest and report from a browser. */
  readonly pages: readonly string[];
  /** All services run under one hand: short dates are allowed, and every page says that it is not anonymous. */
  readonly trial: boolean;
  /** base64url SHA-256 of the generation's canonical JSON. */
  readonly digest: string;

  /** From one member "parties" of parties.json, and its digest; Malformed. */
  constructor(body: Json, digest: string) {
    const read = generation(body, "parties");
    this.generation = read.generation;
    this.issuers = read.issuers;
    this.ingest = read.ingest;
    this.gate = read.gate;
    this.aggregate = read.aggregate;
    this.reportUrl = read.report_url;
    this.pages = read.pages;
    this.trial = read.trial;
    this.digest = digest;
    const all = this.everybody;
    if (new Set(all.map((one) => one.name)).size < all.length) throw new Malformed("", "two parties have one name");
    if (new Set(all.map((one) => b64(one.key))).size < all.length) throw new Malformed("", "two parties have one key");
  }

  get lead(): Party {
    return this.issuers[0] as Party;
  }

  /** Everybody who signs records of a round: each of them offers something and accepts the whole. */
  get authors(): readonly Party[] {
    return [...this.issuers, this.gate, this.aggregate];
  }

  get everybody(): readonly Party[] {
    return [...this.authors, this.ingest];
  }

  /** Ingest's host, as token challenges name it (RFC 9577 origin info). */
  get origin(): string {
    return ADDRESS.exec(this.ingest.url)?.[2] ?? "";
  }
}

/** All generations, checked. */
export class Book {
  readonly current: Parties;
  readonly #generations: readonly Parties[];

  /** Use `load`, which checks the endorsements. */
  constructor(generations: readonly Parties[]) {
    this.#generations = generations;
    this.current = generations.at(-1) as Parties;
  }

  /** From the text of parties.json; Malformed says what is wrong. */
  static async load(json: string): Promise<Book> {
    const generations: Parties[] = [];
    for (const entry of file(canonical(json)).generations) {
      const parties = new Parties(entry.parties, b64(await sha256(dumps(entry.parties))));
      const before = generations.at(-1);
      if (parties.generation !== generations.length + 1) {
        throw new Malformed("generations", "numbered from 1 without gaps");
      }
      for (const author of before?.everybody ?? []) {
        await checkEndorsement(parties, author, entry.endorsements.get(author.name) ?? "");
      }
      generations.push(parties);
    }
    return new Book(generations);
  }

  get(generation: number): Parties | null {
    return this.#generations[generation - 1] ?? null;
  }
}

function canonical(json: string): Json {
  try {
    return parse(json.trim());
  } catch {
    throw new Malformed("", "not canonical JSON");
  }
}

async function checkEndorsement(parties: Parties, author: Party, endorsement: string): Promise<void> {
  try {
    const said = await jws.verify(endorsement, "klankbord-parties", author.key);
    if (said.sha256 === parties.digest && Object.keys(said).length === 1) return;
  } catch {
    // Said below.
  }
  throw new Malformed("", `generation ${parties.generation} lacks the endorsement of ${author.name}`);
}
