/** Our own vectors, and the official ones of RFC 9180, 9474 and 9578. */

import { createDecipheriv, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { b64, unb64 } from "../../src/protocol/base64url";
import * as blindRsa from "../../src/protocol/blind_rsa";
import { number, PublicKey } from "../../src/protocol/blind_rsa";
import * as bundle from "../../src/protocol/bundle";
import { concat, equal, hex, u8, u32, utf8 } from "../../src/protocol/bytes";
import { parse, spell } from "../../src/protocol/canonical";
import * as codes from "../../src/protocol/codes";
import * as ed25519 from "../../src/protocol/ed25519";
import { countedEntry, Layout, seal } from "../../src/protocol/envelope";
import { sha256Now } from "../../src/protocol/hashes_now";
import * as hpke from "../../src/protocol/hpke";
import * as jws from "../../src/protocol/jws";
import * as merkle from "../../src/protocol/merkle";
import { namesHash } from "../../src/protocol/nodes";
import { keyId, spki } from "../../src/protocol/token_key";
import * as tokens from "../../src/protocol/tokens";
import { firstUnit, WalletSecrets } from "../../src/protocol/wallet_secrets";
import { beside, ours } from "../vectors_found";
import type { Any } from "../world";

const bytes = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));

describe("our own vectors", async () => {
  const v = ours();
  const hash = unb64(v.manifest_hash);
  const code = await codes.Code.of("wallet", unb64(v.wallet_code.bytes));
  const secrets = new WalletSecrets(code.secret, hash);
  const { part, issuer } = v.wallet;
  const key = PublicKey.fromModulus(unb64(v.token.spki).slice(-256 - 5, -5));
  const seed = secrets.envelopeSeed(part);

  test("canonical JSON and names", () => {
    expect(spell({ b: [1, true, null], a: "ë\n\u2028" })).toBe(v.canonical);
    expect(parse(v.canonical)).toEqual({ a: "ë\n\u2028", b: [1, true, null] });
    expect(b64(namesHash(unb64(v.names_hash.salt), [...v.names_hash.names].reverse()))).toBe(v.names_hash.hash);
  });

  test("codes", async () => {
    expect(code.text).toBe(v.wallet_code.text);
    expect((await codes.Code.of("access", unb64(v.access_code.bytes))).text).toBe(v.access_code.text);
    for (const kind of ["access", "wallet"] as const) {
      const read = await codes.parse(kind, v[`${kind}_code`].text);
      expect(typeof read === "string" ? read : b64(read.secret)).toBe(v[`${kind}_code`].bytes);
    }
  });

  test("the secrets of a wallet", async () => {
    expect(b64(secrets.admissionNonce(part))).toBe(v.wallet.admission_nonce);
    expect(b64(seed)).toBe(v.wallet.envelope_seed);
    expect(b64(await ed25519.publicKey(seed))).toBe(v.wallet.envelope_key);
    expect(b64(secrets.salt(part, issuer, key))).toBe(v.wallet.salt);
    expect(secrets.blinding(part, issuer, key).value.toString(16)).toBe(v.wallet.blinding_factor_hex);
  });

  test("a token", async () => {
    expect(b64(spki(key))).toBe(v.token.spki);
    expect(b64(keyId(key))).toBe(v.token.token_key_id);
    const digest = tokens.challengeDigest(issuer, hash, v.token.origin);
    expect(b64(digest)).toBe(v.token.challenge_digest);
    const nonce = tokens.groupNonce(await ed25519.publicKey(seed));
    const input = tokens.tokenInput(nonce, digest, keyId(key));
    expect(b64(input)).toBe(v.token.token_input);
    const { salt, blinding } = { salt: secrets.salt(part, issuer, key), blinding: secrets.blinding(part, issuer, key) };
    const { message, inverse } = await blindRsa.blind(key, input, salt, blinding);
    expect(b64(message)).toBe(v.token.blinded);
    const token = await blindRsa.finalize(key, input, unb64(v.token.blind_signature), inverse);
    expect(token && b64(token)).toBe(v.token.authenticator);
    expect(await tokens.verify(key, nonce, digest, unb64(v.token.authenticator))).toBe(true);
  });

  test("Merkle tree and bundle", () => {
    const entries = v.merkle.entries.map(utf8);
    expect(b64(merkle.root(entries))).toBe(v.merkle.root);
    expect(merkle.check(unb64(v.merkle.root), 3, 2, entries[2], v.merkle.proof_of_2.map(unb64))).toBe(true);
    expect(bundle.reference(v.bundle.items.map(utf8))).toEqual(v.bundle.reference);
  });

  test("a signed record", async () => {
    const pk = await ed25519.publicKey(unb64(v.record.seed));
    const payload = { author: "gate", body: { manifest: v.manifest_hash }, round: "2026-q4" };
    expect(await jws.verify(v.record.jws, "klankbord-accept", pk)).toEqual(payload);
    await expect(jws.verify(v.record.jws, "klankbord-cut", pk)).rejects.toThrow(jws.BadSignature);
  });

  test("an envelope, whose layers are opened here by RFC 9180 written out", async () => {
    const { gate_secret, aggregate_secret, issuers, slots, revision, finest_node: finest } = v.sealed;
    const answers = unb64(v.sealed.answers);
    const layout = new Layout(issuers, slots, answers.length);
    const token = unb64(v.token.authenticator);
    const pk = await ed25519.publicKey(seed);
    const nonce = secrets.admissionNonce(part);
    const check = async (encoded: Uint8Array, counted: string) => {
      expect(encoded).toHaveLength(layout.envelope);
      expect(equal(encoded.slice(0, 34 + 256), concat(u8(1), u8(part), nonce, token))).toBe(true);
      const label = (name: string) => concat(utf8(`klankbord/1 ${name}`), hash, u8(part));
      const opened = open(unb64(gate_secret), concat(label("outer"), nonce), encoded.slice(34 + 256));
      const inner = opened.slice(-layout.inner);
      const head = concat(u32(revision), u32(finest), pk, token, new Uint8Array(256));
      expect(equal(opened.slice(0, head.length), head)).toBe(true);
      expect(equal(open(unb64(aggregate_secret), concat(label("inner"), pk), inner), answers)).toBe(true);
      expect(b64(await countedEntry(hash, part, pk, inner))).toBe(counted);
      return {
        inner,
        sig: opened.slice(head.length, head.length + 64),
        ballot: concat(label("ballot"), sha256Now(inner)),
      };
    };
    const theirs = await check(unb64(v.sealed.envelope), v.sealed.counted_entry);
    expect(b64(theirs.inner)).toBe(v.sealed.inner);
    expect(b64(theirs.sig)).toBe(v.sealed.sig);
    expect(b64(await ed25519.sign(seed, theirs.ballot))).toBe(v.sealed.sig);

    const by = { manifestHash: hash, part, layout, nonce, seed, finest, admission: [token], group: [[token]] };
    const keys = { gateKey: publicOf(unb64(gate_secret)), aggregateKey: publicOf(unb64(aggregate_secret)) };
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    const made = await seal({ ...by, ...keys }, answers, revision, random);
    const mine = await check(made.encoded, b64(made.counted));
    expect(await ed25519.verify(pk, mine.ballot, mine.sig)).toBe(true);
    expect(made.encoded.slice(-made.outer.length)).toEqual(made.outer);
  });
});

describe("official vectors", () => {
  const four = beside("blindrsa/rfc9474-four-variants.json");
  const two = beside("blindrsa/rfc9474-cfrg-repo.json");
  const hpkes = beside("hpke/rfc9180-base-p256-x25519.json");
  const go = beside("privacypass/pub_verif_rfc9578.go.json");
  const rust = beside("privacypass/pub_verif_rfc9578.rust.json");

  test.skipIf(!four || !two)("of RFC 9474 come out exactly", async () => {
    const all: Any[] = [...(four ?? []), ...(two ?? []).map((one) => ({ ...one, input_msg: one.msg }))];
    let count = 0;
    for (const v of all) {
      const salt = bytes(v.salt);
      if (salt.length !== blindRsa.SALT) continue;
      count++;
      const inverse = number(bytes(v.inv.replace(/^0x/, "").padStart(1024, "0")));
      const key = new PublicKey(BigInt(`0x${v.n.replace(/^0x/, "")}`), 4096);
      const message = bytes(v.input_msg);
      const r = { value: blindRsa.invert(inverse, key.n) as bigint, inverse };
      const encoded = await blindRsa.emsaPssEncode(message, salt, 4095);
      if (v.encoded_msg) expect(hex(encoded)).toBe(v.encoded_msg);
      const blinded = await blindRsa.blind(key, message, salt, r);
      expect(hex(blinded.message)).toBe(v.blinded_msg);
      expect(blindRsa.unit(r.value, key.n)).toEqual(r);
      const signature = await blindRsa.finalize(key, message, bytes(v.blind_sig), inverse);
      expect(signature && hex(signature)).toBe(v.sig);
      expect(await blindRsa.finalize(key, bytes("00"), bytes(v.blind_sig), inverse)).toBeNull();
    }
    expect(count).toBe(3);
  });

  test.skipIf(!go || !rust)("of RFC 9578 come out exactly", async () => {
    for (const v of [...(go ?? []), ...(rust ?? [])]) {
      const key = PublicKey.fromModulus(bytes(v.pkS).slice(-256 - 5, -5));
      expect(hex(spki(key))).toBe(v.pkS);
      const input = bytes(v.token).slice(0, 98);
      expect(equal(input, tokens.tokenInput(bytes(v.nonce), sha256Now(bytes(v.token_challenge)), keyId(key)))).toBe(
        true,
      );
      const { message, inverse } = await blindRsa.blind(key, input, bytes(v.salt), unitOf(v.blind, key.n));
      expect(hex(message)).toBe(v.token_request.slice(6));
      const token = await blindRsa.finalize(key, input, bytes(v.token_response), inverse);
      expect(token && hex(token)).toBe(v.token.slice(2 * 98));
      expect(hex(bytes(v.token_challenge))).toBe(hex(challengeAgain(bytes(v.token_challenge))));
    }
  });

  test.skipIf(!hpkes)("of RFC 9180 come out exactly", async () => {
    const v = (hpkes ?? []).find((one) => one.kem_id === 32 && one.kdf_id === 1 && one.aead_id === 1);
    const plaintext = bytes(v.encryptions[0].pt);
    const sealed = await hpke.seal(bytes(v.pkRm), bytes(v.info), plaintext, () => bytes(v.ikmE));
    expect(hex(sealed.slice(0, 32))).toBe(v.enc);
    // The vectors have an aad, which we never have: the same message without it is opened with their key and nonce.
    expect(equal(aesGcm(bytes(v.key), bytes(v.base_nonce), sealed.slice(32)), plaintext)).toBe(true);
    expect(equal(open(bytes(v.skRm), bytes(v.info), sealed), plaintext)).toBe(true);
  });
});

test("a key of small order is no key to seal to", async () => {
  await expect(hpke.seal(new Uint8Array(32), utf8(""), utf8(""), (n) => new Uint8Array(n))).rejects.toThrow();
});

test("a remainder that is no unit is passed over", () => {
  const n = 15n;
  expect(firstUnit((counter) => u8([0, 5, 6, 22][counter] ?? 0), n)).toEqual({ value: 7n, inverse: 13n });
  expect(() => firstUnit(() => u8(3), n)).toThrow(RangeError);
});

function unitOf(digits: string, n: bigint): blindRsa.Unit {
  return blindRsa.unit(number(bytes(digits)), n) as blindRsa.Unit;
}

/** A challenge, taken apart and put together. */
function challengeAgain(challenge: Uint8Array): Uint8Array {
  const text = (from: number, length: number) => new TextDecoder().decode(challenge.slice(from, from + length));
  const u16 = (at: number) => 256 * (challenge[at] ?? 0) + (challenge[at + 1] ?? 0);
  const name = u16(2);
  const context = challenge[4 + name] ?? 0;
  const origin = 5 + name + context;
  return tokens.challenge(text(4, name), challenge.slice(5 + name, origin), text(origin + 2, u16(origin)));
}

/** The other half of HPKE (RFC 9180 sections 4.1 and 5.1), from Node's own primitives. */
function open(secret: Uint8Array, info: Uint8Array, sealed: Uint8Array): Uint8Array {
  const [enc, text] = [sealed.slice(0, 32), sealed.slice(32)];
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "X25519", x: b64(enc) }, format: "jwk" });
  const dh = new Uint8Array(diffieHellman({ privateKey: privateOf(secret), publicKey }));
  const kem = concat(utf8("KEM"), Uint8Array.of(0, 32));
  const suite = concat(utf8("HPKE"), Uint8Array.of(0, 32, 0, 1, 0, 1));
  const shared = labeled(kem, new Uint8Array(), "eae_prk", dh, "shared_secret", concat(enc, publicOf(secret)), 32);
  const none = new Uint8Array();
  const context = concat(u8(0), extract(suite, none, "psk_id_hash", none), extract(suite, none, "info_hash", info));
  const keyed = (label: string, length: number) => labeled(suite, shared, "secret", none, label, context, length);
  return aesGcm(keyed("key", 16), keyed("base_nonce", 12), text);
}

function extract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return hmac(salt.length ? salt : new Uint8Array(32), concat(utf8("HPKE-v1"), suite, utf8(label), ikm));
}

function labeled(
  suite: Uint8Array,
  salt: Uint8Array,
  extracting: string,
  ikm: Uint8Array,
  expanding: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const whole = concat(Uint8Array.of(0, length), utf8("HPKE-v1"), suite, utf8(expanding), info);
  // HKDF of Node extracts and expands at once (RFC 5869).
  const secret = concat(utf8("HPKE-v1"), suite, utf8(extracting), ikm);
  return new Uint8Array(hkdfSync("sha256", secret, salt, whole, length));
}

function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const { createHmac } = process.getBuiltinModule("node:crypto");
  return new Uint8Array(createHmac("sha256", key).update(message).digest());
}

function aesGcm(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  const opening = createDecipheriv("aes-128-gcm", key, nonce);
  opening.setAuthTag(sealed.slice(-16));
  return concat(new Uint8Array(opening.update(sealed.slice(0, -16))), new Uint8Array(opening.final()));
}

function privateOf(secret: Uint8Array) {
  const der = concat(bytes("302e020100300506032b656e04220420"), secret);
  return createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
}

function publicOf(secret: Uint8Array): Uint8Array {
  return unb64(createPublicKey(privateOf(secret)).export({ format: "jwk" }).x as string);
}
