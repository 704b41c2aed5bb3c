/** What the page does for those who collect, one sitting at a time. Loaded when somebody does. */

import {
  type Access,
  type Client,
  type Failure,
  type Listed,
  newWalletCode,
  type Result,
  type Wallet,
  type WalletCode,
} from "./client";
import type { Navigation } from "./navigation";
import { at } from "./places";
import type { Candidate } from "./state";
import type { Store } from "./store";

/** What flow.ts lends. */
export type Means = Readonly<{
  store: Store;
  navigation: Navigation;
  client: Client;
  /** Everything of this person is being erased. */
  stop: AbortSignal;
  asking: <T>(ask: (client: Client) => Promise<Result<T>>) => Promise<T | null>;
  fail: (failure: Failure) => void;
  newWallet: () => Wallet;
}>;

const COLLECTING = new Set(["scheduled", "open"]);

export class Gathering {
  readonly #by: Means;

  constructor(by: Means) {
    this.#by = by;
  }

  async showGroups(access: Access): Promise<void> {
    const { store, navigation, asking, fail } = this.#by;
    const round = store.state.chosen;
    if (!round) return;
    const found = await asking<readonly Candidate[]>(async () => {
      const main = await this.#candidate(round, access);
      if (!main.ok) return main;
      const more = await this.#candidates(access, (listed) => listed.round !== round);
      return more.ok ? { ok: true, value: [main.value, ...more.value] } : more;
    });
    if (!found) return;
    const { wallet } = store.state;
    const open = found.filter(({ rules, membership }) => {
      const entry = wallet?.get(rules.manifest.roundId);
      return !entry?.collected && (membership.collected.length === 0 || Boolean(entry));
    });
    if (open[0]?.rules.manifest.roundId !== round) {
      if (wallet?.get(round)?.collected) return navigation.go(at("mine"));
      navigation.go(at("open"));
      fail({ what: "alarm", reason: "already-collected", detail: round });
      return;
    }
    store.dispatch({ did: "show-groups", access, candidates: open, key: null });
    navigation.go(at("groups"));
  }

  async collect(): Promise<void> {
    const { store, navigation, fail, newWallet } = this.#by;
    const { access, candidates, key: typed, wallet: held, typedKey } = store.state;
    if (!access) return;
    const wallet = held ?? newWallet();
    const begun = candidates.map(({ rules }) => wallet.get(rules.manifest.roundId)?.code).find((code) => code);
    const key = typed ?? begun ?? (await newWalletCode());
    // Before anything is asked: what was broken off goes on with the same key.
    store.dispatch({ did: "hold", wallet });
    store.dispatch({ did: "show-groups", access, candidates, key });
    store.dispatch({ did: "work", busy: { doing: "collecting", step: null } });
    navigation.go(at("collecting"));
    const chosen = candidates.filter((one) => one.chosen);
    const failure = await this.#collectAll(chosen, access, wallet, key, typedKey !== "");
    if (failure?.what === "aborted") return;
    if (!failure) this.#done(key, chosen);
    store.dispatch({ did: "rest" });
    navigation.replace(at(failure ? "groups" : "key"));
    if (failure) fail(failure);
  }

  async openKey(key: WalletCode, access: Access): Promise<void> {
    const { store, navigation, asking, fail, newWallet } = this.#by;
    const found = await asking(() => this.#candidates(access, () => true));
    if (!found) return;
    const collected = found.filter(({ membership }) => membership.collected.length > 0);
    const main = found[0];
    if (!main) return fail({ what: "refusal", service: "page", status: 0, word: "not-collecting", detail: "" });
    if (collected.length === 0) {
      store.dispatch({ did: "tell", rules: main.rules });
      store.dispatch({ did: "show-groups", access, candidates: found, key });
      navigation.go(at("groups"));
      store.dispatch({ did: "note", note: "opened-none" });
      return;
    }
    const wallet = store.state.wallet ?? newWallet();
    store.dispatch({ did: "work", busy: { doing: "collecting", step: null } });
    // One key for each sitting: rounds of another sitting refuse this one, and have nothing to do with it.
    let refused: Failure | null = null;
    for (const one of collected) {
      const failure = await this.#collectAll([one], access, wallet, key, true);
      if (failure?.what === "aborted") return;
      if (failure?.what === "alarm" && failure.reason === "already-collected") refused = failure;
      else if (failure) return fail(failure);
    }
    const opened = collected.filter(({ rules }) => wallet.get(rules.manifest.roundId)?.collected);
    if (refused && opened.length === 0) return fail(refused);
    store.dispatch({ did: "hold", wallet });
    this.#done(key, opened);
    store.dispatch({ did: "save" });
    store.dispatch({ did: "rest" });
    navigation.replace(at("mine"));
  }

  #done(key: WalletCode, of: readonly Candidate[]): void {
    this.#by.store.dispatch({ did: "collect", key, rounds: of.map(({ rules }) => rules.manifest.roundId) });
  }

  async #candidate(round: string, access: Access): Promise<Result<Candidate>> {
    const { client, stop } = this.#by;
    const rules = await client.rules(round, stop);
    if (!rules.ok) return rules;
    const membership = await client.membership(rules.value, access, stop);
    if (!membership.ok) return membership;
    return { ok: true, value: { rules: rules.value, membership: membership.value, chosen: true } };
  }

  /** All rounds that can be collected for now. One that this person cannot take part in is left out, unless it alarms. */
  async #candidates(access: Access, which: (listed: Listed) => boolean): Promise<Result<readonly Candidate[]>> {
    const listed = await this.#by.client.rounds(this.#by.stop);
    if (!listed.ok) return listed;
    const wanted = listed.value.filter((one) => COLLECTING.has(one.state) && which(one));
    const all = await Promise.all(wanted.map(({ round }) => this.#candidate(round, access)));
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
    const { client, store, stop } = this.#by;
    for (const { rules, membership } of chosen) {
      if (wallet.get(rules.manifest.roundId)?.collected) continue;
      const done = await client.collect(rules, membership, access, wallet, {
        code,
        typed,
        signal: stop,
        progress: (step) => {
          if (!stop.aborted) store.dispatch({ did: "work", busy: { doing: "collecting", step } });
        },
      });
      if (stop.aborted) return { what: "aborted" };
      if (!done.ok) return done.failure;
    }
    return null;
  }
}
