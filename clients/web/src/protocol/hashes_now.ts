/**
 * SHA-256 and HKDF without waiting, for long lists of hashes; from @hpke/common.
 *
 * Collecting and checking the release use them, and only they load them: what answering needs is in hashes.ts.
 */

import { sha256 as hash, hmac } from "@hpke/common";
import { concat, u8 } from "./bytes";

/** 32 bytes. */
export function sha256Now(data: Uint8Array): Uint8Array {
  return hash(data);
}

/** HKDF with SHA-256 (RFC 5869): `length` bytes, at most 8160. */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const key = hmac(hash, salt, secret);
  const blocks: Uint8Array[] = [];
  for (let i = 1; 32 * blocks.length < length; i++) {
    blocks.push(hmac(hash, key, concat(blocks.at(-1) ?? new Uint8Array(), info, u8(i))));
  }
  return concat(...blocks).slice(0, length);
}
