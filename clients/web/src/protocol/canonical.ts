/**
 * Canonical JSON: one value has one spelling, so that hashes and signatures over it mean something.
 *
 * Keys are ASCII and sorted, there is no white space, numbers are whole and within ±(2^53 − 1), and there are at most
 * 32 levels (docs/protocol.md, "Conventions").
 */

import { fromUtf8, utf8 } from "./bytes";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = Readonly<{ [key: string]: Json }>;

/** Most levels of nesting: no record of ours has ten, and unbounded nesting exhausts the reader's stack. */
const DEPTH = 32;

/** A surrogate without its other half, which UTF-8 cannot hold. */
const LONE = /\p{Surrogate}/u;

/** biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant. */
const ASCII = /^[\x00-\x7f]*$/;

/** The text of `value`; RangeError for a value that has no canonical form. */
export function spell(value: Json): string {
  return write(value, 0);
}

export function dumps(value: Json): Uint8Array {
  return utf8(spell(value));
}

/** The value of canonical text; any other spelling of it raises SyntaxError, as do double keys and fractions. */
export function parse(text: string): Json {
  let value: Json;
  let spelled: string;
  try {
    value = JSON.parse(text) as Json;
    spelled = spell(value);
  } catch {
    throw new SyntaxError("no canonical JSON");
  }
  // That it is spelled like that is the whole check, so nothing can be read in two ways.
  if (spelled !== text) throw new SyntaxError("no canonical JSON");
  return value;
}

export function loads(data: Uint8Array): Json {
  let text: string;
  try {
    text = fromUtf8(data);
  } catch {
    throw new SyntaxError("no canonical JSON");
  }
  return parse(text);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function write(value: Json, depth: number): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError("numbers are whole and below 2^53");
    return String(value);
  }
  if (depth === DEPTH) throw new RangeError(`nested more than ${DEPTH} deep`);
  if (Array.isArray(value)) return `[${value.map((item: Json) => write(item, depth + 1)).join()}]`;
  if (!isObject(value)) throw new RangeError("this has no canonical form");
  const members = Object.keys(value).sort();
  if (!members.every((key) => ASCII.test(key))) throw new RangeError("a key that is not ASCII");
  return `{${members.map((key) => `${quote(key)}:${write(value[key] as Json, depth + 1)}`).join()}}`;
}

function quote(text: string): string {
  if (LONE.test(text)) throw new RangeError("a lone surrogate");
  return JSON.stringify(text);
}
