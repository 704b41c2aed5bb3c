/** The public keys of blind RSA signatures: what everybody looks at before anybody signs with them. */

import { concat, hex, sized } from "./bytes";
import { sha256 } from "./hashes";
import { Malformed } from "./shape";

/** Bytes of a modulus, of a blinded message, of a signature, and so of a token on the wire. */
export const SIZE = 256;

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

/** The big-endian number in bytes (RFC 8017 section 4.2). */
export function number(data: Uint8Array): bigint {
  return data.length === 0 ? 0n : BigInt(`0x${hex(data)}`);
}

/** The `length` bytes of a number (RFC 8017 section 4.1). */
export function bytesOf(value: bigint, length: number): Uint8Array {
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
