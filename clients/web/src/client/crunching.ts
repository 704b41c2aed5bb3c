/**
 * The big numbers of collecting: what is asked of one issuer, and the tokens that come out of its answer.
 *
 *     request   = for each part in order: blinded admission token, then one for each node of the part's path, root first
 *
 * Everything follows from the wallet code and the rules, so the same code typed elsewhere makes the same requests and
 * gets the same tokens. All arguments and results can be posted to a worker and back.
 */

import * as blindRsa from "../protocol/blind_rsa";
import { PublicKey } from "../protocol/blind_rsa";
import { keyId } from "../protocol/token_key";
import { challengeDigest, groupNonce, tokenInput } from "../protocol/tokens";
import { WalletSecrets } from "../protocol/wallet_secrets";

/**
 * What to ask of one issuer: moduli of 256 bytes, per part that of admission and those of the path, root first; `pk` is
 * the public half of the part's envelope key.
 */
export type Order = Readonly<{
  secret: Uint8Array;
  manifestHash: Uint8Array;
  origin: string;
  issuer: string;
  parts: readonly Readonly<{ pk: Uint8Array; admission: Uint8Array; groups: readonly Uint8Array[] }>[];
}>;

/** One token that is asked for: `message` is sent; `input` and `inverse` make a token of the answer, and are secret. */
export type Asked = Readonly<{ modulus: Uint8Array; input: Uint8Array; message: Uint8Array; inverse: bigint }>;

export async function ask({ secret, manifestHash, origin, issuer, parts }: Order): Promise<readonly Asked[]> {
  const secrets = new WalletSecrets(secret, manifestHash);
  const digest = challengeDigest(issuer, manifestHash, origin);
  const asked: Asked[] = [];
  for (const [part, { pk, admission, groups }] of parts.entries()) {
    const ofGroup = groupNonce(pk);
    const keys: [Uint8Array, Uint8Array][] = [[admission, secrets.admissionNonce(part)]];
    for (const group of groups) keys.push([group, ofGroup]);
    for (const [modulus, nonce] of keys) {
      const key = PublicKey.fromModulus(modulus);
      const input = tokenInput(nonce, digest, keyId(key));
      const [salt, blinding] = [secrets.salt(part, issuer, key), secrets.blinding(part, issuer, key)];
      asked.push({ modulus, input, ...(await blindRsa.blind(key, input, salt, blinding)) });
    }
  }
  return asked;
}

/**
 * Null is an alarm, and never tried again: an issuer that learns which requests fail learns what they were.
 */
export async function finalize(
  asked: readonly Asked[],
  signatures: readonly Uint8Array[],
): Promise<readonly Uint8Array[] | null> {
  if (signatures.length !== asked.length) return null;
  const tokens: Uint8Array[] = [];
  for (const [place, { modulus, input, inverse }] of asked.entries()) {
    const signature = signatures[place] as Uint8Array;
    const token = await blindRsa.finalize(PublicKey.fromModulus(modulus), input, signature, inverse);
    if (token === null) return null;
    tokens.push(token);
  }
  return tokens;
}
