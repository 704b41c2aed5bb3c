/** What stands around every screen: name, languages, banners, and the ways to know more. */

import type { ComponentChildren } from "preact";
import type { Language } from "../client";
import { again, sentence } from "../failures";
import type { Given, Page } from "../page";
import { at, fragment, type Place } from "../places";
import { languages } from "../texts";

export function Frame({ page, children }: Given & { children: ComponentChildren }) {
  const { state, words } = page;
  const parties = state.book?.current;
  return (
    <>
      <header>
        <button type="button" class="skip" onClick={() => document.querySelector("main")?.focus()}>
          {words.skip}
        </button>
        <div class="top">
          <div class="inner">
            <span class="site">{words.name}</span>
            <nav aria-label={words.language} class="languages">
              {Object.entries(languages).map(([tag, { own }]) => (
                <button
                  key={tag}
                  type="button"
                  lang={tag}
                  aria-pressed={tag === state.language}
                  onClick={() => void page.flow.speak(tag as Language)}
                >
                  {own}
                </button>
              ))}
            </nav>
          </div>
        </div>
        {parties?.trial && <Banner title={words.trialTitle} text={words.trial} />}
        {state.kiosk && <Banner title={words.kioskTitle} text={words.kiosk} />}
      </header>
      <main id="inhoud" tabIndex={-1} key={state.person}>
        {children}
      </main>
      <footer class="foot">
        <nav class="inner" aria-label={words.helpLinks}>
          <a href={fragment(at("limits"))}>{words.limitsLink}</a>
          {state.about && <a href={fragment(at("rules"))}>{words.rulesLink}</a>}
          {state.place.screen !== "start" && <a href={fragment(at("start"))}>{words.toStart}</a>}
        </nav>
      </footer>
      {state.countdown !== null && (
        <section class="countdown" aria-label={words.kioskThere}>
          <p role="alert">{words.kioskThere}</p>
          {/* Seconds that are read out would drown everything else. */}
          <p aria-hidden="true">{words.kioskCount(state.countdown)}</p>
          <button
            type="button"
            class="primary"
            onClick={() => page.store.dispatch({ did: "count-down", seconds: null })}
          >
            {words.kioskStay}
          </button>
        </section>
      )}
    </>
  );
}

function Banner({ title, text }: { title: string; text: string }) {
  return (
    <div class="banner">
      <p class="inner">
        <strong>{title}</strong> {text}
      </p>
    </div>
  );
}

/** Back, the heading, and what went wrong on this screen. */
export function Head({ page, title, back }: Given & { title: ComponentChildren; back?: Place | null }) {
  // Without the list of rounds nothing has begun, so that there is something to try again.
  const retry = page.state.listed ? {} : { retry: () => void page.flow.retry() };
  return (
    <>
      {back && <Back page={page} to={back} />}
      <h1 tabIndex={-1}>{title}</h1>
      <Trouble page={page} {...retry} />
    </>
  );
}

export function Back({ page, to }: Given & { to: Place }) {
  return (
    <button type="button" class="back" onClick={() => page.navigation.back(to)}>
      {page.words.back}
    </button>
  );
}

/** A failure that is no alarm: the sentence says what to do now. Always there, so that readers hear what appears. */
export function Trouble({ page, retry, label }: Given & { retry?: () => void; label?: string }) {
  const { state, words } = page;
  const { failure } = state;
  const told = failure && inline(failure) ? failure : null;
  const alarming = told?.what === "alarm";
  return (
    <div role="alert">
      {told && told.what !== "aborted" && (
        <div class={alarming ? "box alarm" : "box trouble"}>
          <p>
            {!alarming && <strong>{words.troubleTitle}. </strong>}
            {sentence(told, words, state.book)}
          </p>
          {retry && again(told) && (
            <p>
              <button type="button" class="secondary" onClick={retry}>
                {label ?? words.retry}
              </button>
            </p>
          )}
        </div>
      )}
    </div>
  );
}

/** Alarms take the whole screen, save one that most often is only a person with two devices. */
export function inline(failure: NonNullable<Page["state"]["failure"]>): boolean {
  return failure.what !== "alarm" || failure.reason === "already-collected";
}

/** The one button that leads on, at the same place on every screen. */
export function Actions({ children }: { children: ComponentChildren }) {
  return <div class="actions">{children}</div>;
}

/** What a button says while its work is under way. */
export function Primary({
  page,
  onClick,
  children,
  submit = false,
}: Given & { onClick?: () => void; children: ComponentChildren; submit?: boolean }) {
  const busy = page.state.busy?.doing === "asking";
  return (
    <button type={submit ? "submit" : "button"} class="primary" aria-disabled={busy} onClick={busy ? stay : onClick}>
      {busy ? page.words.busy : children}
    </button>
  );
}

function stay(event: Event): void {
  event.preventDefault();
}
