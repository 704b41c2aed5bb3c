/** The records of a round, as a client reads them: each one signed statement by one party (docs/protocol.md, "Records"). */

import { b64 } from "./base64url";
import { utf8 } from "./bytes";
import type { JsonObject } from "./canonical";
import { sha256Now } from "./hashes_now";
import * as jws from "./jws";
import {
  anything,
  bytes,
  dictionary,
  list,
  Malformed,
  object,
  PARTY_NAME,
  type Read,
  ROUND_ID,
  text,
  whole,
} from "./shape";

const KINDS = [
  ..."draft offer manifest accept void cancel cut batch stop opening release".split(" "),
] as readonly string[];

/** A record in the form of one; whether its signature is right `verify` says. */
export type Record = Readonly<{
  kind: string;
  round: string;
  author: string;
  body: JsonObject;
  jws: string;
  /** base64url SHA-256 of the JWS: how the next record names this one. */
  digest: string;
}>;

const payloadShape = object({ round: text(ROUND_ID), author: text(PARTY_NAME), body: anything });

/** How a signed record names a bundle. */
const reference = object({ chunks: whole(0), index: list(bytes(32), 0, 9000) });

const bodies: { readonly [kind: string]: Read<unknown> } = {
  cut: object({
    manifest: bytes(32),
    partitions: list(object({ end: whole(0), count: whole(0), sha256: bytes(32) }), 1, 1000),
  }),
  batch: object({
    cut: bytes(32),
    bundle: reference,
    parts: list(
      object({
        lots: whole(0),
        counted: whole(0),
        held_back: whole(0),
        refused: dictionary(/^[a-z-]{1,40}$/, whole(1)),
      }),
    ),
  }),
  opening: object({ batch: bytes(32) }),
  release: object({ opening: bytes(32), cells: reference, words: reference, counted: reference }),
};

/** A record whose signature is not checked yet; Malformed or BadSignature if it has not the form of one. */
export function peek(record: string): Record {
  const { typ, payload } = jws.peek(record);
  const kind = KINDS.find((one) => typ === `klankbord-${one}`);
  const read = payloadShape(payload, "record");
  if (kind === undefined) throw new Malformed("record", "of no kind");
  if (typeof read.body !== "object" || read.body === null || Array.isArray(read.body)) {
    throw new Malformed("record.body", "no object");
  }
  return { ...read, body: read.body as JsonObject, kind, jws: record, digest: b64(sha256Now(utf8(record))) };
}

/** Checks signature and body of a cut, batch, opening or release; Malformed or BadSignature. */
export async function verify(record: Record, key: Uint8Array): Promise<void> {
  await jws.verify(record.jws, `klankbord-${record.kind}`, key);
  const read = bodies[record.kind];
  if (read === undefined) throw new Malformed("record", "of another kind");
  read(record.body, record.kind);
}
