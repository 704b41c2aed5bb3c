/** The one state, and who is told when it changes. */

import type { Event, State } from "./state";
import { reduce } from "./state";

export class Store {
  #state: State;
  readonly #listeners: ((state: State) => void)[] = [];

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  dispatch(event: Event): void {
    const next = reduce(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener(next);
  }

  listen(listener: (state: State) => void): void {
    this.#listeners.push(listener);
  }
}
