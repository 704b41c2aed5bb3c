/** Base64url without padding (RFC 4648 section 5, RFC 7515 section 2): one spelling for each value. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character.charCodeAt(0), value]));

export function b64(data: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of data) {
    held = ((held << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 6; bits -= 6) text += ALPHABET.charAt((held >> (bits - 6)) & 63);
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (6 - bits)) & 63);
}

/** The bytes of exactly what `b64` writes; SyntaxError for anything else. */
export function unb64(text: string): Uint8Array {
  const data = new Uint8Array(Math.floor((text.length * 6) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let place = 0; place < text.length; place++) {
    const value = VALUES.get(text.charCodeAt(place));
    if (value === undefined) throw new SyntaxError("no base64url");
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      data[at++] = held >> bits;
    }
  }
  // Unused bits of the last character must be zero, else one value has several spellings.
  if (bits === 6 || (held & ((1 << bits) - 1)) !== 0) throw new SyntaxError("no base64url");
  return data;
}
