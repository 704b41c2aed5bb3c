/** Byte strings. Numbers are big-endian, as everywhere in docs/protocol.md. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of valid UTF-8; TypeError for anything else. A byte order mark stays in it. */
export function fromUtf8(data: Uint8Array): string {
  return decoder.decode(data);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether both are the same; for what is public, since it may end at the first difference. */
export function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** Negative, zero or positive as `left` comes before, with or after `right`. */
export function compare(left: Uint8Array, right: Uint8Array): number {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at++) {
    const difference = (left[at] as number) - (right[at] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export function u8(value: number): Uint8Array {
  return number(value, 1);
}

export function u16(value: number): Uint8Array {
  return number(value, 2);
}

export function u32(value: number): Uint8Array {
  return number(value, 4);
}

/** `value` itself if it has this many bytes; RangeError. */
export function sized(value: Uint8Array, length: number): Uint8Array {
  if (value.length !== length) throw new RangeError(`${value.length} bytes where ${length} belong`);
  return value;
}

export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function number(value: number, length: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * length)) {
    throw new RangeError(`no number of ${length} bytes`);
  }
  const bytes = new Uint8Array(length);
  for (let at = length - 1, left = value; at >= 0; at--, left = Math.floor(left / 256)) bytes[at] = left % 256;
  return bytes;
}
