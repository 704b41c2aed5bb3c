/**
 * HPKE (RFC 9180) in base mode and one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; aad is empty.
 *
 *     sealed = enc (32) || ciphertext || tag (16)
 *
 * From @hpke/core, whose SHA-256 and AES-GCM are the browser's; X25519 is computed in JavaScript, since not every
 * browser has it.
 */

import { Aes128Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { concat, sized } from "./bytes";

/** Bytes that sealing adds: the encapsulated key and the tag. */
export const OVERHEAD = 48;

/** That many bytes that nobody can guess. */
export type Random = (length: number) => Uint8Array;

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });

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
