/**
 * What the screens can have done: every question to a service, in the order that the protocol wants.
 *
 * Whoever is about to answer asks ingest only: an issuer knows people, and need not see who comes back. Therefore the
 * list of rounds and their rules are asked of ingest, and an issuer is asked nothing but by those who collect.
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
  type Result,
  Wallet,
  type WalletCode,
} from "./client";
import type { Gathering } from "./gathering";
import type { Navigation } from "./navigation";
import { at, START } from "./places";
import * as remember from "./remember";
import { hasRounds, type State } from "./state";
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

export class Flow {
  readonly #store: Store;
  readonly #navigation: Navigation;
  readonly #around: Surroundings;
  #client: Client | null = null;
  #stop = new AbortController();
  /** What was remembered has been looked at, so that nothing is asked of an issuer for whoever comes back. */
  #begun = false;
  #telling = false;

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
    let damaged: Failure | null = null;
    if (!this.#client) {
      const signal = this.#stop.signal;
      const book = await this.#asking(() =>
        parties === null ? fetchBook("parties.json", { signal }) : loadBook(parties),
      );
      if (!book) return;
      this.#store.dispatch({ did: "load", book });
      this.#client = connect(book);
      void this.more();
      damaged = this.mayRemember ? await this.#recall() : null;
    }
    const listed = await this.list();
    if (damaged) this.#fail(damaged);
    if (!listed) return;
    this.#begun = true;
    const { state } = this.#store;
    if (state.place.screen === "start" && hasRounds(state)) this.#navigation.replace(at("mine"));
    else this.arrived(state);
  }

  /** The rounds that there are. */
  async list(): Promise<readonly Listed[] | null> {
    const listed = await this.#asking((client) => client.roundsToAnswer(this.#stop.signal));
    if (listed) this.#store.dispatch({ did: "list", listed });
    return listed;
  }

  /** Choose a round and say what it is about. */
  async tell(round: string | undefined): Promise<void> {
    if (round === undefined || this.#telling) return;
    this.#telling = true;
    this.#store.dispatch({ did: "choose", round });
    if (!this.#store.state.about) {
      const rules = await this.#asking((client) => client.rulesToRead(round, this.#stop.signal));
      if (rules) this.#store.dispatch({ did: "tell", rules });
    }
    this.#telling = false;
  }

  /** What the start is about, for whoever comes to it later. */
  arrived({ place, about, listed, busy, failure, wallet }: State): void {
    if (!this.#begun || place.screen !== "start" || about || busy || failure || !listed) return;
    const open = listed.filter(({ round }) => !wallet?.get(round)?.collected);
    void this.tell(first(open.length > 0 ? open : listed)?.round);
  }

  /** The list anew, without a word if that fails: for a device that stands there for days. */
  async refresh(): Promise<void> {
    const listed = await this.#client?.roundsToAnswer(this.#stop.signal);
    if (!listed?.ok) return;
    this.#store.dispatch({ did: "list", listed: listed.value });
    const round = first(listed.value)?.round;
    if (this.#store.state.place.screen === "start" && round && round !== this.#store.state.chosen)
      await this.tell(round);
  }

  /** What failed at the beginning, once more. */
  async retry(): Promise<void> {
    if (!this.#begun) return this.begin();
    const chosen = this.#store.state.chosen ?? first(this.#store.state.listed ?? [])?.round;
    await this.tell(chosen);
  }

  /* ----------------------------------------------------------------------------------------------- collecting */

  /** Where answers count, for this round and for all others that can be collected for. */
  async showGroups(access: Access): Promise<void> {
    await (await this.#gathering())?.showGroups(access);
  }

  /** Collect for all rounds that were chosen, with one key. */
  async collect(): Promise<void> {
    await (await this.#gathering())?.collect();
  }

  /** Go on with a key that was made elsewhere: its tokens are asked for again. */
  async openKey(key: WalletCode, access: Access): Promise<void> {
    await (await this.#gathering())?.openKey(key, access);
  }

  async #gathering(): Promise<Gathering | null> {
    try {
      const { Gathering } = await import("./gathering");
      return new Gathering({
        store: this.#store,
        navigation: this.#navigation,
        client: this.#client as Client,
        stop: this.#stop.signal,
        asking: (ask) => this.#asking(ask),
        fail: (failure) => this.#fail(failure),
        newWallet: () => new Wallet(this.#kept),
      });
    } catch {
      this.#fail({ what: "unavailable", service: "page", trouble: "network", retryAfter: null });
      return null;
    }
  }

  /** Go on with a wallet file. */
  async openFile(text: string): Promise<void> {
    const wallet = await Wallet.parse(text, this.#kept);
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
    await this.refresh();
  }

  readonly #kept = (wallet: Wallet): void => {
    if (this.#store.state.remembered && !remember.keep(wallet.json())) {
      this.#store.dispatch({ did: "remember", remembered: false });
    }
    this.#store.dispatch({ did: "changed-wallet" });
  };

  async #recall(): Promise<Failure | null> {
    const text = remember.recall();
    if (text === null) return null;
    const wallet = await Wallet.parse(text, this.#kept);
    if (!wallet.ok) return wallet.failure;
    this.#store.dispatch({ did: "hold", wallet: wallet.value });
    this.#store.dispatch({ did: "remember", remembered: true });
    return null;
  }

  /* --------------------------------------------------------------------------------------------------- asking */

  /** The value, or null with the failure said and everything else as it was. */
  async #asking<T>(ask: (client: Client) => Result<T> | Promise<Result<T>>): Promise<T | null> {
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
