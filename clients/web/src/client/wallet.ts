/** The wallet that a page holds: entries in memory, a text for a file. */

import type * as api from "./api";
import type { Entry } from "./entry";
import { outcome } from "./outcomes";
import { dumps, loads } from "./wallet_json";

/** The entries by round id, in memory only; `kept` is called after every change. */
export class Wallet implements api.Wallet {
  readonly #entries: Map<string, Entry>;
  readonly #kept: (wallet: Wallet) => void;

  constructor(kept: (wallet: Wallet) => void = () => {}, entries: ReadonlyMap<string, Entry> = new Map()) {
    this.#kept = kept;
    this.#entries = new Map(entries);
  }

  /** The wallet in a file's text; "wallet-damaged" for whatever `json` does not write. */
  static parse(text: string, kept?: (wallet: Wallet) => void): Promise<api.Result<Wallet>> {
    return outcome(async () => new Wallet(kept, await loads(text)));
  }

  get(roundId: string): Entry | null {
    return this.#entries.get(roundId) ?? null;
  }

  /** Keep an entry in place of the round's old one. */
  put(roundId: string, entry: Entry): void {
    this.#entries.set(roundId, entry);
    this.#kept(this);
  }

  items(): readonly (readonly [string, Entry])[] {
    return [...this.#entries].sort(([, one], [, other]) => one.opens - other.opens);
  }

  json(): string {
    return dumps(this.#entries);
  }
}
