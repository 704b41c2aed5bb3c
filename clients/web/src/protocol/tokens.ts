/**
 * Privacy Pass tokens in the layout of RFC 9578, type 0x0002 (blind RSA); of a token only its authenticator travels.
 *
 *     token_input    = u16 0x0002 || nonce (32) || challenge digest (32) || token key id (32)
 *     TokenChallenge = u16 0x0002 || u16 length, issuer name || u8 length, redemption context || u16 length, origin info
 */

import type { PublicKey } from "./blind_rsa";
import * as blindRsa from "./blind_rsa";
import { concat, sized, u8, u16, utf8 } from "./bytes";
import { sha256Now } from "./hashes_now";
import { keyId } from "./token_key";

/** Bytes of a token on the wire. */
export const AUTHENTICATOR = blindRsa.SIZE;

const TYPE = u16(2);

/** TokenChallenge of RFC 9577 section 2.1; the context has 32 bytes or none, the origin may be empty. RangeError. */
export function challenge(issuer: string, redemptionContext: Uint8Array, origin: string): Uint8Array {
  const [name, info] = [utf8(issuer), utf8(origin)];
  if (name.length === 0 || ![0, 32].includes(redemptionContext.length)) throw new RangeError("no token challenge");
  const context = concat(u8(redemptionContext.length), redemptionContext);
  return concat(TYPE, u16(name.length), name, context, u16(info.length), info);
}

/** SHA-256 of the challenge of one issuer in one round: the manifest's hash is its redemption context. */
export function challengeDigest(issuer: string, manifestHash: Uint8Array, origin: string): Uint8Array {
  return sha256Now(challenge(issuer, sized(manifestHash, 32), origin));
}

/** What the issuer signs unseen (RFC 9578 section 6.1): 98 bytes of three values of 32 bytes each. */
export function tokenInput(nonce: Uint8Array, digest: Uint8Array, key: Uint8Array): Uint8Array {
  return concat(TYPE, sized(nonce, 32), sized(digest, 32), sized(key, 32));
}

/** The nonce of group tokens: SHA-256 of the envelope key, so that a token vouches for that key only. */
export function groupNonce(pk: Uint8Array): Uint8Array {
  return sha256Now(pk);
}

/** Whether the holder of `pk` signed the token with this nonce (RFC 9578 section 6.3). */
export function verify(
  pk: PublicKey,
  nonce: Uint8Array,
  digest: Uint8Array,
  authenticator: Uint8Array,
): Promise<boolean> {
  return blindRsa.verify(pk, tokenInput(nonce, digest, keyId(pk)), authenticator);
}
