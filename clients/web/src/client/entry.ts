/** What a client must remember of a round between collecting, answering and checking. */

import type { WalletCode } from "../protocol/codes";
import type { Tokens } from "../protocol/envelope";
import type * as api from "./api";

/** What it takes to answer one part, once or again; all of it is secret. */
export type Ticket = Readonly<{
  /** Admission nonce, 32 bytes. */
  nonce: Uint8Array;
  /** Secret half of the envelope key, 32 bytes. */
  seed: Uint8Array;
  finest: number;
  admission: Tokens;
  /** Per node of the path, the root first. */
  group: readonly Tokens[];
}>;

/** One sealing of one part. It is written down before it is posted, so that nothing is lost with the network. */
export type Sent = Readonly<{
  revision: number;
  /** 16 bytes: what the release lists if this one was counted. */
  counted: Uint8Array;
  /** Ingest has given a receipt. */
  acknowledged: boolean;
}>;

/** The group in which a part could count, as it was shown when the tokens were collected. */
export type Seen = Readonly<{ part: string; label: string; size: number; names: readonly string[] }>;

type Fields = Readonly<{
  manifestHash: Uint8Array;
  /** POSIX seconds. */
  opens: number;
  /** Until the tokens are there; then null: with it an issuer could tell whose they are, with the tokens it cannot. */
  code: WalletCode | null;
  /** The code was typed in, not made here, so another device may know it. */
  typed: boolean;
  tickets: readonly Ticket[];
  sent: readonly (readonly Sent[])[];
  groups: readonly Seen[];
}>;

/** Everything about one round. `tickets` and `sent` have one item per part, none before collecting. */
export class Entry implements api.Entry {
  readonly manifestHash: Uint8Array;
  readonly opens: number;
  readonly code: WalletCode | null;
  readonly typed: boolean;
  readonly tickets: readonly Ticket[];
  readonly sent: readonly (readonly Sent[])[];
  readonly groups: readonly Seen[];

  constructor(fields: Fields) {
    this.manifestHash = fields.manifestHash;
    this.opens = fields.opens;
    this.code = fields.code;
    this.typed = fields.typed;
    this.tickets = fields.tickets;
    this.sent = fields.sent;
    this.groups = fields.groups;
  }

  get collected(): boolean {
    return this.tickets.length > 0;
  }

  /** The sealing of a part with the highest revision; of those with a receipt if so asked. */
  latest(part: number, acknowledged = false): Sent | null {
    const known = (this.sent[part] ?? []).filter((one) => one.acknowledged || !acknowledged);
    return known.reduce<Sent | null>((best, one) => (best && best.revision >= one.revision ? best : one), null);
  }

  get answered(): boolean {
    return this.sent.length > 0 && this.sent.every((_, part) => this.latest(part)?.acknowledged === true);
  }

  get lastRevision(): number {
    return Math.max(-1, ...this.sent.flat().map((one) => one.revision));
  }

  /** With new sealings, one per part. */
  adding(sealed: readonly Sent[]): Entry {
    const sent = this.sent.map((ofPart, part) => [...ofPart, ...(sealed[part] ? [sealed[part]] : [])]);
    return new Entry({ ...this, sent });
  }

  /** With the receipt for one sealing. */
  acknowledging(part: number, revision: number): Entry {
    const mark = (one: Sent) => (one.revision === revision ? { ...one, acknowledged: true } : one);
    return new Entry({ ...this, sent: this.sent.map((of, at) => (at === part ? of.map(mark) : of)) });
  }
}
