/**
 * HPKE (RFC 9180) in base mode and one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; aad is empty.
 *
 *     sealed = enc (32) || ciphertext || tag (16)
 *
 * From @hpke/core, whose SHA-256, AES-GCM and X25519 are the browser's. Where a browser has no X25519, as all had none
 * until a few years ago, @hpke/dhkem-x25519 computes it in JavaScript; only they load it.
 */

import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { concat, sized } from "./bytes";

/** Bytes that sealing adds: the encapsulated key and the tag. */
export const OVERHEAD = 48;

/** That many bytes that nobody can guess. */
export type Random = (length: number) => Uint8Array;

let made: CipherSuite | null = null;

/** Loads what sealing needs; rejects if that is away, and can be called again. `seal` does so itself. */
export async function ready(): Promise<CipherSuite> {
  made ??= new CipherSuite({ kem: await kem(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  return made;
}

async function kem() {
  try {
    await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
    return new DhkemX25519HkdfSha256();
  } catch {
    const inJavaScript = await import("@hpke/dhkem-x25519");
    return new inJavaScript.DhkemX25519HkdfSha256();
  }
}

/**
 * Sealed for the holder of `key` (32 bytes): OVERHEAD bytes longer, and different each time.
 *
 * The ephemeral key is DeriveKeyPair of 32 random bytes (RFC 9180 section 7.1.3). Rejects if that is no key; a point of
 * small order is none, for everybody knows its shared secret.
 */
export async function seal(
  key: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
  random: Random,
): Promise<Uint8Array> {
  const suite = await ready();
  const sender = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(whole(key)),
    info: whole(info),
    ekm: whole(sized(random(32), 32)),
  });
  const sealed = await sender.seal(whole(plaintext));
  return concat(new Uint8Array(sender.enc), new Uint8Array(sealed));
}

/** A buffer of its own, for the package would take all of a larger one. */
function whole(data: Uint8Array): ArrayBuffer {
  return data.slice().buffer;
}
