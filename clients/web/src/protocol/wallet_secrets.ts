/**
 * All secrets of a client, from its wallet code: the same code typed elsewhere asks for the same tokens.
 *
 *     secret = HKDF-SHA256 (RFC 5869) of the code's 16 bytes, salt "klankbord/1 wallet", info = the fields below,
 *              each preceded by its length in two bytes
 *
 *     admission nonce   32   "admission nonce", manifest hash (32), part (1)
 *     envelope seed     32   "envelope seed",   manifest hash, part
 *     salt              48   "salt",            manifest hash, part, issuer's name (UTF-8), token key id (32)
 *     blinding factor  272   "blinding",        manifest hash, part, issuer's name, token key id, counter (1)
 *
 * The 272 bytes are a number, taken mod n: 128 bit more than n has, so that no remainder is likelier than another by
 * more than 2^-128. The counter is 0 and goes up while the remainder is no unit mod n.
 */

import { number, type PublicKey, SALT, SIZE, type Unit, unit } from "./blind_rsa";
import { concat, sized, u8, u16, utf8 } from "./bytes";
import { hkdf } from "./hashes_now";
import { keyId } from "./token_key";

const WALLET = utf8("klankbord/1 wallet");

/** What one wallet code (16 bytes) gives in the round whose manifest has this hash (32 bytes). */
export class WalletSecrets {
  readonly #secret: Uint8Array;
  readonly #manifestHash: Uint8Array;

  constructor(secret: Uint8Array, manifestHash: Uint8Array) {
    this.#secret = secret;
    this.#manifestHash = sized(manifestHash, 32);
  }

  /** 32 bytes: the nonce `a` of the part's admission tokens, the same for all issuers. */
  admissionNonce(part: number): Uint8Array {
    return this.#derive(32, "admission nonce", part);
  }

  /** 32 bytes: the secret half of the part's envelope key (RFC 8032 section 5.1.5). */
  envelopeSeed(part: number): Uint8Array {
    return this.#derive(32, "envelope seed", part);
  }

  /** 48 bytes: the PSS salt of one token. */
  salt(part: number, issuer: string, pk: PublicKey): Uint8Array {
    return this.#derive(SALT, "salt", part, utf8(issuer), keyId(pk));
  }

  /** The blinding factor of one token: 0 < r < n, a unit mod n. */
  blinding(part: number, issuer: string, pk: PublicKey): Unit {
    return firstUnit(
      (counter) => this.#derive(SIZE + 16, "blinding", part, utf8(issuer), keyId(pk), u8(counter)),
      pk.n,
    );
  }

  #derive(length: number, label: string, part: number, ...fields: readonly Uint8Array[]): Uint8Array {
    const all = [utf8(label), this.#manifestHash, u8(part), ...fields];
    const info = concat(...all.flatMap((field) => [u16(field.length), field]));
    return hkdf(this.#secret, WALLET, info, length);
  }
}

/** The first of the numbers mod n that has an inverse; a key for which 256 in a row have none does not exist. */
export function firstUnit(candidate: (counter: number) => Uint8Array, n: bigint): Unit {
  for (let counter = 0; counter < 256; counter++) {
    const found = unit(number(candidate(counter)), n);
    if (found !== null) return found;
  }
  throw new RangeError("no unit");
}
