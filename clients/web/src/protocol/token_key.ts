/** The names of the keys that sign tokens (RFC 9578 section 6.1). */

import { concat, sized } from "./bytes";
import { sha256Now } from "./hashes_now";
import { type PublicKey, SIZE } from "./rsa_key";

// SubjectPublicKeyInfo (RFC 5280) of a 2048 bit key with e = 65537 and id-RSASSA-PSS with SHA-384, MGF1 with SHA-384 and
// 48 bytes of salt, around the modulus (RFC 9578 section 6.5; the single fields stand in shared/blind_rsa.py).
const BEFORE_MODULUS = Uint8Array.from(
  (
    "30820152303d06092a864886f70d01010a3030a00d300b0609608648016503040202a11a301806092a864886f70d010108" +
    "300b0609608648016503040202a2030201300382010f003082010a0282010100"
  ).match(/../g) ?? [],
  (digits) => Number.parseInt(digits, 16),
);
const AFTER_MODULUS = Uint8Array.of(2, 3, 1, 0, 1);

/** DER of the SubjectPublicKeyInfo with id-RSASSA-PSS (RFC 9578 section 6.5); 2048 bit keys only. */
export function spki(pk: PublicKey): Uint8Array {
  return concat(BEFORE_MODULUS, sized(pk.modulus, SIZE), AFTER_MODULUS);
}

/** SHA-256 of `spki`, 32 bytes: the token key id of RFC 9578 section 6.1. */
export function keyId(pk: PublicKey): Uint8Array {
  return sha256Now(spki(pk));
}
