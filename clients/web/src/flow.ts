/**
 * What the screens can have done: every question to a service, in the order that the protocol wants.
 *
 * Whoever is about to answer asks ingest only: an issuer knows people, and need not see who comes back. Therefore the
 * list of rounds is asked of ingest, and an issuer is asked nothing but by those who collect or read the rules.
 */

import {
  type Access,
  type Answers,
  type Book,
  type Client,
  type Failure,
  fetchBook,
  type Language,
  type Listed,
  loadBook,
  newWalletCode,
  type Result,
  Wallet,
  type WalletCode,
} from "./client";
import type { Navigation } from "./navigation";
import { at, START } from "./places";
import * as remember from "./remember";
import { type Candidate, hasRounds } from "./state";
import type { Store } from "./store";
import { languages } from "./texts";

/** What differs between a page on a host and one that is a file. */
export type Surroundings = Readonly<{
  /** The text of parties.json if it stands in the page itself. */
  parties: string | null;
  connect: (book: Book) => Client;
  now: () => number;
  mayRemember: boolean;
  loadMore: () => Promise<void>;
}>;

const COLLECTING = new Set(["scheduled", "open"]);

export class Flow {
  readonly #store: Store;
  readonly #navigation: Navigation;
  readonly #around: Surroundings;
  #client: Client | null = null;
  #stop = new AbortController();

  constructor(store: Store, navigation: Navigation, around: Surroundings) {
    this.#store = store;
    this.#navigation = navigation;
    this.#around = around;
  }

  /** Seconds. */
  now(): number {
    return this.#around.now();
  }

  get mayRemember(): boolean {
    return this.#around.mayRemember && !this.#store.state.kiosk;
  }

  /** The screens that come later. */
  async more(): Promise<void> {
    try {
      await this.#around.loadMore();
      this.#store.dispatch({ did: "more" });
    } catch {
      this.#fail({ what: "unavailable", service: "page", trouble: "network", retryAfter: null });
    }
  }

  /** Another language, with everything else as it is. */
  async speak(language: Language): Promise<void> {
    try {
      const words = await languages[language].load();
      this.#store.dispatch({ did: "speak", language, words });
    } catch {
      this.#fail({ what: "unavailable", service: "page", trouble: "network", retryAfter: null });
    }
  }

  /* ------------------------------------------------------------------------------------------------ beginning */

  /** The services, what was remembered, the rounds; then the screen that fits. */
  async begin(): Promise<void> {
    const { parties, connect } = this.#around;
    const book = await this.#asking(() =>
      parties === null ? fetchBook("parties.json", { signal: this.#stop.signal }) : Promise.resolve(loadBook(parties)),
    );
    if (!book) return;
    this.#store.dispatch({ did: "load", book });
    this.#client = connect(book);
    void this.more();
    const damaged = this.mayRemember ? this.#recall() : null;
    const listed = await this.list();
    if (damaged) this.#fail(damaged);
    if (!listed) return;
    const { state } = this.#store;
    if (state.place.screen !== "start") return;
    if (hasRounds(state)) this.#navigation.replace(at("mine"));
    else await this.tell(first(listed)?.round);
  }

  /** The rounds that there are. */
  async list(): Promise<readonly Listed[] | null> {
    const listed = await this.#asking((client) => client.roundsToAnswer(this.#stop.signal));
    if (listed) this.#store.dispatch({ did: "list", listed });
    return listed;
  }

  /** Choose a round and say what it is about. */
  async tell(round: string | undefined): Promise<void> {
    if (round === undefined) return;
    this.#store.dispatch({ did: "choose", round });
    if (this.#store.state.about) return;
    const rules = await this.#asking((client) => client.rules(round, this.#stop.signal));
    if (rules) this.#store.dispatch({ did: "tell", rules });
  }

  /** What failed at the beginning, once more. */
  async retry(): Promise<void> {
    if (!this.#store.state.book || !this.#store.state.listed) return this.begin();
    const chosen = this.#store.state.chosen ?? first(this.#store.state.listed)?.round;
    await this.tell(chosen);
  }

  /* ----------------------------------------------------------------------------------------------- collecting */

  /** Where answers count, for this round and for all others that can be collected for. */
  async showGroups(access: Access, key: WalletCode | null = null): Promise<void> {
    const round = this.#store.state.chosen;
    if (!round) return;
    const found = await this.#asking(async (client) => {
      const main = await this.#candidate(client, round, access);
      if (!main.ok) return main;
      const more = await this.#candidates(client, access, (listed) => listed.round !== round);
      return more.ok ? { ok: true, value: [main.value, ...more.value] as readonly Candidate[] } : more;
    });
    if (!found) return;
    const { wallet } = this.#store.state;
    const open = found.filter(({ rules, membership }) => {
      const entry = wallet?.get(rules.manifest.roundId);
      return !entry?.collected && (membership.collected.length === 0 || Boolean(entry));
    });
    if (open[0]?.rules.manifest.roundId !== round) {
      if (wallet?.get(round)?.collected) return this.#navigation.go(at("mine"));
      this.#navigation.go(at("open"));
      this.#fail({ what: "alarm", reason: "already-collected", detail: round });
      return;
    }
    this.#store.dispatch({ did: "show-groups", access, candidates: open, key });
    this.#navigation.go(at("groups"));
  }

  /** Collect for all rounds that were chosen, with one key. */
  async collect(): Promise<void> {
    const { access, candidates, key: typed, wallet: held } = this.#store.state;
    if (!access) return;
    const wallet = held ?? new Wallet(this.#kept);
    const begun = candidates.map(({ rules }) => wallet.get(rules.manifest.roundId)?.code).find((code) => code);
    const key = typed ?? begun ?? newWalletCode();
    // Before anything is asked: what was broken off goes on with the same key.
    this.#store.dispatch({ did: "hold", wallet });
    this.#store.dispatch({ did: "show-groups", access, candidates, key });
    this.#store.dispatch({ did: "work", busy: { doing: "collecting", step: null } });
    this.#navigation.go(at("collecting"));
    const chosen = candidates.filter((one) => one.chosen);
    const failure = await this.#collectAll(chosen, access, wallet, key, this.#store.state.typedKey !== "");
    if (failure?.what === "aborted") return;
    this.#navigation.replace(at(failure ? "groups" : "key"));
    if (failure) this.#fail(failure);
  }

  /** Go on with a key that was made elsewhere: its tokens are asked for again. */
  async openKey(key: WalletCode, access: Access): Promise<void> {
    const found = await this.#asking((client) => this.#candidates(client, access, () => true));
    if (!found) return;
    const collected = found.filter(({ membership }) => membership.collected.length > 0);
    const main = found[0];
    if (collected.length === 0 && main) {
      this.#store.dispatch({ did: "tell", rules: main.rules });
      this.#store.dispatch({ did: "show-groups", access, candidates: found, key });
      this.#navigation.go(at("groups"));
      this.#store.dispatch({ did: "note", note: "opened-none" });
      return;
    }
    if (!main) return this.#fail({ what: "refusal", service: "page", status: 0, word: "not-collecting", detail: "" });
    const wallet = this.#store.state.wallet ?? new Wallet(this.#kept);
    this.#store.dispatch({ did: "hold", wallet });
    this.#store.dispatch({ did: "work", busy: { doing: "collecting", step: null } });
    const failure = await this.#collectAll(collected, access, wallet, key, true);
    if (failure) return this.#fail(failure);
    this.#store.dispatch({ did: "save" });
    this.#navigation.replace(at("mine"));
  }

  /** Go on with a wallet file. */
  async openFile(text: string): Promise<void> {
    const wallet = Wallet.parse(text, this.#kept);
    if (!wallet.ok) return this.#fail(wallet.failure);
    this.#store.dispatch({ did: "hold", wallet: wallet.value });
    this.#store.dispatch({ did: "save" });
    if (await this.list()) this.#navigation.go(at("mine"));
  }

  /* ------------------------------------------------------------------------------------------------ answering */

  /** Begin to answer, or to change. */
  async answer(round: string): Promise<void> {
    const { wallet } = this.#store.state;
    if (!wallet) return;
    const rules = await this.#asking((client) => client.rulesToAnswer(round, wallet, this.#stop.signal));
    if (!rules) return;
    const { answerFrom, closes } = rules.manifest.draft;
    // Before anybody types three minutes of answers that would then be refused.
    const word = this.now() < answerFrom ? "not-open-yet" : this.now() >= closes ? "closed" : null;
    if (word) return this.#fail({ what: "refusal", service: "page", status: 0, word, detail: "" });
    this.#store.dispatch({ did: "answering", rules });
    this.#navigation.go(at("question", 1));
  }

  /** Seal, unless that has been done, and send what is left. */
  async send(): Promise<void> {
    const { answering, wallet } = this.#store.state;
    const client = this.#client;
    if (!answering || !wallet || !client) return;
    const { rules } = answering;
    let { sending } = answering;
    if (!sending || sending.left === 0) {
      const sealed = await this.#asking(() => client.seal(rules, wallet, given(answering.answers)));
      if (!sealed) return;
      sending = sealed;
      this.#store.dispatch({ did: "sealed", sending });
    }
    const { left, of } = sending;
    this.#store.dispatch({ did: "work", busy: { doing: "sending", left, of, pause: 0 } });
    if (this.#store.state.place.screen !== "sending") this.#navigation.replace(at("sending"));
    const stop = this.#stop.signal;
    const progress = (step: { left: number; of: number; pause: number }) => {
      if (!stop.aborted) this.#store.dispatch({ did: "work", busy: { doing: "sending", ...step } });
    };
    const sent = await client.send(rules, wallet, sending, progress, stop);
    if (stop.aborted) return;
    if (!sent.ok) return this.#fail(sent.failure);
    this.#store.dispatch({ did: "rest" });
    this.#navigation.replace(at("sent"));
  }

  /** Look whether each part was counted. */
  async counted(round: string): Promise<void> {
    const { wallet } = this.#store.state;
    if (!wallet) return;
    const counted = await this.#asking((client) => client.counted(round, wallet, this.#stop.signal));
    if (!counted) return;
    this.#store.dispatch({ did: "counted", counted });
    this.#navigation.go(at("counted"));
  }

  /* ------------------------------------------------------------------------------- what stays, what is erased */

  remember(wanted: boolean): void {
    const { wallet } = this.#store.state;
    if (!wanted) remember.forget();
    const kept = wanted && wallet !== null && this.mayRemember && remember.keep(wallet.json());
    this.#store.dispatch({ did: "remember", remembered: kept });
    if (wanted && !kept) this.#store.dispatch({ did: "note", note: "remember-failed" });
  }

  /** Everything of this person, in memory and on the device. */
  async wipe(note: "forgotten" | "wiped"): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    if (!this.#store.state.kiosk) remember.forget();
    this.#store.dispatch({ did: "wipe", note });
    this.#navigation.replace(START);
    this.#store.dispatch({ did: "note", note });
    if (!this.#store.state.about && this.#client) await this.tell(first(this.#store.state.listed ?? [])?.round);
  }

  readonly #kept = (wallet: Wallet): void => {
    if (this.#store.state.remembered && !remember.keep(wallet.json())) {
      this.#store.dispatch({ did: "remember", remembered: false });
    }
    this.#store.dispatch({ did: "changed-wallet" });
  };

  #recall(): Failure | null {
    const text = remember.recall();
    if (text === null) return null;
    const wallet = Wallet.parse(text, this.#kept);
    if (!wallet.ok) return wallet.failure;
    this.#store.dispatch({ did: "hold", wallet: wallet.value });
    this.#store.dispatch({ did: "remember", remembered: true });
    return null;
  }

  /* --------------------------------------------------------------------------------------------------- asking */

  async #candidate(client: Client, round: string, access: Access): Promise<Result<Candidate>> {
    const rules = await client.rules(round, this.#stop.signal);
    if (!rules.ok) return rules;
    const membership = await client.membership(rules.value, access, this.#stop.signal);
    if (!membership.ok) return membership;
    return { ok: true, value: { rules: rules.value, membership: membership.value, chosen: true } };
  }

  /** All rounds that can be collected for now. One that this person cannot take part in is left out, unless it alarms. */
  async #candidates(
    client: Client,
    access: Access,
    which: (listed: Listed) => boolean,
  ): Promise<Result<readonly Candidate[]>> {
    const listed = await client.rounds(this.#stop.signal);
    if (!listed.ok) return listed;
    const wanted = listed.value.filter((one) => COLLECTING.has(one.state) && which(one));
    const all = await Promise.all(wanted.map(({ round }) => this.#candidate(client, round, access)));
    const found: Candidate[] = [];
    for (const one of all) {
      if (one.ok) found.push(one.value);
      else if (one.failure.what !== "refusal" || one.failure.word !== "not-a-member") return one;
    }
    return { ok: true, value: found };
  }

  async #collectAll(
    chosen: readonly Candidate[],
    access: Access,
    wallet: Wallet,
    code: WalletCode,
    typed: boolean,
  ): Promise<Failure | null> {
    const client = this.#client as Client;
    const stop = this.#stop.signal;
    for (const { rules, membership } of chosen) {
      if (wallet.get(rules.manifest.roundId)?.collected) continue;
      const done = await client.collect(rules, membership, access, wallet, {
        code,
        typed,
        signal: stop,
        progress: (step) => {
          if (!stop.aborted) this.#store.dispatch({ did: "work", busy: { doing: "collecting", step } });
        },
      });
      if (stop.aborted) return { what: "aborted" };
      if (!done.ok) return done.failure;
    }
    this.#store.dispatch({ did: "rest" });
    this.#store.dispatch({ did: "collect", key: code, rounds: chosen.map(({ rules }) => rules.manifest.roundId) });
    return null;
  }

  /** The value, or null with the failure said and everything else as it was. */
  async #asking<T>(ask: (client: Client) => Promise<Result<T>>): Promise<T | null> {
    const stop = this.#stop.signal;
    this.#store.dispatch({ did: "work", busy: { doing: "asking" } });
    const result = await ask(this.#client as Client);
    if (stop.aborted) return null;
    if (!result.ok) {
      this.#fail(result.failure);
      return null;
    }
    this.#store.dispatch({ did: "rest" });
    return result.value;
  }

  #fail(failure: Failure): void {
    this.#store.dispatch(failure.what === "aborted" ? { did: "rest" } : { did: "fail", failure });
  }
}

/** The round that somebody most likely comes for: open, closing first; else the next; else the last. */
export function first(listed: readonly Listed[]): Listed | undefined {
  const soonest = (state: string) =>
    listed.filter((one) => one.state === state).sort((one, other) => one.closes - other.closes)[0];
  return soonest("open") ?? soonest("scheduled") ?? [...listed].sort((one, other) => other.closes - one.closes)[0];
}

/** Answers as they are sealed: what was left empty is no answer. */
function given(answers: Answers): Answers {
  return Object.fromEntries(Object.entries(answers).map(([id, answer]) => [id, answer === "" ? null : answer]));
}
