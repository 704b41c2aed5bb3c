/**
 * The two codes that people type: the access code that an issuer hands out, and the wallet code that a client makes.
 *
 *     access code   KA-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX    KA, 128 bit in 26 characters, 10 bit of checksum in 2
 *     wallet code   KW-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX   KW, 128 bit in 26 characters, 20 bit of checksum in 4
 *
 * Characters are Crockford's base32, five bits each, highest first; the two bits left over by 128 are zero and last.
 */

import { concat, sized, utf8 } from "./bytes";
import { sha256 } from "./hashes";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Bytes of either code: 128 bit, beyond guessing even where nobody counts the attempts. */
export const SECRET = 16;

/** Characters for 128 bit. */
const DATA = 26;

/**
 * White space, hyphens and dashes, which word processors put in for each other.
 *
 * biome-ignore lint/suspicious/noControlCharactersInRegex: some of them are white space to Python, which reads codes too.
 */
const SEPARATORS = /[\s\x1c-\x1f\x85\u002d\u2010-\u2015\u2212]+/g;

const KINDS = {
  access: { prefix: "KA", label: "klankbord/1 access code", check: 2, group: 4 },
  wallet: { prefix: "KW", label: "klankbord/1 wallet code", check: 4, group: 5 },
} as const;

export type Kind = keyof typeof KINDS;

/** Why a typed text is not the code that was asked for, in the order in which it is looked at. */
export type Mistake =
  | "kind" // it is the other kind of code
  | "prefix" // it does not begin as either does
  | "character" // one of its characters is in no code
  | "length" // something is missing or too much
  | "checksum"; // a character is mistyped, or two are swapped

/** 16 secret bytes; what a debugger or a message shows of it has none of them. */
export class Code<K extends Kind = Kind> {
  readonly kind: K;
  readonly #secret: Uint8Array;
  readonly #checksum: string;

  /** Use `of`, which computes the checksum. */
  constructor(kind: K, secret: Uint8Array, checksum: string) {
    this.kind = kind;
    this.#secret = secret;
    this.#checksum = checksum;
  }

  /** From 16 bytes; RangeError. */
  static async of<K extends Kind>(kind: K, secret: Uint8Array): Promise<Code<K>> {
    return new Code(kind, sized(secret, SECRET), await checksum(kind, secret));
  }

  get secret(): Uint8Array {
    return this.#secret;
  }

  /** The code as people get it, with dashes; a secret. */
  get text(): string {
    const { prefix, group } = KINDS[this.kind];
    const characters = base32(this.#secret, DATA) + this.#checksum;
    const groups = Array.from({ length: characters.length / group }, (_, at) =>
      characters.slice(at * group, (at + 1) * group),
    );
    return [prefix, ...groups].join("-");
  }
}

/** Lets one member collect her tokens from an issuer, once in each round; the issuer keeps only its hash. */
export type AccessCode = Code<"access">;

/** Everything that a client needs to answer again as the same person; it never leaves the client. */
export type WalletCode = Code<"wallet">;

/** The code that somebody typed, or what is wrong with it. Case, spaces and dashes do not matter. */
export async function parse<K extends Kind>(kind: K, text: string): Promise<Code<K> | Mistake> {
  const typed = text.replace(SEPARATORS, "").toUpperCase();
  const { prefix, check } = KINDS[kind];
  const begins = typed.slice(0, 2);
  if (begins !== prefix) return Object.values(KINDS).some((other) => other.prefix === begins) ? "kind" : "prefix";
  const characters = [...typed.slice(2).replaceAll("O", "0").replace(/[IL]/g, "1")];
  const values = characters.map((character) => ALPHABET.indexOf(character));
  if (values.includes(-1)) return "character";
  if (values.length !== DATA + check) return "length";
  const bits = values.slice(0, DATA).flatMap((value) => [16, 8, 4, 2, 1].map((bit) => (value & bit ? 1 : 0)));
  const secret = Uint8Array.from({ length: SECRET }, (_, at) =>
    bits.slice(8 * at, 8 * at + 8).reduce<number>((byte, bit) => 2 * byte + bit, 0),
  );
  const over = bits.slice(8 * SECRET).includes(1);
  const found = await checksum(kind, secret);
  return over || found !== characters.slice(DATA).join("") ? "checksum" : new Code(kind, secret, found);
}

/** The first bits of SHA-256(label || secret). */
async function checksum(kind: Kind, secret: Uint8Array): Promise<string> {
  return base32(await sha256(concat(utf8(KINDS[kind].label), secret)), KINDS[kind].check);
}

/** The first `count` groups of five bits; bits beyond the end are zero. */
function base32(data: Uint8Array, count: number): string {
  return Array.from({ length: count }, (_, place) => {
    const [at, from] = [Math.floor((5 * place) / 8), (5 * place) % 8];
    const two = ((data[at] as number) << 8) | (data[at + 1] ?? 0);
    return ALPHABET.charAt((two >> (11 - from)) & 31);
  }).join("");
}
