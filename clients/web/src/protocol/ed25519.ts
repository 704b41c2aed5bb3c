/** Ed25519 (RFC 8032), from @noble/ed25519, which takes its SHA-512 from @noble/hashes. */

import { getPublicKey, hashes, sign as nobleSign, verify as nobleVerify } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";

hashes.sha512 = sha512;

/** The public half of a 32 byte seed, 32 bytes. */
export function publicKey(seed: Uint8Array): Uint8Array {
  return getPublicKey(seed);
}

/** 64 bytes; the same for the same arguments. */
export function sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return nobleSign(message, seed);
}

/** Whether the holder of `key` signed this; false, too, for what is no key or no signature. */
export function verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    // Without zip215: other spellings of a point than the one of RFC 8032 are refused, as everybody else here does.
    return nobleVerify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}
