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

import { concat, equal, hex, sized, u32 } from "./bytes";
import { sha256, sha384 } from "./hashes";
import { Malformed } from "./shape";

const E_BITS = 16;
/** Bytes of a modulus, of a blinded message and of a signature. */
export const SIZE = 256;
/** Bytes of PSS salt: as many as SHA-384 has (RFC 9474 section 5). */
export const SALT = 48;

const HASH = 48;

/** A modulus with a factor below this was not made by an honest generator. */
const SMALL = 1000;
const PRIMES = Array.from({ length: SMALL }, (_, n) => n).filter((n) => n > 1 && !has(n));
const BIG_PRIMES = PRIMES.map(BigInt);

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

/** A public key with the exponent 65537. `bits` is 2048 wherever tokens are meant; vectors of RFC 9474 have 4096. */
export class PublicKey {
  readonly n: bigint;
  readonly bits: number;
  #keyId: Uint8Array | null = null;

  /** Malformed unless it has exactly `bits` bits, is odd and has no factor that anybody would find. */
  constructor(n: bigint, bits = 8 * SIZE) {
    if (n >> BigInt(bits - 1) !== 1n) throw new Malformed("", `the modulus has not ${bits} bits`);
    if (BIG_PRIMES.some((p) => n % p === 0n) || isSquare(n, bits)) {
      throw new Malformed("", "the modulus is no product of two large primes");
    }
    this.n = n;
    this.bits = bits;
  }

  /** From 256 bytes, as records and tokens have it; Malformed. */
  static fromModulus(modulus: Uint8Array): PublicKey {
    if (modulus.length !== SIZE) throw new Malformed("", `a modulus has ${SIZE} bytes`);
    return new PublicKey(number(modulus));
  }

  get modulus(): Uint8Array {
    return bytesOf(this.n, this.bits / 8);
  }

  /** DER of the SubjectPublicKeyInfo with id-RSASSA-PSS (RFC 9578 section 6.5); 2048 bit keys only. */
  get spki(): Uint8Array {
    return concat(BEFORE_MODULUS, sized(this.modulus, SIZE), AFTER_MODULUS);
  }

  /** SHA-256 of `spki`, 32 bytes: the token key id of RFC 9578 section 6.1. */
  get keyId(): Uint8Array {
    this.#keyId ??= sha256(this.spki);
    return this.#keyId;
  }
}

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

/** The big-endian number in bytes (RFC 8017 section 4.2). */
export function number(data: Uint8Array): bigint {
  return data.length === 0 ? 0n : BigInt(`0x${hex(data)}`);
}

function bytesOf(value: bigint, length: number): Uint8Array {
  const digits = value.toString(16).padStart(2 * length, "0");
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

/** Newton's integer square root, from above. */
function isSquare(n: bigint, bits: number): boolean {
  let root = 1n << BigInt(Math.ceil(bits / 2));
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root * root === n;
    root = next;
  }
}

function has(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return true;
  return false;
}
