/**
 * SHA-2 and HKDF. SHA-256 is the one that HPKE brings along (@hpke/common), since lists of hashes are easier to read
 * when they need not be waited for; SHA-384 is the browser's, and so is SHA-512 (ed25519.ts).
 */

import { sha256 as hash, hmac } from "@hpke/common";
import { concat, u8 } from "./bytes";

/** 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  return hash(data);
}

/** 48 bytes. */
export async function sha384(data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-384", data.slice()));
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
