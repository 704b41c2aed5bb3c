/** Ed25519 (RFC 8032), from @noble/ed25519, whose SHA-512 is the browser's. */

import { getPublicKeyAsync, signAsync, verifyAsync } from "@noble/ed25519";

/** The public half of a 32 byte seed, 32 bytes. */
export function publicKey(seed: Uint8Array): Promise<Uint8Array> {
  return getPublicKeyAsync(seed);
}

/** 64 bytes; the same for the same arguments. */
export function sign(seed: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  return signAsync(message, seed);
}

/** Whether the holder of `key` signed this; false, too, for what is no key or no signature. */
export async function verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  try {
    // Without zip215: other spellings of a point than the one of RFC 8032 are refused, as everybody else here does.
    return await verifyAsync(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}
