/** Starts the page: looks whether the browser can do it, takes codes out of the address, and draws what the state says. */

import "./style/tokens.css";
import "./style/page.css";
import { render } from "preact";
import { App, loadMore, Settling } from "./app";
import { lacks } from "./browser";
import { Client, workerCruncher } from "./client";
import type { Cruncher } from "./client/cruncher";
import { Flow } from "./flow";
import { remaining, watch } from "./kiosk";
import { Navigation, wasKiosk } from "./navigation";
import { at, type Brought, brought, fragment, placeOf, START } from "./places";
import { canRemember } from "./remember";
import { LackScreen } from "./screens/stop";
import { initial, type State, wouldLose } from "./state";
import { Store } from "./store";
import { languages, preferred } from "./texts";
import { startWorker } from "./worker_start";

const now = () => Date.now() / 1000;

async function begin(root: HTMLElement): Promise<void> {
  const language = preferred(navigator.languages);
  const lack = lacks(window);
  if (lack) {
    render(<LackScreen words={await languages[language].load()} lack={lack} />, root);
    return;
  }
  const came = brought(location.hash);
  const place = came.key ? at("open") : placeOf(location.hash)?.screen === "open" ? at("open") : START;
  const kiosk = came.kiosk || wasKiosk();
  // Before anything else: nobody finds a code in the address bar or in the history.
  history.replaceState(null, "", fragment(place));

  const store = new Store({ ...initial(language, await languages[language].load(), kiosk), place });
  const navigation = new Navigation(store);
  // Started when somebody collects: who answers needs none.
  let started: Cruncher | null = null;
  const workers = () => {
    started ??= workerCruncher(startWorker());
    return started;
  };
  const cruncher: Cruncher = {
    ask: (order) => workers().ask(order),
    finalize: (asked, signatures) => workers().finalize(asked, signatures),
  };
  const flow = new Flow(store, navigation, {
    parties: document.getElementById("parties")?.textContent?.trim() || null,
    connect: (book) => new Client(book, { cruncher }),
    now,
    mayRemember: canRemember(location.protocol),
    loadMore,
  });
  const settling = new Settling();
  const draw = (state: State) => {
    render(<App page={{ state, words: state.words, flow, navigation, store }} />, root);
    settling.settle(state);
    flow.arrived(state);
  };
  const take = ({ codes, key }: Brought) => {
    if (codes.length > 0 || key) store.dispatch({ did: "type", codes, typedKey: key });
    if (key) navigation.go(at("open"));
  };
  take(came);
  store.listen(draw);
  navigation.begin((hash) => take(brought(hash)));
  window.addEventListener("beforeunload", (event) => {
    if (wouldLose(store.state)) event.preventDefault();
  });
  if (kiosk) keepClean(store, flow);
  draw(store.state);
  void flow.begin();
}

/** Seconds after which a shared device asks again which rounds there are. */
const REFRESH = 600;

/** Erases everything after a minute of nothing, with a countdown before. What is being sent is not broken off. */
function keepClean(store: Store, flow: Flow): void {
  let touched = now();
  let listed = now();
  // The countdown goes with the next second, not under the finger that touches it.
  watch(window, () => {
    touched = now();
  });
  setInterval(() => {
    const { state } = store;
    const working = state.busy !== null && state.busy.doing !== "asking";
    if (now() > listed + REFRESH && state.busy === null) {
      listed = now();
      void flow.refresh();
    }
    const clean = state.place.screen === "start" && state.wallet === null && state.codes.every((code) => code === "");
    if (working || clean) touched = now();
    const seconds = remaining(now(), touched);
    if (seconds === 0) void flow.wipe("wiped");
    store.dispatch({ did: "count-down", seconds: seconds === 0 ? null : seconds });
  }, 1000);
}

const root = document.getElementById("page");
if (root) void begin(root);
