/** The public keys of blind RSA signatures: what everybody looks at before anybody signs with them. */

import { hex } from "./bytes";
import { Malformed } from "./shape";

/** Bytes of a modulus, of a blinded message, of a signature, and so of a token on the wire. */
export const SIZE = 256;

/** A modulus with a factor below this was not made by an honest generator. */
const SMALL = 1000;
const PRIMES = Array.from({ length: SMALL }, (_, n) => n).filter((n) => n > 1 && !has(n));

/** A public key with the exponent 65537. `bits` is 2048 wherever tokens are meant; vectors of RFC 9474 have 4096. */
export class PublicKey {
  readonly n: bigint;
  readonly bits: number;

  /** Malformed unless it has exactly `bits` bits, is odd and has no factor that anybody would find. */
  constructor(n: bigint, bits = 8 * SIZE) {
    if (n >> BigInt(bits - 1) !== 1n) throw new Malformed("", `the modulus has not ${bits} bits`);
    if (PRIMES.some((p) => n % BigInt(p) === 0n) || isSquare(n, bits)) {
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
