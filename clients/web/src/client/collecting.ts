/** Collecting the tokens of one round, from one issuer after the other. Loaded when somebody does. */

import { b64 } from "../protocol/base64url";
import { equal } from "../protocol/bytes";
import { Code, SECRET, type WalletCode } from "../protocol/codes";
import * as ed25519 from "../protocol/ed25519";
import type { Random } from "../protocol/hpke";
import type { Manifest } from "../protocol/manifest";
import { decoded, list, answer as object } from "../protocol/shape";
import { WalletSecrets } from "../protocol/wallet_secrets";
import * as agreed from "./agreed";
import type * as api from "./api";
import type { Web } from "./connection";
import type { Cruncher } from "./cruncher";
import type { Asked, Order } from "./crunching";
import { Entry, type Seen, type Ticket } from "./entry";
import type { Membership } from "./membership";
import { alarm, badInput, Stop } from "./outcomes";
import type { Wallet } from "./wallet";

const signed = object({ signatures: list(decoded) });

/** With the wallet code as it really is. */
export type CollectOptions = Omit<api.CollectOptions, "code"> & Readonly<{ code?: WalletCode }>;

/** What the client lends. */
export type Means = Readonly<{
  web: Web;
  random: Random;
  cruncher: Cruncher;
  /** Issuers that sent what is no signature, by round: they are asked nothing more. */
  broken: Map<string, Set<string>>;
}>;

export class Collecting {
  readonly #by: Means;

  constructor(by: Means) {
    this.#by = by;
  }

  async collect(
    manifest: Manifest,
    places: Membership,
    access: api.Access,
    wallet: Wallet,
    { code: given, typed, progress = () => {}, signal }: CollectOptions,
  ): Promise<WalletCode> {
    const { issuers } = manifest.parties;
    const { broken, cruncher } = this.#by;
    const without = issuers.find(({ name }) => access[name] === undefined || !places.issuers.includes(name));
    if (without !== undefined) throw badInput("no-access-code", without.name);
    const known = wallet.get(manifest.roundId);
    const code = await this.#code(manifest, places, known, given ?? null);
    const fromElsewhere = known?.typed || (typed ?? given !== undefined);
    const entry = { manifestHash: manifest.hash, opens: manifest.draft.opens, typed: fromElsewhere };
    if (known === null) {
      // Before anything is asked: what is asked cannot be asked otherwise afterwards.
      wallet.put(manifest.roundId, new Entry({ ...entry, code, tickets: [], sent: [], groups: [] }));
    }
    const tokens: (readonly Uint8Array[])[] = [];
    for (const [at, { name, url }] of issuers.entries()) {
      const step = (doing: "computing" | "asking" | "checking") =>
        progress({ issuer: name, place: at + 1, of: issuers.length, doing });
      if (broken.get(manifest.fingerprint)?.has(name)) throw alarm("bad-token", name);
      step("computing");
      const asked = await cruncher.ask(await order(manifest, places, code, name));
      step("asking");
      const bearer = access[name]?.text ?? "";
      const signatures = await this.#signatures(manifest, { name, url }, bearer, asked, signal);
      step("checking");
      const found = await cruncher.finalize(asked, signatures);
      if (found === null) {
        broken.set(manifest.fingerprint, (broken.get(manifest.fingerprint) ?? new Set()).add(name));
        throw alarm("bad-token", name);
      }
      tokens.push(found);
    }
    const tickets = ticketsOf(manifest, places, code, tokens);
    const sent = tickets.map(() => []);
    wallet.put(manifest.roundId, new Entry({ ...entry, code: null, tickets, sent, groups: seen(manifest, places) }));
    return code;
  }

  /** The code to use. */
  async #code(
    manifest: Manifest,
    places: Membership,
    known: Entry | null,
    given: WalletCode | null,
  ): Promise<WalletCode> {
    if (known !== null && !equal(known.manifestHash, manifest.hash)) throw alarm("changed-rules", manifest.roundId);
    if (known?.collected) throw badInput("collected-before", manifest.roundId);
    if (known?.code) {
      if (given !== null && given.text !== known.code.text) throw badInput("another-key", manifest.roundId);
      return known.code;
    }
    if (given !== null) return given;
    if (places.collected.length > 0) throw alarm("already-collected", places.collected.join(", "));
    return Code.of("wallet", this.#by.random(SECRET));
  }

  async #signatures(
    manifest: Manifest,
    issuer: Readonly<{ name: string; url: string }>,
    bearer: string,
    asked: readonly Asked[],
    signal?: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const body = { manifest: manifest.fingerprint, blinded: asked.map(({ message }) => b64(message)) };
    try {
      const said = await this.#by.web.ask(issuer, `/rounds/${manifest.roundId}/tokens`, { bearer, body, signal });
      return agreed.shaped(issuer, signed, said).signatures;
    } catch (error) {
      const failure = error instanceof Stop ? error.failure : null;
      const collected = failure?.what === "refusal" && failure.word === "already-collected";
      throw collected ? alarm("already-collected", issuer.name) : error;
    }
  }
}

/** What is asked of one issuer: for each part the admission token, then those of the path, root first. */
async function order(
  manifest: Manifest,
  { places }: Membership,
  { secret }: WalletCode,
  issuer: string,
): Promise<Order> {
  const admission = manifest.admissionKeys.get(issuer)?.modulus as Uint8Array;
  const secrets = new WalletSecrets(secret, manifest.hash);
  const parts = await Promise.all(
    places.map(async ({ path, part }) => ({
      pk: await ed25519.publicKey(secrets.envelopeSeed(part)),
      admission,
      groups: path.map(({ node }) => node.keys.get(issuer)?.[part] as Uint8Array),
    })),
  );
  return { secret, manifestHash: manifest.hash, origin: manifest.parties.origin, issuer, parts };
}

/** One ticket per part, from the tokens by issuer, in the order of the requests. */
function ticketsOf(
  manifest: Manifest,
  { places }: Membership,
  { secret }: WalletCode,
  tokens: readonly (readonly Uint8Array[])[],
): readonly Ticket[] {
  const secrets = new WalletSecrets(secret, manifest.hash);
  let taken = 0;
  const take = () => {
    const place = taken++;
    return tokens.map((ofIssuer) => ofIssuer[place] as Uint8Array);
  };
  return places.map(({ finest, path }, part) => ({
    nonce: secrets.admissionNonce(part),
    seed: secrets.envelopeSeed(part),
    finest: finest.id,
    admission: take(),
    group: path.map(take),
  }));
}

function seen(manifest: Manifest, { places }: Membership): readonly Seen[] {
  return places.map(({ part, finest, names }) => ({
    part: manifest.draft.questionnaire.parts[part]?.id ?? "",
    label: finest.label,
    size: finest.size,
    names,
  }));
}
