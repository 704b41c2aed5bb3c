/** The rules of a round: what everybody has accepted, or this client accepts nothing (docs/protocol.md, "Manifest"). */

import { b64 } from "./base64url";
import { hex } from "./bytes";
import { dumps, isObject, type Json, spell } from "./canonical";
import type { Draft } from "./draft";
import * as draft from "./draft";
import { Layout } from "./envelope";
import { sha256 } from "./hashes";
import * as jws from "./jws";
import type { Parties } from "./parties";
import { MAX_PARTS } from "./questionnaire";
import { PublicKey } from "./rsa_key";
import { anything, bytes, dictionary, list, Malformed, object, PARTY_NAME, ROUND_ID, text, whole } from "./shape";

/** The only suites that this version accepts, whatever a manifest may say. */
export const SUITES = {
  token: "0x0002 RSABSSA-SHA384-PSS-Deterministic 2048",
  seal: "0x0020 DHKEM(X25519, HKDF-SHA256), 0x0001 HKDF-SHA256, 0x0001 AES-128-GCM",
  sign: "Ed25519",
} as const;

const shape = object({
  v: whole(1, 1),
  round: text(ROUND_ID),
  suites: anything,
  draft: anything,
  admission_keys: dictionary(PARTY_NAME, bytes(256)),
  gate_key: bytes(32),
  aggregate_key: bytes(32),
  nodes: object({ size: whole(1, 2 ** 32 - 1), root: bytes(32) }),
  parts: list(object({ slots: whole(1, 64), envelope_length: whole(1, 400 * 1024) }), 1, MAX_PARTS),
});

/** A parsed manifest; that everybody has accepted it is for `verifyPublished` to say. */
export class Manifest {
  readonly hash: Uint8Array;
  readonly roundId: string;
  readonly parties: Parties;
  readonly draft: Draft;
  /** By issuer, in the order of the issuers. */
  readonly admissionKeys: ReadonlyMap<string, PublicKey>;
  readonly gateKey: Uint8Array;
  readonly aggregateKey: Uint8Array;
  readonly nodeCount: number;
  readonly nodeRoot: Uint8Array;
  /** One per part. */
  readonly layouts: readonly Layout[];

  /** Checks form and suites, and that it belongs to `parties`; Malformed. `hash` is the SHA-256 of its canonical JSON. */
  constructor(body: Json, hash: Uint8Array, parties: Parties) {
    const read = shape(body, "manifest");
    if (spell(read.suites as Json) !== spell(SUITES)) throw new Malformed("manifest.suites", "other suites than ours");
    this.draft = draft.parse(read.draft);
    if (this.draft.generation !== parties.generation || this.draft.parties !== parties.digest) {
      throw new Malformed("manifest", "another parties.json");
    }
    const asked = this.draft.questionnaire.parts;
    const keys = parties.issuers.map(({ name }): [string, PublicKey] => {
      const modulus = read.admission_keys.get(name);
      if (modulus === undefined) throw new Malformed("manifest.admission_keys", `none of ${name}`);
      return [name, PublicKey.fromModulus(modulus)];
    });
    if (read.admission_keys.size !== keys.length || read.parts.length !== asked.length) {
      throw new Malformed("manifest", "not one admission key for each issuer, or another number of parts");
    }
    this.layouts = asked.map((part, place) => {
      const said = read.parts[place] as { slots: number; envelope_length: number };
      const layout = new Layout(parties.issuers.length, said.slots, part.size);
      if (layout.envelope !== said.envelope_length)
        throw new Malformed("manifest.parts", "a length that does not follow");
      return layout;
    });
    this.admissionKeys = new Map(keys);
    this.hash = hash;
    this.roundId = read.round;
    this.parties = parties;
    this.gateKey = read.gate_key;
    this.aggregateKey = read.aggregate_key;
    this.nodeCount = read.nodes.size;
    this.nodeRoot = read.nodes.root;
  }

  /** base64url of the hash, as records name it. */
  get fingerprint(): string {
    return b64(this.hash);
  }

  /** The first 160 bits of the hash for people to compare: ten groups of four hexadecimal digits. */
  get checkCode(): string {
    return (hex(this.hash).slice(0, 40).match(/.{4}/g) ?? []).join(" ");
  }
}

/**
 * What a client demands: the lead's signature and the accept of every author, over one manifest; Malformed.
 *
 * Floors and suites are the client's own, not the manifest's. `accepts` are compact JWS, in any order.
 */
export async function verifyPublished(
  manifestJws: string,
  accepts: readonly string[],
  parties: Parties,
): Promise<Manifest> {
  const said = await signed(manifestJws, "klankbord-manifest", parties.lead.key);
  const body = isObject(said.body) ? (said.body.manifest ?? null) : null;
  const manifest = new Manifest(body, await sha256(dumps(body)), parties);
  if (said.round !== manifest.roundId || said.author !== parties.lead.name) {
    throw new Malformed("manifest", "the manifest of another round");
  }
  const accepted = new Set<string>();
  const expected = spell({ manifest: manifest.fingerprint });
  for (const accept of accepts) {
    const named = peeked(accept);
    const author = parties.authors.find((one) => one.name === named);
    if (author === undefined) throw new Malformed("accepts", "of somebody who is no author");
    const { round, body } = await signed(accept, "klankbord-accept", author.key);
    if (round === manifest.roundId && body !== undefined && spell(body) === expected) accepted.add(author.name);
  }
  const missing = parties.authors.filter(({ name }) => !accepted.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw new Malformed("accepts", `${missing.join(", ")} did not accept this manifest`);
  draft.check(manifest.draft, parties.trial);
  return manifest;
}

async function signed(
  record: string,
  typ: string,
  key: Uint8Array,
): Promise<{ round?: Json; author?: Json; body?: Json }> {
  try {
    return await jws.verify(record, typ, key);
  } catch {
    throw new Malformed("", "a signature is missing or wrong");
  }
}

function peeked(record: string): Json | undefined {
  try {
    return jws.peek(record).payload.author;
  } catch {
    throw new Malformed("accepts", "no record");
  }
}
