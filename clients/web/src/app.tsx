/** Which screen is shown, where the focus is, and what the window's title says. */

import type { ComponentChild } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Given } from "./page";
import type { Screen } from "./places";
import { Frame, inline, Trouble } from "./screens/frame";
import { Mine } from "./screens/mine";
import { AllQuestions, OneQuestion } from "./screens/question";
import { Review, Sending, Sent } from "./screens/sending";
import { Start } from "./screens/start";
import { AlarmScreen } from "./screens/stop";

type Screens = Partial<Record<Screen, (given: Given) => ComponentChild>>;

const screens: Screens = {
  start: Start,
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
  const { state, words } = page;
  const { failure } = state;
  const alarm = failure?.what === "alarm" && !inline(failure) ? failure : null;
  const Shown = screens[state.place.screen] ?? Waiting;
  const screen = alarm ? "alarm" : Shown === Waiting ? "waiting" : `${state.place.screen}-${state.place.number}-${state.person}`;
  const before = useRef(screen);
  useLayoutEffect(() => {
    const heading = document.querySelector<HTMLElement>("main h1");
    document.title = [heading?.textContent, words.name].filter(Boolean).join(" – ");
    document.documentElement.lang = state.language;
    if (before.current === screen) return;
    before.current = screen;
    // Readers hear where they are, and the keyboard goes on from there.
    window.scrollTo(0, 0);
    heading?.focus({ preventScroll: true });
  });
  return <Frame page={page}>{alarm ? <AlarmScreen page={page} alarm={alarm} /> : <Shown key={screen} page={page} />}</Frame>;
}
