/** The rounds of a wallet, and what can be done with each now. */

import type { Listed } from "../client";
import { type Given, own, when } from "../page";
import { at, fragment } from "../places";
import { capital } from "../texts";
import { Actions, Head } from "./frame";
import { resultsOf } from "./start";

export function Mine({ page }: Given) {
  const { state, words } = page;
  const mine = state.listed?.filter(({ round }) => state.wallet?.get(round)?.collected) ?? [];
  const more = state.listed?.some(
    (one) => (one.state === "open" || one.state === "scheduled") && !state.wallet?.get(one.round)?.collected,
  );
  return (
    <>
      <Head page={page} title={words.mineTitle} />
      <p role="status">{state.busy?.doing === "asking" && words.busy}</p>
      <ul class="rounds">
        {mine.map((one) => (
          <Round key={one.round} page={page} one={one} />
        ))}
      </ul>
      {state.remembered && <Forget page={page} />}
      <Actions>
        {!state.kiosk && (
          <a class="secondary" href={fragment(at("key"))}>
            {words.mineKey}
          </a>
        )}
        {more && (
          <a class="secondary" href={fragment(at("start"))}>
            {words.mineMore}
          </a>
        )}
        {state.kiosk && (
          <button type="button" class="secondary" onClick={() => void page.flow.wipe("wiped")}>
            {words.sentKiosk}
          </button>
        )}
      </Actions>
    </>
  );
}

function Round({ page, one }: Given & { one: Listed }) {
  const { state, words, flow } = page;
  const entry = state.wallet?.get(one.round);
  const now = flow.now();
  const title = own(page, one.title);
  const sent = (entry?.lastRevision ?? -1) >= 0;
  // The list was fetched when the page was opened; what was scheduled then may be open by now.
  const current = one.state === "scheduled" && now >= one.opens ? "open" : one.state;
  const open = now >= one.answerFrom && now < one.closes && current === "open";
  return (
    <li>
      <h2>
        {title} <span class="soft">{one.period}</span>
      </h2>
      <p class="soft">
        {capital(words.states[current] ?? current)}, {sent ? words.mineAnswered : words.mineCollected}.{" "}
        {now < one.answerFrom && words.mineOpens(when(page, one.answerFrom))}
        {open && words.mineCloses(when(page, one.closes))}
      </p>
      <div class="buttons">
        {open && (
          <button
            type="button"
            class={sent ? "secondary" : "primary"}
            aria-label={words.of(sent ? words.mineChange : words.mineAnswer, title)}
            onClick={() => void flow.answer(one.round)}
          >
            {sent ? words.mineChange : words.mineAnswer}
          </button>
        )}
        {one.state === "released" && (
          <>
            {sent && (
              <button
                type="button"
                class="secondary"
                aria-label={words.of(words.mineCounted, title)}
                onClick={() => void flow.counted(one.round)}
              >
                {words.mineCounted}
              </button>
            )}
            <a class="secondary" href={resultsOf(page, one.round)} target="_blank" rel="noopener noreferrer">
              {words.mineResults}
            </a>
          </>
        )}
      </div>
    </li>
  );
}

/** Erasing is asked about once, for nothing brings it back. */
function Forget({ page }: Given) {
  const { words, flow } = page;
  return (
    <section class="box">
      <p>{words.remembered}</p>
      <button
        type="button"
        class="secondary"
        onClick={() => {
          if (confirm(words.forgetSure)) void flow.wipe("forgotten");
        }}
      >
        {words.forget}
      </button>
    </section>
  );
}
