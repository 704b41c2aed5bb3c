/** The rules of a round as this client accepts them: signed by everybody, and the same wherever they are shown. */

import { equal } from "../protocol/bytes";
import { isObject } from "../protocol/canonical";
import * as jws from "../protocol/jws";
import { type Manifest, verifyPublished } from "../protocol/manifest";
import type { Book, Parties, Party } from "../protocol/parties";
import { answer, date, list, Malformed, ROUND_ID, text, texts } from "../protocol/shape";
import type { Agreed, Listed } from "./api";
import type { Web } from "./connection";
import { alarm, badInput, unavailable } from "./outcomes";

const listed = answer({
  rounds: list(
    answer({
      round: text(ROUND_ID),
      state: text(),
      period: text(),
      title: texts(),
      opens: date,
      answer_from: date,
      closes: date,
      fingerprint: text(),
    }),
  ),
});

const published = answer({ state: text(), manifest: text(), accepts: list(text()) });

type Published = ReturnType<typeof published>;
type Known = Agreed & Readonly<{ manifest: Manifest }>;

/** The rounds that everybody has agreed on, as an issuer or ingest lists them. */
export async function rounds(web: Web, party: Party, signal?: AbortSignal): Promise<readonly Listed[]> {
  const said = shaped(party, listed, await web.ask(party, "/rounds", { signal }));
  return said.rounds.map(({ answer_from, ...one }) => ({ ...one, answerFrom: answer_from }));
}

/** The round's rules from every issuer and from ingest; an alarm unless all show the same, signed by everybody. */
export async function fetchRules(web: Web, book: Book, roundId: string, signal?: AbortSignal): Promise<Known> {
  const lead = book.current.lead;
  const first = await ask(web, lead, roundId, signal);
  const parties = partiesOf(book, first);
  const manifest = await verified(first, roundId, parties);
  for (const other of [...parties.issuers.slice(1), parties.ingest]) {
    const said = await ask(web, other, roundId, signal);
    if (!same(said, first) && !equal((await verified(said, roundId, parties)).hash, manifest.hash)) {
      throw alarm("different-rules", `${lead.name}, ${other.name}`);
    }
  }
  return { manifest, state: first.state };
}

/** The rules as everybody has signed them, from ingest alone: to be read, before anybody says who is reading. */
export async function fetchToRead(web: Web, book: Book, roundId: string, signal?: AbortSignal): Promise<Known> {
  const said = await ask(web, book.current.ingest, roundId, signal);
  return { manifest: await verified(said, roundId, partiesOf(book, said)), state: said.state };
}

/**
 * The rules with which tokens were collected, from ingest alone; an alarm if it shows others.
 *
 * Nothing is asked of an issuer, which knows people, shortly before answers are sent.
 */
export async function fetchKnown(
  web: Web,
  book: Book,
  roundId: string,
  manifestHash: Uint8Array,
  signal?: AbortSignal,
): Promise<Known> {
  const known = await fetchToRead(web, book, roundId, signal);
  if (!equal(known.manifest.hash, manifestHash)) throw alarm("changed-rules", roundId);
  return known;
}

/** What `read` makes of an answer, or the service is unavailable. */
export function shaped<T>(service: Readonly<{ name: string }>, read: (value: unknown) => T, value: unknown): T {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof Malformed) throw unavailable(service.name, "nonsense");
    throw error;
  }
}

async function ask(web: Web, party: Party, roundId: string, signal?: AbortSignal): Promise<Published> {
  if (!ROUND_ID.test(roundId)) throw badInput("bad-round-id", roundId.slice(0, 60));
  return shaped(party, published, await web.ask(party, `/rounds/${roundId}`, { signal }));
}

/** Whether these are the same signed texts, which need not be verified twice. */
function same(one: Published, other: Published): boolean {
  const accepts = new Set(other.accepts);
  return (
    one.manifest === other.manifest &&
    new Set(one.accepts).size === accepts.size &&
    one.accepts.every((accept) => accepts.has(accept))
  );
}

/** The generation that the manifest names, in the user's own parties.json; the signatures are checked with it. */
export function partiesNamed(book: Book, manifestJws: string): Parties | null {
  try {
    let value: unknown = jws.peek(manifestJws).payload;
    for (const member of ["body", "manifest", "draft", "generation"]) value = isObject(value) ? value[member] : null;
    return typeof value === "number" ? book.get(value) : null;
  } catch {
    return null;
  }
}

function partiesOf(book: Book, said: Published): Parties {
  const parties = partiesNamed(book, said.manifest);
  if (parties === null) throw alarm("not-agreed", "parties.json");
  return parties;
}

async function verified(said: Published, roundId: string, parties: Parties): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = await verifyPublished(said.manifest, said.accepts, parties);
  } catch (error) {
    if (error instanceof Malformed) throw alarm("not-agreed", error.message);
    throw error;
  }
  if (manifest.roundId !== roundId) throw alarm("not-agreed", manifest.roundId);
  return manifest;
}
