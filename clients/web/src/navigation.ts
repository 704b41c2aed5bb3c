/** The browser's Back and Forward lead through the screens: each one is a fragment, and nothing else of the address. */

import { fragment, type Place, placeOf } from "./places";
import { allowed } from "./state";
import type { Store } from "./store";

/** `kiosk`: this device is shared; a reload, which forgets everything else, must not make it somebody's own. */
type Mark = Readonly<{ depth: number; kiosk: boolean }>;

/** Whether the page was a shared device's before it was reloaded. */
export function wasKiosk(): boolean {
  return (history.state as Mark | null)?.kiosk === true;
}

export class Navigation {
  readonly #store: Store;
  /** Screens of this page before this one: whether Back stays inside. */
  #depth = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** `strange` gets fragments that are no place: a link with a code that was pasted into the open page. */
  begin(strange: (hash: string) => void): void {
    this.#write("replaceState", this.#store.state.place);
    window.addEventListener("popstate", (event) => {
      const place = placeOf(location.hash);
      if (place === null) {
        const { hash } = location;
        this.#write("replaceState", this.#store.state.place);
        strange(hash);
        return;
      }
      const mark = event.state as Mark | null;
      this.#depth = mark?.depth ?? this.#depth + 1;
      const shown = allowed(this.#store.state, place);
      this.#write("replaceState", shown);
      this.#store.dispatch({ did: "go", place: shown });
    });
  }

  /** To another screen; Back leads here again. */
  go(place: Place): void {
    const shown = allowed(this.#store.state, place);
    if (fragment(shown) !== location.hash) {
      this.#depth += 1;
      this.#write("pushState", shown);
    }
    this.#store.dispatch({ did: "go", place: shown });
  }

  /** To a screen that takes the place of this one: what is over is not gone back to. */
  replace(place: Place): void {
    const shown = allowed(this.#store.state, place);
    this.#write("replaceState", shown);
    this.#store.dispatch({ did: "go", place: shown });
  }

  /** What the Back on the screen does; `otherwise` where there is nothing of this page before it. */
  back(otherwise: Place): void {
    if (this.#depth > 0) history.back();
    else this.replace(otherwise);
  }

  #write(how: "pushState" | "replaceState", place: Place): void {
    const { kiosk } = this.#store.state;
    history[how]({ depth: this.#depth, kiosk } satisfies Mark, "", fragment(place));
  }
}
