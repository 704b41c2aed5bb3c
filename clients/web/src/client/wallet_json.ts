/**
 * The wallet file's JSON, in canonical form: the same file that `klankbord` reads and writes.
 *
 *     {"v": 1, "rounds": {round: {"manifest": hash, "opens": time, "code": text | null, "typed": bool,
 *         "tickets": [{"nonce", "seed", "finest", "admission": [token per issuer],
 *                      "group": [[token per issuer] per node of the path]} per part],
 *         "sent": [[{"revision", "counted", "acknowledged"}] per part],
 *         "groups": [{"part", "label", "size", "names"} per part]}}}
 */

import { b64 } from "../protocol/base64url";
import { parse, spell } from "../protocol/canonical";
import { parse as parseCode, type WalletCode } from "../protocol/codes";
import * as dates from "../protocol/dates";
import { COUNTED } from "../protocol/envelope";
import { SIZE as AUTHENTICATOR } from "../protocol/rsa_key";
import {
  bytes,
  date,
  dictionary,
  flag,
  list,
  Malformed,
  nullable,
  object,
  ROUND_ID,
  text,
  whole,
} from "../protocol/shape";
import { Entry } from "./entry";
import { badInput } from "./outcomes";

const tokens = list(bytes(AUTHENTICATOR));

const walletCode = (value: unknown, where = ""): WalletCode => {
  const code = parseCode("wallet", text()(value, where));
  if (typeof code === "string") throw new Malformed(where, "no wallet code");
  return code;
};

const shape = object({
  v: whole(1, 1),
  rounds: dictionary(
    ROUND_ID,
    object({
      manifest: bytes(32),
      opens: date,
      code: nullable(walletCode),
      typed: flag,
      tickets: list(
        object({ nonce: bytes(32), seed: bytes(32), finest: whole(0), admission: tokens, group: list(tokens) }),
      ),
      sent: list(list(object({ revision: whole(0), counted: bytes(COUNTED), acknowledged: flag }))),
      groups: list(object({ part: text(), label: text(), size: whole(1), names: list(text()) })),
    }),
  ),
});

/** The file of entries by round id. */
export function dumps(entries: ReadonlyMap<string, Entry>): string {
  const rounds = Object.fromEntries([...entries].map(([round, entry]) => [round, body(entry)]));
  return `${spell({ v: 1, rounds })}\n`;
}

/** The entries in a file's text; stops with "wallet-damaged". */
export function loads(file: string): ReadonlyMap<string, Entry> {
  try {
    const { rounds } = shape(parse(file.trim()));
    return new Map(
      [...rounds].map(([round, { manifest, ...rest }]) => [round, entry({ manifestHash: manifest, ...rest })]),
    );
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) throw badInput("wallet-damaged");
    throw error;
  }
}

function entry(fields: ConstructorParameters<typeof Entry>[0]): Entry {
  if (fields.tickets.length !== fields.sent.length) throw new Malformed("", "no wallet");
  return new Entry(fields);
}

function body(of: Entry) {
  return {
    manifest: b64(of.manifestHash),
    opens: dates.spell(of.opens),
    code: of.code?.text ?? null,
    typed: of.typed,
    tickets: of.tickets.map(({ nonce, seed, finest, admission, group }) => ({
      nonce: b64(nonce),
      seed: b64(seed),
      finest,
      admission: admission.map(b64),
      group: group.map((ofNode) => ofNode.map(b64)),
    })),
    sent: of.sent.map((ofPart) =>
      ofPart.map(({ revision, counted, acknowledged }) => ({ revision, counted: b64(counted), acknowledged })),
    ),
    groups: of.groups.map(({ part, label, size, names }) => ({ part, label, size, names })),
  };
}
