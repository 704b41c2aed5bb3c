/**
 * How a signed record names a list of any length (docs/protocol.md, "The log").
 *
 *     chunk = { u32 length | item } ...        at most CHUNK bytes, no two equal
 *     index = { SHA-256 of a chunk } ...       at most CHUNK bytes
 *     reference in a record = {"chunks": number of chunks, "index": [base64url SHA-256 of each index]}
 */

import { b64 } from "./base64url";
import { concat, hex, u32 } from "./bytes";
import { sha256Now } from "./hashes_now";

const CHUNK = 400 * 1024;

const HASHES_PER_INDEX = CHUNK / 32;

export type Reference = Readonly<{ chunks: number; index: readonly string[] }>;

/** The reference that packing these items gives; RangeError for items that no chunks can hold. */
export function reference(items: Iterable<Uint8Array>): Reference {
  const hashes = [...chunkHashes(items)];
  const indices = Array.from({ length: Math.ceil(hashes.length / HASHES_PER_INDEX) }, (_, at) =>
    concat(...hashes.slice(at * HASHES_PER_INDEX, (at + 1) * HASHES_PER_INDEX)),
  );
  return { chunks: hashes.length, index: indices.map((index) => b64(sha256Now(index))) };
}

function* chunkHashes(items: Iterable<Uint8Array>): Generator<Uint8Array> {
  const made = new Set<string>();
  let waiting: Uint8Array[] = [];
  let size = 0;
  for (const item of items) {
    const length = 4 + item.length;
    if (length > CHUNK) throw new RangeError(`an item of ${item.length} bytes fits no chunk`);
    while (size + length > CHUNK) {
      yield flushed();
    }
    waiting.push(concat(u32(item.length), item));
    size += length;
  }
  while (waiting.length > 0) yield flushed();

  /** The hash of a chunk of as many items as can be that is unlike the ones before; the rest goes on waiting. */
  function flushed(): Uint8Array {
    for (let end = waiting.length; end > 0; end--) {
      const hash = sha256Now(concat(...waiting.slice(0, end)));
      if (made.has(hex(hash))) continue;
      made.add(hex(hash));
      waiting = waiting.slice(end);
      size = waiting.reduce((sum, one) => sum + one.length, 0);
      return hash;
    }
    throw new RangeError("too many equal items");
  }
}
