/**
 * Checking afterwards: was each part of mine counted, according to a list that nobody can change or shorten unseen?
 *
 * The release is a chain: rules (signed by all) <- cut <- batch (gate) <- opening <- release (aggregate), each naming
 * the hash of the one before. The last names the list of counted entries. A client always fetches the whole list, so
 * that asking tells nobody which entry is whose.
 */

import * as bundle from "../protocol/bundle";
import { equal, hex } from "../protocol/bytes";
import { type Json, spell } from "../protocol/canonical";
import { decodeCounted } from "../protocol/counted";
import { BadSignature } from "../protocol/jws";
import { type Manifest, verifyPublished } from "../protocol/manifest";
import type { Book, Parties } from "../protocol/parties";
import * as records from "../protocol/records";
import { answer, decoded, list, Malformed, text } from "../protocol/shape";
import { partiesNamed, shaped } from "./agreed";
import type { Alarm, Fate } from "./api";
import type { Web } from "./connection";
import type { Entry } from "./entry";
import { alarm } from "./outcomes";

/** Its name for people; parties.json gives it none, for it signs nothing. */
const REPORT = "report";

const releaseSaid = answer({ records: list(text()) });
const countedSaid = answer({ entries: list(decoded) });

/** A release that hangs together, and its list: every entry (hexadecimal), and whether it was counted or held back. */
export type Checked = Readonly<{ manifest: Manifest; listed: ReadonlyMap<string, boolean> }>;

/** The release and the whole list, proven; stops with an alarm, a refusal, or as unavailable. */
export async function fetchCounted(
  web: Web,
  book: Book,
  roundId: string,
  manifestHash: Uint8Array,
  signal?: AbortSignal,
): Promise<Checked> {
  const service = { name: REPORT, url: book.current.reportUrl };
  const chain = shaped(service, releaseSaid, await web.ask(service, `/rounds/${roundId}/release`, { signal }));
  const said = shaped(service, countedSaid, await web.ask(service, `/rounds/${roundId}/counted`, { signal }));
  const { manifest, release } = await checkRelease(chain.records, book, roundId, manifestHash);
  return { manifest, listed: checkList(release, said.entries) };
}

/** The rules and the release record, if all is signed, hangs together and belongs to these rules; else an alarm. */
export async function checkRelease(
  texts: readonly string[],
  book: Book,
  roundId: string,
  manifestHash: Uint8Array,
): Promise<{ manifest: Manifest; release: records.Record }> {
  let manifest: Manifest;
  let chain: readonly records.Record[];
  try {
    const peeked = texts.map(records.peek);
    const proposed = only(peeked, "manifest");
    const parties = partiesNamed(book, proposed.jws);
    if (parties === null) throw new Malformed("", "parties.json");
    const accepts = peeked.filter(({ kind }) => kind === "accept").map(({ jws }) => jws);
    manifest = await verifyPublished(proposed.jws, accepts, parties);
    const kinds = ["cut", "batch", "opening", "release"];
    chain = await Promise.all(kinds.map((kind) => signed(only(peeked, kind), parties, roundId)));
  } catch (error) {
    if (error instanceof Malformed || error instanceof BadSignature) throw alarm("bad-release", error.message);
    throw error;
  }
  if (!equal(manifest.hash, manifestHash)) throw alarm("changed-rules", roundId);
  const [cut, batch, opening, release] = chain as [records.Record, records.Record, records.Record, records.Record];
  const linked =
    cut.body.manifest === manifest.fingerprint &&
    batch.body.cut === cut.digest &&
    opening.body.batch === batch.digest &&
    release.body.opening === opening.digest;
  if (!linked) throw alarm("bad-release", roundId);
  return { manifest, release };
}

/** Every entry and whether it was counted; an alarm unless these are exactly the items that the release signed. */
export function checkList(release: records.Record, items: readonly Uint8Array[]): ReadonlyMap<string, boolean> {
  try {
    const entries = decodeCounted(items);
    if (spell(bundle.reference(items)) === spell(release.body.counted as Json)) return entries;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  throw alarm("bad-list", release.round);
}

/** What became of each part of a wallet's entry. */
export function fates(entry: Entry, listed: ReadonlyMap<string, boolean>): readonly Fate[] {
  return entry.sent.map((_, part) => fate(entry, part, listed));
}

/** What to say if an acknowledged answer is not there. */
export function lost(found: readonly Fate[], roundId: string): Alarm | null {
  if (found.includes("missing")) return { what: "alarm", reason: "not-counted", detail: roundId };
  if (found.includes("older")) return { what: "alarm", reason: "old-counted", detail: roundId };
  return null;
}

function fate(entry: Entry, part: number, listed: ReadonlyMap<string, boolean>): Fate {
  const all = entry.sent[part] ?? [];
  const anyListed = all.some((one) => listed.has(hex(one.counted)));
  const latest = entry.latest(part, true);
  if (latest === null && !anyListed) return "not-sent";
  // A later one without a receipt may have arrived all the same, and then counts instead.
  const valid = all.filter((one) => latest === null || one.revision >= latest.revision);
  const found = valid.map((one) => listed.get(hex(one.counted))).find((counted) => counted !== undefined);
  if (found !== undefined) return found ? "counted" : "held-back";
  return anyListed ? "older" : "missing";
}

function only(all: readonly records.Record[], kind: string): records.Record {
  const [one, ...more] = all.filter((record) => record.kind === kind);
  if (one === undefined || more.length > 0) throw new Malformed(kind, "not exactly one");
  return one;
}

async function signed(record: records.Record, parties: Parties, roundId: string): Promise<records.Record> {
  const author = ["cut", "batch"].includes(record.kind) ? parties.gate : parties.aggregate;
  await records.verify(record, author.key);
  if (record.author !== author.name || record.round !== roundId)
    throw new Malformed(record.kind, "another author or round");
  return record;
}
