/** An employee's client: see where answers count, collect tokens, answer, check that it was counted. See api.ts. */

import { equal } from "../protocol/bytes";
import { Code, type WalletCode } from "../protocol/codes";
import { type Random, ready } from "../protocol/hpke";
import { Manifest } from "../protocol/manifest";
import { Book } from "../protocol/parties";
import * as agreed from "./agreed";
import { plaintexts } from "./answering";
import type * as api from "./api";
import { Web } from "./connection";
import { type Cruncher, here } from "./cruncher";
import type { Entry } from "./entry";
import { later } from "./later";
import type { Said } from "./membership";
import { alarm, badInput, outcome } from "./outcomes";
import { PAUSE, postAll, type Sleep } from "./posting";
import { nextRevision, type Sealed, sealPart } from "./sealing";
import { browserRandom, browserSleep, now } from "./surroundings";
import { Wallet } from "./wallet";

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

  rulesToRead(roundId: string, signal?: AbortSignal): Promise<api.Result<api.Agreed>> {
    return outcome(() => agreed.fetchToRead(this.#web, this.book, roundId, signal));
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
      const [{ Membership }, { Collecting }] = await later(() =>
        Promise.all([import("./membership"), import("./collecting")]),
      );
      const [manifest, at, into] = [own(rules.manifest, Manifest), own(places, Membership), own(wallet, Wallet)];
      const { code, ...rest } = options;
      const typed = code === undefined ? {} : { code: own<WalletCode>(code, Code) };
      const by = { web: this.#web, random: this.#random, cruncher: this.#cruncher, broken: this.#broken };
      return new Collecting(by).collect(manifest, at, access, into, { ...rest, ...typed });
    });
  }

  seal(rules: api.Agreed, wallet: api.Wallet, answers: api.Answers): Promise<api.Result<api.Sending>> {
    return outcome(async () => {
      const [manifest, of] = [own(rules.manifest, Manifest), own(wallet, Wallet)];
      const entry = collected(manifest.roundId, of);
      if (!equal(entry.manifestHash, manifest.hash)) throw alarm("changed-rules", manifest.roundId);
      const texts = plaintexts(manifest.draft.questionnaire, answers);
      await later(ready);
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
