/**
 * Readers of JSON: each takes a value that was parsed from somebody's text and gives what it means, or raises Malformed.
 *
 *     const party = object({ name: text(PARTY_NAME), key: bytes(32) });
 *     party(value).key                                                      a Uint8Array of 32 bytes
 */

import { unb64 } from "./base64url";
import { isObject } from "./canonical";
import * as dates from "./dates";

/** `where` is the path to what is wrong; the message never quotes a value, which may be secret. */
export class Malformed extends Error {
  readonly where: string;

  constructor(where: string, reason: string) {
    super(where ? `${where}: ${reason}` : reason);
    this.name = "Malformed";
    this.where = where;
  }
}

export type Read<T> = (value: unknown, where?: string) => T;

type Members = Readonly<Record<string, Read<unknown>>>;
type Values<M extends Members> = { readonly [key in keyof M]: ReturnType<M[key]> };

/** A round's id is part of topic and file names. */
export const ROUND_ID = /^[a-z0-9][a-z0-9-]{0,39}$/;

export const PARTY_NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** An object with exactly these members; what `optional` made may be left out. */
export function object<M extends Members>(members: M): Read<Values<M>> {
  return (value, where = "") => {
    const found = answer(members)(value, where);
    const strange = Object.keys(value as object).find((key) => !Object.hasOwn(members, key));
    if (strange !== undefined) throw new Malformed(where, "an unknown member");
    return found;
  };
}

/** The same, passing over members that are not known: for answers over HTTP only. */
export function answer<M extends Members>(members: M): Read<Values<M>> {
  return (value, where = "") => {
    if (!isObject(value)) throw new Malformed(where, "no object");
    const found = Object.entries(members).map(([key, read]) => [
      key,
      read(Object.hasOwn(value, key) ? value[key] : undefined, where ? `${where}.${key}` : key),
    ]);
    return Object.fromEntries(found) as Values<M>;
  };
}

/** An object whose keys fit `form`, as a Map. */
export function dictionary<T>(form: RegExp, item: Read<T>, most = Number.POSITIVE_INFINITY): Read<Map<string, T>> {
  return (value, where = "") => {
    if (!isObject(value)) throw new Malformed(where, "no object");
    const keys = Object.keys(value);
    if (keys.length > most || !keys.every((key) => form.test(key))) throw new Malformed(where, "members that are none");
    return new Map(keys.map((key) => [key, item(value[key], `${where}.${key}`)]));
  };
}

export function list<T>(item: Read<T>, least = 0, most = Number.POSITIVE_INFINITY): Read<readonly T[]> {
  return (value, where = "") => {
    if (!Array.isArray(value)) throw new Malformed(where, "no list");
    if (value.length < least || value.length > most) throw new Malformed(where, "too few, or too many");
    return value.map((one: unknown, place) => item(one, `${where}.${place}`));
  };
}

export function text(form?: RegExp): Read<string> {
  return (value, where = "") => {
    if (typeof value !== "string" || (form && !form.test(value)))
      throw new Malformed(where, "not the text it should be");
    return value;
  };
}

/** Text of so many characters (code points). */
export function worded(least: number, most: number): Read<string> {
  return (value, where = "") => {
    const read = text()(value, where);
    const length = characters(read);
    if (length < least || length > most) throw new Malformed(where, "empty, or too long");
    return read;
  };
}

export function oneOf<T extends string>(...words: readonly T[]): Read<T> {
  return (value, where = "") => {
    if (!words.includes(value as T)) throw new Malformed(where, "an unknown word");
    return value as T;
  };
}

export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Read<number> {
  return (value, where = "") => {
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
      throw new Malformed(where, "not the number it should be");
    }
    return value as number;
  };
}

export const flag: Read<boolean> = (value, where = "") => {
  if (typeof value !== "boolean") throw new Malformed(where, "true or false");
  return value;
};

export const anything: Read<unknown> = (value, where = "") => {
  if (value === undefined) throw new Malformed(where, "missing");
  return value;
};

/** base64url of exactly `length` bytes, decoded. */
export function bytes(length: number): Read<Uint8Array> {
  return (value, where = "") => {
    const data = decoded(value, where);
    if (data.length !== length) throw new Malformed(where, `${data.length} bytes where ${length} belong`);
    return data;
  };
}

/** base64url of any number of bytes, decoded. */
export const decoded: Read<Uint8Array> = (value, where = "") => {
  try {
    return unb64(text()(value, where));
  } catch (error) {
    throw error instanceof Malformed ? error : new Malformed(where, "not base64url without padding");
  }
};

/** A time of records, in POSIX seconds. */
export const date: Read<number> = (value, where = "") => {
  try {
    return dates.parse(text()(value, where));
  } catch {
    throw new Malformed(where, "not a time like 2026-11-22T13:00:00Z");
  }
};

export function nullable<T>(read: Read<T>): Read<T | null> {
  return (value, where = "") => (value === null ? null : read(value, where));
}

/** What may be left out, and then means `otherwise`. */
export function optional<T>(read: Read<T>, otherwise: T): Read<T> {
  return (value, where = "") => (value === undefined ? otherwise : read(value, where));
}

/** The same text in every language of the suite. */
export function texts(item: Read<string> = worded(1, 4000)): Read<Readonly<{ nl: string; en: string }>> {
  return object({ nl: item, en: item });
}

/** How many code points. */
export function characters(of: string): number {
  let count = 0;
  for (const _ of of) count++;
  return count;
}
