/**
 * Blind RSA signatures, RSABSSA-SHA384-PSS-Deterministic (RFC 9474): signed without the signer seeing what.
 *
 *     client                                    signer
 *     blind(pk, message, salt, r)  -- 256 bytes -->
 *     finalize(pk, message, .., inverse)  <-- 256 bytes --
 *     verify(pk, message, signature)
 *
 * BigInt takes longer for larger numbers, so nothing here runs in constant time. Secret are the blinding factor and the
 * encoded message; each is used once, in `blind` and `finalize`, on the device of the person whose they are. Whoever can
 * measure that device that well sees the answers themselves. No private key is ever used here.
 */

import { concat, equal, sized, u32 } from "./bytes";
import { sha384 } from "./hashes";
import { bytesOf, number, type PublicKey } from "./rsa_key";

export { number, PublicKey, SIZE } from "./rsa_key";

const E_BITS = 16;
/** Bytes of PSS salt: as many as SHA-384 has (RFC 9474 section 5). */
export const SALT = 48;

const HASH = 48;

/** What goes to the signer, and what the client keeps to take the blinding off again; both are secret. */
export type Blinded = Readonly<{ message: Uint8Array; inverse: bigint }>;

/** A number mod n that has an inverse: finding that takes most of the time of blinding, so it is done once. */
export type Unit = Readonly<{ value: bigint; inverse: bigint }>;

/** `value` mod n with its inverse; null if it has none. */
export function unit(value: bigint, n: bigint): Unit | null {
  const inverse = invert(value, n);
  return inverse === null ? null : { value: value % n, inverse };
}

/**
 * RFC 9474 section 4.2, with the salt (48 bytes) and the blinding factor handed in.
 *
 * Both must be as good as random, and of one message only. RangeError for a salt of another length.
 */
export async function blind(
  pk: PublicKey,
  message: Uint8Array,
  salt: Uint8Array,
  { value, inverse }: Unit,
): Promise<Blinded> {
  const m = number(await emsaPssEncode(message, sized(salt, SALT), pk.bits - 1));
  return { message: bytesOf((m * power(value, pk.n)) % pk.n, pk.bits / 8), inverse };
}

/**
 * The signature of `message` (RFC 9474 section 4.4), verified; null if the signer sent anything else.
 *
 * That is an alarm, never a reason to try again.
 */
export async function finalize(
  pk: PublicKey,
  message: Uint8Array,
  blindSignature: Uint8Array,
  inverse: bigint,
): Promise<Uint8Array | null> {
  if (blindSignature.length !== pk.bits / 8) return null;
  const signature = bytesOf((number(blindSignature) * inverse) % pk.n, pk.bits / 8);
  return (await verify(pk, message, signature)) ? signature : null;
}

/** Whether this is an RSASSA-PSS signature with SHA-384, MGF1 with SHA-384 and 48 bytes of salt (RFC 8017 8.1.2). */
export async function verify(pk: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const s = number(signature);
  if (signature.length !== pk.bits / 8 || s >= pk.n) return false;
  const encoded = bytesOf(power(s, pk.n), pk.bits / 8);
  const h = encoded.subarray(-HASH - 1, -1);
  // The salt stands at the end of DB. With it the encoding is made anew, so nothing of its form can be overlooked.
  const db = await xored(encoded.subarray(0, -HASH - 1), h);
  return equal(encoded, await emsaPssEncode(message, db.slice(-SALT), pk.bits - 1));
}

/**
 * EMSA-PSS-ENCODE with SHA-384 and MGF1-SHA-384 (RFC 8017 section 9.1.1): ceil(bits / 8) bytes, `bits` = 8 i − 1.
 *
 *     EM = maskedDB || H || 0xbc,  H = SHA-384(8 zero bytes || SHA-384(message) || salt),
 *     DB = zeros || 0x01 || salt,  maskedDB = DB xor MGF1(H), its highest bit zero
 */
export async function emsaPssEncode(message: Uint8Array, salt: Uint8Array, bits: number): Promise<Uint8Array> {
  const h = await sha384(concat(new Uint8Array(8), await sha384(message), salt));
  const db = new Uint8Array((bits + 1) / 8 - HASH - 1);
  db[db.length - SALT - 1] = 1;
  db.set(salt, db.length - SALT);
  const masked = await xored(db, h);
  masked[0] = (masked[0] as number) & 0x7f;
  return concat(masked, h, Uint8Array.of(0xbc));
}

/** `data` xor MGF1-SHA-384 of `seed` (RFC 8017 appendix B.2.1). */
async function xored(data: Uint8Array, seed: Uint8Array): Promise<Uint8Array> {
  const blocks = Array.from({ length: Math.ceil(data.length / HASH) }, (_, i) => sha384(concat(seed, u32(i))));
  const mask = concat(...(await Promise.all(blocks)));
  return data.map((byte, at) => byte ^ (mask[at] as number));
}

/** x^65537 mod n. */
function power(x: bigint, n: bigint): bigint {
  let y = x;
  for (let i = 0; i < E_BITS; i++) y = (y * y) % n;
  return (y * x) % n;
}

/** The inverse of `a` mod n, by Euclid; null if there is none. */
export function invert(a: bigint, n: bigint): bigint | null {
  let [r, next] = [n, a % n];
  let [t, nextT] = [0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  if (r !== 1n) return null;
  return t < 0n ? t + n : t;
}
