/** Which screen is shown, where the focus is, and what the window's title says. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Given } from "./page";
import type { Screen } from "./places";
import { Limits, Rules } from "./screens/about";
import { CodeScreen } from "./screens/code";
import { CountedScreen } from "./screens/counted";
import { Frame, inline } from "./screens/frame";
import { Collecting, Groups } from "./screens/groups";
import { Key } from "./screens/key";
import { Mine } from "./screens/mine";
import { Open } from "./screens/open";
import { AllQuestions, OneQuestion } from "./screens/question";
import { Review, Sending, Sent } from "./screens/sending";
import { Start } from "./screens/start";
import { AlarmScreen } from "./screens/stop";

const SCREENS: Readonly<Record<Screen, (given: Given) => preact.ComponentChild>> = {
  start: Start,
  rules: Rules,
  limits: Limits,
  code: CodeScreen,
  groups: Groups,
  collecting: Collecting,
  key: Key,
  open: Open,
  mine: Mine,
  question: OneQuestion,
  all: AllQuestions,
  review: Review,
  sending: Sending,
  sent: Sent,
  counted: CountedScreen,
};

export function App({ page }: Given) {
  const { state, words } = page;
  const { failure } = state;
  const alarm = failure?.what === "alarm" && !inline(failure) ? failure : null;
  const Shown = SCREENS[state.place.screen];
  const screen = alarm ? "alarm" : `${state.place.screen}-${state.place.number}-${state.person}`;
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
