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
import * as canonical from "../protocol/canonical";
import { parse, type WalletCode } from "../protocol/codes";
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

const round = object({
  manifest: bytes(32),
  opens: date,
  code: nullable(text()),
  typed: flag,
  tickets: list(
    object({ nonce: bytes(32), seed: bytes(32), finest: whole(0), admission: tokens, group: list(tokens) }),
  ),
  sent: list(list(object({ revision: whole(0), counted: bytes(COUNTED), acknowledged: flag }))),
  groups: list(object({ part: text(), label: text(), size: whole(1), names: list(text()) })),
});

type Read = ReturnType<typeof round>;

const shape = object({ v: whole(1, 1), rounds: dictionary(ROUND_ID, round) });

/** The file of entries by round id. */
export function dumps(entries: ReadonlyMap<string, Entry>): string {
  const rounds = Object.fromEntries([...entries].map(([id, entry]) => [id, body(entry)]));
  return `${canonical.spell({ v: 1, rounds })}\n`;
}

/** The entries in a file's text; stops with "wallet-damaged". */
export async function loads(file: string): Promise<ReadonlyMap<string, Entry>> {
  try {
    const { rounds } = shape(canonical.parse(file.trim()));
    return new Map(await Promise.all([...rounds].map(async ([id, read]) => [id, await entry(read)] as const)));
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) throw badInput("wallet-damaged");
    throw error;
  }
}

async function entry({ manifest, code, ...rest }: Read): Promise<Entry> {
  if (rest.tickets.length !== rest.sent.length) throw new Malformed("", "no wallet");
  return new Entry({ manifestHash: manifest, code: code === null ? null : await walletCode(code), ...rest });
}

async function walletCode(typed: string): Promise<WalletCode> {
  const code = await parse("wallet", typed);
  if (typeof code === "string") throw new Malformed("code", "no wallet code");
  return code;
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
