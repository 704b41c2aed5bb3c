/** Inclusion proofs in the Merkle trees of RFC 9162 section 2.1, with SHA-256. */

import { concat, equal, u8 } from "./bytes";
import { sha256Now } from "./hashes_now";

/** Bytes of a SHA-256 value. */
export const HASH = 32;

/**
 * Whether `proof` shows that `entry` is number `index` of the `size` entries under `root`.
 *
 * RFC 9162 section 2.1.3.2; its names fn, sn and r are kept. Numbers are below 2^32, so they are halved and not shifted.
 */
export function check(
  root: Uint8Array,
  size: number,
  index: number,
  entry: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (index < 0 || index >= size || proof.some((p) => p.length !== HASH)) return false;
  let fn = index;
  let sn = size - 1;
  let r = leaf(entry);
  for (const p of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = node(p, r);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      r = node(r, p);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equal(r, root);
}

/** The root over `entries`: levels from the leaves up, a last one without a neighbour moving up unchanged. */
export function root(entries: readonly Uint8Array[]): Uint8Array {
  let level = entries.map(leaf);
  if (level.length === 0) return sha256Now(new Uint8Array());
  while (level.length > 1) {
    level = level.flatMap((one, at) => {
      if (at % 2 === 1) return [];
      const beside = level[at + 1];
      return [beside === undefined ? one : node(one, beside)];
    });
  }
  return level[0] as Uint8Array;
}

function leaf(entry: Uint8Array): Uint8Array {
  return sha256Now(concat(u8(0), entry));
}

function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256Now(concat(u8(1), left, right));
}
