/**
 * Signed records: JWS in compact form (RFC 7515) with Ed25519 (RFC 8037), and nothing else that JWS could do.
 *
 *     base64url({"alg":"EdDSA","typ":typ}) "." base64url(payload) "." base64url(64 bytes of signature)
 *
 * The header is compared, never interpreted: there is no algorithm to choose and no key to fetch.
 */

import { b64, unb64 } from "./base64url";
import { utf8 } from "./bytes";
import { dumps, isObject, type JsonObject, loads } from "./canonical";
import * as ed25519 from "./ed25519";

/** Not a record of this kind that was signed with this key. */
export class BadSignature extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "BadSignature";
  }
}

/** The payload of a JWS with this typ that the holder of `key` (32 bytes) signed; BadSignature. */
export async function verify(jws: string, typ: string, key: Uint8Array): Promise<JsonObject> {
  const parts = split(jws);
  if (parts.header !== header(typ)) throw new BadSignature("another kind of record");
  if (!(await ed25519.verify(key, utf8(`${parts.header}.${parts.payload}`), parts.signature))) {
    throw new BadSignature("signed with another key, or changed");
  }
  return body(parts.payload);
}

/**
 * Typ and payload of a JWS whose signature nobody has checked; BadSignature if it has not the form of a record.
 *
 * For finding out which key to verify with; nothing else may depend on it.
 */
export function peek(jws: string): { typ: string; payload: JsonObject } {
  const parts = split(jws);
  const typ = body(parts.header).typ;
  if (typeof typ !== "string" || parts.header !== header(typ)) throw new BadSignature("no record");
  return { typ, payload: body(parts.payload) };
}

function header(typ: string): string {
  return b64(dumps({ alg: "EdDSA", typ }));
}

function split(jws: string): { header: string; payload: string; signature: Uint8Array } {
  const [of, payload, signed, ...more] = jws.split(".");
  try {
    const signature = unb64(signed ?? "");
    if (of && payload && signature.length === 64 && more.length === 0) return { header: of, payload, signature };
  } catch {
    // Said below.
  }
  throw new BadSignature("no compact JWS");
}

function body(part: string): JsonObject {
  try {
    const value = loads(unb64(part));
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new BadSignature("no JSON object");
}
