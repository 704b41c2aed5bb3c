/** Answering: the answers to one part become one envelope, sealed twice, of the length that all of that part have. */

import { b64 } from "../protocol/base64url";
import { type Layout, seal, VERSION } from "../protocol/envelope";
import type { Random } from "../protocol/hpke";
import type { Manifest } from "../protocol/manifest";
import type { Ticket } from "./entry";

/** Revisions that begin with each hour: a second device whose clock is an hour later wins without knowing the first. */
const PER_HOUR = 256;

/** One part, ready to be posted; the same bytes at every attempt. */
export type Sealed = Readonly<{
  part: number;
  revision: number;
  counted: Uint8Array;
  /** What is posted to `/envelopes`. */
  body: Readonly<Record<string, unknown>>;
  /** What ingest appends to the log, and gives a receipt for. */
  encoded: Uint8Array;
}>;

/** Higher than `last` (-1 for none) and at least 256 for each whole hour since the opening; `now` in POSIX seconds. */
export function nextRevision(manifest: Manifest, last: number, now: number): number {
  const hours = Math.floor(Math.max(0, Math.floor(now) - manifest.draft.opens) / 3600);
  return Math.max(last + 1, PER_HOUR * hours);
}

/** Seal the padded plaintext of a part; fresh randomness makes each result another. */
export async function sealPart(
  manifest: Manifest,
  part: number,
  ticket: Ticket,
  plaintext: Uint8Array,
  revision: number,
  random: Random,
): Promise<Sealed> {
  const { hash: manifestHash, gateKey, aggregateKey } = manifest;
  const layout = manifest.layouts[part] as Layout;
  const by = { ...ticket, manifestHash, part, layout, gateKey, aggregateKey };
  const { outer, encoded, counted } = await seal(by, plaintext, revision, random);
  const body = {
    v: VERSION,
    round: manifest.roundId,
    part,
    a: b64(ticket.nonce),
    tokens: ticket.admission.map(b64),
    outer: b64(outer),
  };
  return { part, revision, counted, body, encoded };
}
