/** What holds for all values: round trips, one spelling for each value, and nothing that is read in two ways. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Wallet } from "../../src/client";
import { Entry } from "../../src/client/entry";
import { clean, encodeClosed, encodeOpen } from "../../src/protocol/answers";
import { b64, unb64 } from "../../src/protocol/base64url";
import { blind, finalize, invert, number, PublicKey, unit, verify } from "../../src/protocol/blind_rsa";
import * as bundle from "../../src/protocol/bundle";
import { compare, equal, u32, utf8 } from "../../src/protocol/bytes";
import { dumps, type Json, loads, parse, spell } from "../../src/protocol/canonical";
import * as codes from "../../src/protocol/codes";
import * as dates from "../../src/protocol/dates";
import * as merkle from "../../src/protocol/merkle";
import { namesHash } from "../../src/protocol/nodes";
import type { Part } from "../../src/protocol/questionnaire";
import { cleanText, folded, isSendable, refusedCharacters } from "../../src/protocol/words";
import { expectInput, must } from "../expecting";
import { blindSign, proof, rsa } from "../world";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const words = fc.string({ unit: "grapheme-composite" });

describe("base64url", () => {
  test("is what everybody else writes, and back", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        expect(b64(data)).toBe(Buffer.from(data).toString("base64url"));
        expect(equal(unb64(b64(data)), data)).toBe(true);
      }),
    );
  });

  test("is read in one spelling only", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AQZz09-_+/= é") }), (text) => {
        const again = Buffer.from(text, "base64url").toString("base64url");
        if (again === text) expect(b64(unb64(text))).toBe(text);
        else expect(() => unb64(text)).toThrow(SyntaxError);
      }),
    );
  });
});

describe("canonical JSON", () => {
  const key = fc.string({ unit: "binary-ascii" });
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.maxSafeInteger().map((whole) => whole + 0),
      fc.string({ unit: "grapheme" }),
      fc.array(tie("value")),
      fc.dictionary(key, tie("value")),
    ),
  }));

  test("gives every value back", () => {
    fc.assert(
      fc.property(value, (one) => {
        const text = spell(one);
        expect(spell(parse(text))).toBe(text);
        expect(spell(loads(dumps(one)))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(one)));
      }),
    );
  });

  test.each([
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a": 1}',
    " 1",
    "1.0",
    "1e3",
    "-0",
    "9007199254740992",
    '"\\u00e9"',
    '"\\/"',
    '"\\ud800"',
    '{"é":1}',
    "NaN",
    "",
    `${"[".repeat(33)}${"]".repeat(33)}`,
    "\ufeff1",
  ])("refuses %s", (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
    expect(() => loads(utf8(text))).toThrow(SyntaxError);
  });

  test("has 32 levels and no lone surrogate, fraction or broken UTF-8", () => {
    const deep = `${"[".repeat(32)}${"]".repeat(32)}`;
    expect(spell(parse(deep))).toBe(deep);
    expect(() => spell("\ud800")).toThrow(RangeError);
    expect(() => spell(0.5)).toThrow(RangeError);
    expect(() => spell(undefined as unknown as Json)).toThrow(RangeError);
    expect(() => loads(Uint8Array.of(34, 0xff, 34))).toThrow(SyntaxError);
  });
});

describe("dates", () => {
  test("are those of everybody else", () => {
    const second = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
    fc.assert(
      fc.property(second, (seconds) => {
        const text = new Date(seconds * 1000).toISOString().replace(".000", "").padStart(20, "0");
        expect(dates.spell(seconds)).toBe(text);
        expect(dates.parse(text)).toBe(seconds);
      }),
    );
  });

  test.each([
    "2026-02-29T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T13:00:60Z",
    "2026-11-22T13:00:00+00:00",
    "2026-11-22T13:00:00.0Z",
    "2026-11-22 13:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-1-1T0:0:0Z",
    "",
  ])("have no other spelling: %j", (text) => expect(() => dates.parse(text)).toThrow(SyntaxError));
});

describe("codes", () => {
  test("come back however they are typed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("access", "wallet"), bytes(16), fc.boolean(), async (kind, secret, plain) => {
        const { text } = await codes.Code.of(kind as codes.Kind, secret);
        const typed = plain ? text.replaceAll("-", "").toLowerCase() : text.replaceAll("0", "o").replaceAll("1", "l");
        const read = await codes.parse(kind as codes.Kind, typed);
        expect(typeof read === "string" ? read : hexOf(read)).toBe(hexOf({ secret }));
      }),
    );
  });

  test("tell of nearly every mistyped character", async () => {
    const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const { text } = await codes.Code.of("wallet", utf8("sixteen bytes ..").slice(0, 16));
    for (let at = 3; at < text.length; at++) {
      if (text[at] === "-") continue;
      for (const other of alphabet.replace(text[at] ?? "", "")) {
        expect(await codes.parse("wallet", text.slice(0, at) + other + text.slice(at + 1))).toBe("checksum");
      }
    }
  });

  function hexOf({ secret }: { secret: Uint8Array }): string {
    return Buffer.from(secret).toString("hex");
  }
});

describe("words", () => {
  test("are clean after cleaning, and stay so", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const cleaned = cleanText(text);
        expect(cleanText(cleaned)).toBe(cleaned);
        expect(isSendable(cleaned)).toBe(refusedCharacters(cleaned).length === 0);
      }),
    );
  });

  test("lose their looks and nothing else", () => {
    expect(folded(" Straße,  ﬁjn ①! ")).toBe("strassefijn1");
    expect(folded("ΟΔΟΣ")).toBe(folded("οδος"));
    expect(folded("?!")).toBe("");
    expect(cleanText("\ta\r\nb\u2028c\x85 ")).toBe("a\nb\nc");
    expect(refusedCharacters("a\u202e\0b\u202e\ud800🙂\u200d")).toEqual(["\u202e", "\0", "\ud800"]);
  });

  test("of an open part come back from its bytes", () => {
    const part = { kind: "open", size: 64, questions: [{ id: "q" }] } as unknown as Part;
    fc.assert(
      fc.property(words, (typed) => {
        const read = clean(part, typed);
        if (!read.ok) return;
        const plaintext = encodeOpen(part, read.text);
        expect(plaintext).toHaveLength(64);
        expect(Buffer.from(plaintext).toString().replace(/\0+$/, "")).toBe(read.text);
      }),
    );
    expect(clean(part, "é".repeat(33))).toEqual({ ok: false, reason: "too-long", over: 2 });
    expect(() => encodeOpen(part, "e\u0301")).toThrow(RangeError);
  });

  test("a closed part has a byte per question", () => {
    const scale = { labels: { nl: ["a", "b"], en: ["a", "b"] } };
    const questions = ["p", "q"].map((id) => ({ id, answers: scale }));
    const part = { kind: "closed", size: 4, questions } as unknown as Part;
    expect([...encodeClosed(part, new Map([["q", 1]]))]).toEqual([0, 2, 0, 0]);
    expect(() => encodeClosed(part, new Map([["q", 2]]))).toThrow(RangeError);
    expect(() => encodeClosed(part, new Map([["z", 0]]))).toThrow(RangeError);
  });

  test("names are sorted by code points, as everywhere", () => {
    const salt = new Uint8Array(32);
    expect(namesHash(salt, ["\u{10000}", "\uffff"])).toEqual(namesHash(salt, ["\uffff", "\u{10000}"]));
    fc.assert(
      fc.property(fc.array(words), (names) => {
        const byBytes = [...names].sort((a, b) => compare(utf8(a), utf8(b)));
        const spelled = Buffer.concat([salt, dumps(byBytes)]);
        expect(b64(namesHash(salt, names))).toBe(
          process.getBuiltinModule("node:crypto").createHash("sha256").update(spelled).digest("base64url"),
        );
      }),
    );
  });
});

describe("trees and bundles", () => {
  test("every entry has a proof, and no other entry fits it", () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 4 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(entries, fc.nat(), fc.nat(), (some, at, beside) => {
        const all = some.map((entry, place) => Uint8Array.of(place, ...entry));
        const [index, other] = [at % all.length, beside % all.length];
        const [root, steps, entry] = [merkle.root(all), proof(all, index), all[index] as Uint8Array];
        expect(merkle.check(root, all.length, index, entry, steps)).toBe(true);
        expect(merkle.check(root, all.length, index, Uint8Array.of(...entry, 0), steps)).toBe(false);
        if (other !== index) expect(merkle.check(root, all.length, other, entry, steps)).toBe(false);
        expect(merkle.check(root, all.length, index, entry, [...steps, root])).toBe(false);
        if (steps.length > 0) expect(merkle.check(root, all.length, index, entry, steps.slice(1))).toBe(false);
        expect(merkle.check(root, all.length, all.length, entry, steps)).toBe(false);
      }),
    );
  });

  test("many items fill more chunks than one, and equal chunks end sooner", () => {
    const items = Array.from({ length: 60_000 }, (_, number) =>
      Uint8Array.of(1, ...u32(number), ...new Uint8Array(12)),
    );
    expect(bundle.reference(items).chunks).toBe(Math.ceil((60_000 * 21) / (400 * 1024)));
    const equals = Array.from({ length: 3 }, () => new Uint8Array(400 * 1024 - 4));
    expect(() => bundle.reference(equals)).toThrow(RangeError);
    expect(() => bundle.reference([new Uint8Array(400 * 1024)])).toThrow(RangeError);
  });
});

describe("blind signatures", () => {
  test("are signatures of the message and of no other", async () => {
    const key = PublicKey.fromModulus(rsa(0).modulus);
    const message = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(message, bytes(48), bytes(272), async (text, salt, stream) => {
        const factor = unit(number(stream), key.n);
        fc.pre(factor !== null);
        const { message: blinded, inverse } = await blind(key, text, salt, factor);
        const signature = await finalize(key, text, blindSign(rsa(0), blinded), inverse);
        expect(signature).not.toBeNull();
        expect(await verify(key, text, signature as Uint8Array)).toBe(true);
        expect(await verify(key, Uint8Array.of(...text, 1), signature as Uint8Array)).toBe(false);
        expect(await verify(PublicKey.fromModulus(rsa(1).modulus), text, signature as Uint8Array)).toBe(false);
        expect(await finalize(key, text, blindSign(rsa(1), new Uint8Array(256)), inverse)).toBeNull();
      }),
      { numRuns: 20 },
    );
  });

  test("want a factor that has an inverse, and a whole salt", async () => {
    const key = PublicKey.fromModulus(rsa(0).modulus);
    expect([unit(0n, key.n), unit(key.n, key.n), unit(6n, 15n)]).toEqual([null, null, null]);
    const one = { value: 1n, inverse: 1n };
    await expect(blind(key, utf8(""), new Uint8Array(47), one)).rejects.toThrow(RangeError);
  });

  test("an inverse is one, or there is none", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 64n), fc.bigInt(2n, 2n ** 64n), (a, n) => {
        const inverse = invert(a, n);
        if (inverse !== null) expect((a * inverse) % n).toBe(1n);
        else expect(gcd(a, n)).not.toBe(1n);
      }),
    );
  });

  function gcd(a: bigint, b: bigint): bigint {
    return b === 0n ? a : gcd(b, a % b);
  }
});

describe("a wallet file", async () => {
  const secrets = [new Uint8Array(16), utf8("sixteen bytes .."), new Uint8Array(16).fill(255)];
  const walletCodes = await Promise.all(secrets.map((secret) => codes.Code.of("wallet", secret)));
  const sent = fc.record({ revision: fc.nat(), counted: bytes(16), acknowledged: fc.boolean() });
  const token = bytes(256);
  const ticket = fc.record({
    nonce: bytes(32),
    seed: bytes(32),
    finest: fc.nat(),
    admission: fc.array(token, { maxLength: 2 }),
    group: fc.array(fc.array(token, { maxLength: 2 }), { maxLength: 2 }),
  });
  const seen = fc.record({ part: words, label: words, size: fc.integer({ min: 1 }), names: fc.array(words) });
  const entry = fc
    .record({
      manifestHash: bytes(32),
      opens: fc.integer({ min: 0, max: 4_000_000_000 }),
      code: fc.constantFrom(null, ...walletCodes),
      typed: fc.boolean(),
      parts: fc.array(fc.tuple(ticket, fc.array(sent, { maxLength: 2 })), { maxLength: 2 }),
      groups: fc.array(seen, { maxLength: 2 }),
    })
    .map(({ parts, ...rest }) => {
      return new Entry({ ...rest, tickets: parts.map(([one]) => one), sent: parts.map(([, of]) => of) });
    });

  test("gives back what was put into it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,9}$/), entry), async (entries) => {
        const wallet = new Wallet(() => {}, new Map(Object.entries(entries)));
        expect(must(await Wallet.parse(wallet.json())).json()).toBe(wallet.json());
      }),
      { numRuns: 50 },
    );
  });

  test.each(["", "{}", "[]", '{"rounds":{},"v":2}', '{"rounds":{"A":{}},"v":1}', '{"rounds":{"a":{}},"v":1}', "{"])(
    "that is %j is damaged",
    async (text) => expectInput(await Wallet.parse(text), "wallet-damaged"),
  );

  test("with a mistyped code, or other parts than tickets, is damaged", async () => {
    const code = await codes.Code.of("wallet", new Uint8Array(16));
    const fields = { manifestHash: new Uint8Array(32), opens: 0, typed: false, tickets: [], groups: [] };
    const good = new Wallet(() => {}, new Map([["a", new Entry({ ...fields, code, sent: [] })]])).json();
    must(await Wallet.parse(good));
    expectInput(await Wallet.parse(good.replace("KW-0", "KW-1")), "wallet-damaged");
    expectInput(await Wallet.parse(good.replace('"sent":[]', '"sent":[[]]')), "wallet-damaged");
    expectInput(await Wallet.parse(good.replace('"typed":false', '"typed":0')), "wallet-damaged");
  });
});
