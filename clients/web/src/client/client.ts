/** An employee's client: see where answers count, collect tokens, answer, check that it was counted. See api.ts. */

import { b64 } from "../protocol/base64url";
import { equal } from "../protocol/bytes";
import { Code, SECRET, type WalletCode } from "../protocol/codes";
import * as ed25519 from "../protocol/ed25519";
import type { Random } from "../protocol/hpke";
import { Manifest } from "../protocol/manifest";
import { Book } from "../protocol/parties";
import { decoded, list, answer as object } from "../protocol/shape";
import { WalletSecrets } from "../protocol/wallet_secrets";
import * as agreed from "./agreed";
import { plaintexts } from "./answering";
import type * as api from "./api";
import { Web } from "./connection";
import { type Cruncher, here } from "./cruncher";
import type { Asked, Order } from "./crunching";
import { Entry, type Seen, type Ticket } from "./entry";
import { later } from "./later";
import type { Membership, Said } from "./membership";
import { alarm, badInput, outcome, Stop } from "./outcomes";
import { PAUSE, postAll, type Sleep } from "./posting";
import { nextRevision, type Sealed, sealPart } from "./sealing";
import { browserRandom, browserSleep, now } from "./surroundings";
import { Wallet } from "./wallet";

const signed = object({ signatures: list(decoded) });

/** Answers as they will be posted; each part that has its receipt leaves `parts`. */
export class Sending implements api.Sending {
  readonly roundId: string;
  readonly of: number;
  readonly seconds: number;
  parts: readonly Sealed[];

  constructor(roundId: string, parts: readonly Sealed[], pause: readonly [number, number]) {
    this.roundId = roundId;
    this.of = parts.length;
    this.seconds = ((parts.length - 1) * (pause[0] + pause[1])) / 2;
    this.parts = parts;
  }

  get left(): number {
    return this.parts.length;
  }
}

export class Client implements api.Client {
  readonly book: Book;
  readonly #web: Web;
  readonly #now: () => number;
  readonly #random: Random;
  readonly #sleep: Sleep;
  readonly #pause: readonly [number, number];
  readonly #cruncher: Cruncher;
  /** Issuers that sent what is no signature, by round: they are asked nothing more. */
  readonly #broken = new Map<string, Set<string>>();

  constructor(book: api.Book, options: api.ClientOptions = {}) {
    this.book = own(book, Book);
    this.#web = new Web(options.fetch ?? ((...request) => fetch(...request)), this.book.current.trial);
    this.#now = options.now ?? now;
    this.#random = options.random ?? browserRandom;
    this.#sleep = options.sleep ?? browserSleep;
    this.#pause = options.pause ?? PAUSE;
    this.#cruncher = options.cruncher ?? here;
  }

  rounds(signal?: AbortSignal): Promise<api.Result<readonly api.Listed[]>> {
    return outcome(() => agreed.rounds(this.#web, this.book.current.lead, signal));
  }

  roundsToAnswer(signal?: AbortSignal): Promise<api.Result<readonly api.Listed[]>> {
    return outcome(() => agreed.rounds(this.#web, this.book.current.ingest, signal));
  }

  rules(roundId: string, signal?: AbortSignal): Promise<api.Result<api.Agreed>> {
    return outcome(() => agreed.fetchRules(this.#web, this.book, roundId, signal));
  }

  rulesToAnswer(roundId: string, wallet: api.Wallet, signal?: AbortSignal): Promise<api.Result<api.Agreed>> {
    return outcome(() => {
      const { manifestHash } = collected(roundId, own(wallet, Wallet));
      return agreed.fetchKnown(this.#web, this.book, roundId, manifestHash, signal);
    });
  }

  membership(rules: api.Agreed, access: api.Access, signal?: AbortSignal): Promise<api.Result<api.Membership>> {
    return outcome(async () => {
      const manifest = own(rules.manifest, Manifest);
      const { Membership, said: shape } = await later(() => import("./membership"));
      const answers = new Map<string, Said>();
      for (const issuer of manifest.parties.issuers) {
        const code = access[issuer.name];
        if (code === undefined) continue;
        const path = `/rounds/${manifest.roundId}/membership`;
        const said = await this.#web.ask(issuer, path, { bearer: code.text, signal });
        answers.set(issuer.name, agreed.shaped(issuer, shape, said));
      }
      if (answers.size === 0) throw badInput("no-access-code", manifest.parties.lead.name);
      return new Membership(manifest, answers);
    });
  }

  collect(
    rules: api.Agreed,
    places: api.Membership,
    access: api.Access,
    wallet: api.Wallet,
    options: api.CollectOptions = {},
  ): Promise<api.Result<api.WalletCode>> {
    return outcome(async () => {
      const { Membership } = await later(() => import("./membership"));
      return this.#collect(
        own(rules.manifest, Manifest),
        own(places, Membership),
        access,
        own(wallet, Wallet),
        options,
      );
    });
  }

  seal(rules: api.Agreed, wallet: api.Wallet, answers: api.Answers): Promise<api.Result<api.Sending>> {
    return outcome(async () => {
      const [manifest, of] = [own(rules.manifest, Manifest), own(wallet, Wallet)];
      const entry = collected(manifest.roundId, of);
      if (!equal(entry.manifestHash, manifest.hash)) throw alarm("changed-rules", manifest.roundId);
      const texts = plaintexts(manifest.draft.questionnaire, answers);
      const revision = nextRevision(manifest, entry.lastRevision, this.#now());
      const sealed: Sealed[] = [];
      for (const [part, ticket] of entry.tickets.entries()) {
        sealed.push(await sealPart(manifest, part, ticket, texts[part] as Uint8Array, revision, this.#random));
      }
      // Before anything is posted: what has arrived must be known, whatever happens to this page.
      of.put(manifest.roundId, entry.adding(sealed.map(({ counted }) => ({ revision, counted, acknowledged: false }))));
      return new Sending(manifest.roundId, sealed, this.#pause);
    });
  }

  send(
    rules: api.Agreed,
    wallet: api.Wallet,
    sending: api.Sending,
    progress: api.SendProgress = () => {},
    signal?: AbortSignal,
  ): Promise<api.Result<null>> {
    return outcome(async () => {
      const [manifest, of, what] = [own(rules.manifest, Manifest), own(wallet, Wallet), own(sending, Sending)];
      if (what.roundId !== manifest.roundId) throw new TypeError("answers of another round");
      const step = (pause: number) => progress({ left: what.left, of: what.of, pause });
      const by = { web: this.#web, manifest, random: this.#random, sleep: this.#sleep, pause: this.#pause };
      await postAll({ ...by, waiting: step, signal }, what.parts, (one) => {
        of.put(manifest.roundId, collected(manifest.roundId, of).acknowledging(one.part, one.revision));
        what.parts = what.parts.filter((other) => other !== one);
        step(0);
      });
      return null;
    });
  }

  counted(roundId: string, wallet: api.Wallet, signal?: AbortSignal): Promise<api.Result<api.Counted>> {
    return outcome(async () => {
      const entry = collected(roundId, own(wallet, Wallet));
      const { fates, fetchCounted, lost } = await later(() => import("./counting"));
      const { manifest, listed } = await fetchCounted(this.#web, this.book, roundId, entry.manifestHash, signal);
      const found = fates(entry, listed);
      return { manifest, listed: listed.size, fates: found, alarm: lost(found, roundId) };
    });
  }

  async #collect(
    manifest: Manifest,
    places: Membership,
    access: api.Access,
    wallet: Wallet,
    { code: given, typed, progress = () => {}, signal }: api.CollectOptions,
  ): Promise<WalletCode> {
    const { issuers } = manifest.parties;
    const without = issuers.find(({ name }) => access[name] === undefined || !places.issuers.includes(name));
    if (without !== undefined) throw badInput("no-access-code", without.name);
    const known = wallet.get(manifest.roundId);
    const code = this.#code(manifest, places, known, given === undefined ? null : own<WalletCode>(given, Code));
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
      if (this.#broken.get(manifest.fingerprint)?.has(name)) throw alarm("bad-token", name);
      step("computing");
      const asked = await this.#cruncher.ask(await order(manifest, places, code, name));
      step("asking");
      const bearer = access[name]?.text ?? "";
      const signatures = await this.#signatures(manifest, { name, url }, bearer, asked, signal);
      step("checking");
      const found = await this.#cruncher.finalize(asked, signatures);
      if (found === null) {
        this.#broken.set(manifest.fingerprint, (this.#broken.get(manifest.fingerprint) ?? new Set()).add(name));
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
  #code(manifest: Manifest, places: Membership, known: Entry | null, given: WalletCode | null): WalletCode {
    if (known !== null && !equal(known.manifestHash, manifest.hash)) throw alarm("changed-rules", manifest.roundId);
    if (known?.collected) throw badInput("collected-before", manifest.roundId);
    if (known?.code) {
      if (given !== null && given.text !== known.code.text) throw badInput("another-key", manifest.roundId);
      return known.code;
    }
    if (given !== null) return given;
    if (places.collected.length > 0) throw alarm("already-collected", places.collected.join(", "));
    return new Code("wallet", this.#random(SECRET));
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
      const said = await this.#web.ask(issuer, `/rounds/${manifest.roundId}/tokens`, { bearer, body, signal });
      return agreed.shaped(issuer, signed, said).signatures;
    } catch (error) {
      const failure = error instanceof Stop ? error.failure : null;
      const collected = failure?.what === "refusal" && failure.word === "already-collected";
      throw collected ? alarm("already-collected", issuer.name) : error;
    }
  }
}

/** What `value` really is: pages hold manifests, wallets and the like without being able to make one. */
function own<T>(value: unknown, type: abstract new (...args: never[]) => T): T {
  if (!(value instanceof type)) throw new TypeError(`no ${type.name} of this client`);
  return value;
}

function collected(roundId: string, wallet: Wallet): Entry {
  const entry = wallet.get(roundId);
  if (entry === null || !entry.collected) throw badInput("not-collected", roundId);
  return entry;
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
