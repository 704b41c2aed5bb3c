/** Which screen is shown, where the focus is, and what the window's title says. */

import type { ComponentChild } from "preact";
import type { Alarm, Failure } from "./client";
import type { Given } from "./page";
import type { Screen } from "./places";
import { Frame, inline, Trouble } from "./screens/frame";
import { Mine } from "./screens/mine";
import { Open } from "./screens/open";
import { AllQuestions, OneQuestion } from "./screens/question";
import { Review, Sending, Sent } from "./screens/sending";
import { Start } from "./screens/start";
import { AlarmScreen } from "./screens/stop";
import type { State } from "./state";

type Screens = Partial<Record<Screen, (given: Given) => ComponentChild>>;

const screens: Screens = {
  start: Start,
  open: Open,
  mine: Mine,
  question: OneQuestion,
  all: AllQuestions,
  review: Review,
  sending: Sending,
  sent: Sent,
};

/** The other screens, while the first one is read: then they are there when the network is not. */
export async function loadMore(): Promise<void> {
  Object.assign(screens, (await import("./screens/more")).screens);
}

function Waiting({ page }: Given) {
  return (
    <>
      <h1 tabIndex={-1}>{page.words.busy}</h1>
      <Trouble page={page} retry={() => void page.flow.more()} />
    </>
  );
}

export function App({ page }: Given) {
  const { state } = page;
  const alarm = alarmed(state);
  const Shown = screens[state.place.screen] ?? Waiting;
  const screen = `${state.place.screen}-${state.place.number}-${state.person}`;
  return (
    <Frame page={page}>{alarm ? <AlarmScreen page={page} alarm={alarm} /> : <Shown key={screen} page={page} />}</Frame>
  );
}

/** The alarm that takes the place of the screen. */
function alarmed({ failure }: State): Alarm | null {
  return failure?.what === "alarm" && !inline(failure) ? failure : null;
}

/** What is left to do when a screen has been drawn: title and language, and on a new screen place and focus. */
export class Settling {
  #before = "";
  #failure: Failure | null = null;
  /** The heading that was given the focus. */
  #heading: HTMLElement | null = null;

  settle(state: State): void {
    const heading = document.querySelector<HTMLElement>("main h1");
    document.title = [heading?.textContent, state.words.name].filter(Boolean).join(" – ");
    document.documentElement.lang = state.language;
    const { screen, number } = state.place;
    const now = `${alarmed(state) !== null} ${screen} ${number} ${state.person} ${screen in screens}`;
    if (state.failure && state.failure !== this.#failure) {
      // Not behind the bar of buttons, and not above what is seen just now.
      document.querySelector("main [role=alert] .box")?.scrollIntoView({ block: "center" });
    }
    this.#failure = state.failure;
    const begins = this.#before === "";
    if (now === this.#before) {
      // What the screen waited for has come, with another heading: a focus that fell off the old one goes along.
      const fell = this.#heading?.isConnected === false && document.activeElement === document.body;
      if (fell) this.#focus(heading);
      return;
    }
    this.#before = now;
    if (begins) return;
    // Readers hear where they are, and the keyboard goes on from there.
    window.scrollTo(0, 0);
    this.#focus(heading);
  }

  #focus(heading: HTMLElement | null): void {
    this.#heading = heading;
    heading?.focus({ preventScroll: true });
  }
}
