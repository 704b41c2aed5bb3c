/** Sealing where the browser has X25519, and where it has none: whoever opens sees no difference. */

import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { afterEach, expect, test, vi } from "vitest";
import { utf8 } from "../../src/protocol/bytes";

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

const counting = (length: number) => Uint8Array.from({ length }, (_, place) => place);

test.each([true, false])(
  "what is sealed can be opened, and is the same, with X25519 in the browser: %s",
  async (has) => {
    const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
    const pair = await suite.kem.deriveKeyPair(counting(32).buffer);
    const key = new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey));
    if (!has) vi.spyOn(crypto.subtle, "generateKey").mockRejectedValue(new DOMException("", "NotSupportedError"));
    const hpke = await import("../../src/protocol/hpke");
    const sealed = await hpke.seal(key, utf8("info"), utf8("Meer tijd."), counting);
    const [enc, body] = [sealed.slice(0, 32), sealed.slice(32)];
    const opener = await suite.createRecipientContext({
      recipientKey: pair.privateKey,
      enc: enc.buffer,
      info: utf8("info").slice().buffer,
    });
    expect(new Uint8Array(await opener.open(body.buffer))).toEqual(utf8("Meer tijd."));
    expect(sealed).toEqual(await hpke.seal(key, utf8("info"), utf8("Meer tijd."), counting));
    await expect(hpke.seal(new Uint8Array(32), utf8(""), utf8(""), counting)).rejects.toThrow();
    expect((await hpke.ready()).kem.constructor === DhkemX25519HkdfSha256).toBe(has);
  },
);
