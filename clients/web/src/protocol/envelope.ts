/**
 * The bytes of an answer, from the inside out. All numbers are big-endian; H is the manifest's hash (32).
 *
 *     inner     = HPKE-seal(aggregate key, "klankbord/1 inner" || H || u8 part || pk, answers)
 *     sig       = Ed25519(envelope key, "klankbord/1 ballot" || H || u8 part || SHA-256(inner))
 *     outer     = HPKE-seal(gate key, "klankbord/1 outer" || H || u8 part || a,
 *                     u32 revision || u32 finest node || pk (32)
 *                     || slots x issuers x group token (256) || sig (64) || inner)
 *     envelope  = u8 version 1 || u8 part || a (32) || issuers x admission token (256) || outer
 *     counted   = first 16 bytes of SHA-256("klankbord/1 counted" || H || u8 part || pk || SHA-256(inner))
 *
 * The group tokens follow the path of nodes with a key, from the root down, and for each node the order of the issuers;
 * slots that the path does not need are zero. So all envelopes of a part have one length, whatever the path and answer.
 */

import { concat, sized, u8, u32, utf8 } from "./bytes";
import * as ed25519 from "./ed25519";
import { sha256 } from "./hashes";
import type { Random } from "./hpke";
import * as hpke from "./hpke";
import { SIZE as AUTHENTICATOR } from "./rsa_key";

export const VERSION = 1;
/** Bytes of a counted entry: two of 100,000 are equal with a chance of 2^-95. */
export const COUNTED = 16;

const KEY = 32;
const NONCE = 32;
const SIGNATURE = 64;

/** One token of each issuer, in the order of parties.json; 256 bytes each. */
export type Tokens = readonly Uint8Array[];

/** What decides the lengths of a part's envelopes; all of it stands in the manifest. */
export class Layout {
  readonly issuers: number;
  /** Most nodes with a key on any path of the part's tree. */
  readonly slots: number;
  /** Bytes of the padded answers. */
  readonly answersSize: number;

  constructor(issuers: number, slots: number, answersSize: number) {
    this.issuers = issuers;
    this.slots = slots;
    this.answersSize = answersSize;
  }

  /** Bytes of the tokens of all issuers for one node, or for admission. */
  get vouchers(): number {
    return this.issuers * AUTHENTICATOR;
  }

  get inner(): number {
    return this.answersSize + hpke.OVERHEAD;
  }

  /** Bytes of the outer layer once the gate has opened it. */
  get opened(): number {
    return 4 + 4 + KEY + this.slots * this.vouchers + SIGNATURE + this.inner;
  }

  get outer(): number {
    return this.opened + hpke.OVERHEAD;
  }

  get envelope(): number {
    return 2 + NONCE + this.vouchers + this.outer;
  }
}

/** What it takes to seal one part, once or again. */
export type Sealer = Readonly<{
  manifestHash: Uint8Array;
  part: number;
  layout: Layout;
  gateKey: Uint8Array;
  aggregateKey: Uint8Array;
  /** Admission nonce, 32 bytes. */
  nonce: Uint8Array;
  /** Secret half of the envelope key, 32 bytes. */
  seed: Uint8Array;
  finest: number;
  admission: Tokens;
  /** Per node of the path, the root first. */
  group: readonly Tokens[];
}>;

/** One sealed part: `outer` travels as it is, `encoded` is what ingest appends and gives a receipt for. */
export type Envelope = Readonly<{ outer: Uint8Array; encoded: Uint8Array; counted: Uint8Array }>;

/** Seal padded answers (`layout.answersSize` bytes). RangeError if anything does not fit the layout. */
export async function seal(by: Sealer, answers: Uint8Array, revision: number, random: Random): Promise<Envelope> {
  const { manifestHash: h, part, layout } = by;
  const pk = await ed25519.publicKey(by.seed);
  const context = concat(label("inner", h, part), pk);
  const inner = await hpke.seal(by.aggregateKey, context, sized(answers, layout.answersSize), random);
  const sig = await ed25519.sign(by.seed, concat(label("ballot", h, part), await sha256(inner)));
  const opened = concat(u32(revision), u32(by.finest), pk, padded(by.group, layout), sig, inner);
  const outer = await hpke.seal(by.gateKey, concat(label("outer", h, part), sized(by.nonce, NONCE)), opened, random);
  return {
    outer: sized(outer, layout.outer),
    encoded: concat(u8(VERSION), u8(part), by.nonce, joined(by.admission, layout), outer),
    counted: await countedEntry(h, part, pk, inner),
  };
}

/** 16 bytes by which a client finds its answer among those that were counted. */
export async function countedEntry(
  manifestHash: Uint8Array,
  part: number,
  pk: Uint8Array,
  inner: Uint8Array,
): Promise<Uint8Array> {
  const about = concat(label("counted", manifestHash, part), sized(pk, KEY), await sha256(inner));
  return (await sha256(about)).slice(0, COUNTED);
}

function padded(group: readonly Tokens[], layout: Layout): Uint8Array {
  const all = new Uint8Array(layout.slots * layout.vouchers);
  all.set(concat(...group.map((ofNode) => joined(ofNode, layout))));
  return all;
}

function joined(ofIssuers: Tokens, layout: Layout): Uint8Array {
  return sized(concat(...ofIssuers.map((token) => sized(token, AUTHENTICATOR))), layout.vouchers);
}

function label(name: string, manifestHash: Uint8Array, part: number): Uint8Array {
  return concat(utf8(`klankbord/1 ${name}`), sized(manifestHash, 32), u8(part));
}
