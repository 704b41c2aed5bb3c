/** The questions: one a screen, or all at once. */

import type { Answer, Part, Question } from "../client";
import { cleanText } from "../client";
import { hints } from "../hints";
import { type Given, own, type Page } from "../page";
import { at, fragment } from "../places";
import { Actions, Back, Head, Trouble } from "./frame";

export type Asked = Readonly<{ part: Part; question: Question; number: number }>;

/** All questions in their order, numbered from 1. */
export function asked({ state }: Page): readonly Asked[] {
  let number = 0;
  return (
    state.answering?.rules.manifest.draft.questionnaire.parts.flatMap((part) =>
      part.questions.map((question) => {
        number += 1;
        return { part, question, number };
      }),
    ) ?? []
  );
}

export function OneQuestion({ page }: Given) {
  const { state, words, navigation } = page;
  const all = asked(page);
  const { number } = state.place;
  const one = all[number - 1];
  if (!one || !state.answering) return null;
  const next = number < all.length ? at("question", number + 1) : at("review");
  const answer = state.answering.answers[one.question.id];
  const untouched = answer === undefined || answer === "";
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        navigation.go(next);
      }}
    >
      <div class="above">
        <Back page={page} to={number > 1 ? at("question", number - 1) : at("mine")} />
        <span class="progress">{words.progress(number, all.length)}</span>
      </div>
      {number === 1 && <Before page={page} />}
      <Ask page={page} one={one} alone />
      <Actions>
        <button type="submit" class={untouched && next.screen !== "review" ? "secondary" : "primary"}>
          {next.screen === "review" ? words.lastLook : untouched ? words.skipQuestion : words.next}
        </button>
        {state.answering.reviewed && next.screen !== "review" && (
          <a class="secondary" href={fragment(at("review"))}>
            {words.lastLook}
          </a>
        )}
      </Actions>
      <p class="aside">
        <a href={fragment(at("all"))}>{words.allAtOnce}</a>
      </p>
    </form>
  );
}

export function AllQuestions({ page }: Given) {
  const { words, navigation } = page;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        navigation.go(at("review"));
      }}
    >
      <Head page={page} title={words.allTitle} back={at("mine")} />
      <Before page={page} />
      {asked(page).map((one) => (
        <Ask key={one.question.id} page={page} one={one} />
      ))}
      <Actions>
        <button type="submit" class="primary">
          {words.lastLook}
        </button>
      </Actions>
      <p class="aside">
        <a href={fragment(at("question", 1))}>{words.oneByOne}</a>
      </p>
    </form>
  );
}

/** Where the answers count, before the first one is given. */
function Before({ page }: Given) {
  const { state, words } = page;
  const { answering, wallet } = state;
  if (!answering) return null;
  const { manifest } = answering.rules;
  const entry = wallet?.get(manifest.roundId);
  const parts = manifest.draft.questionnaire.parts;
  const place = Math.max(
    0,
    parts.findIndex(({ kind }) => kind === "closed"),
  );
  const seen = entry?.groups[place];
  const part = parts[place];
  return (
    <div class="before">
      <Trouble page={page} />
      {seen && part && <p>{words.beforeClosed(words.upwards(seen.label, seen.size), part.k)}</p>}
      {(entry?.lastRevision ?? -1) >= 0 && <p class="warn">{words.changing}</p>}
      {entry?.typed && <p class="warn">{words.elsewhereToo}</p>}
    </div>
  );
}

/** One question; `alone` on its screen, its text is the heading. */
function Ask({ page, one, alone = false }: Given & { one: Asked; alone?: boolean }) {
  const { question, number } = one;
  const text = own(page, question.text);
  const heading = alone ? <h1 tabIndex={-1}>{text}</h1> : `${number}. ${text}`;
  return question.answers ? (
    <fieldset class="ask" key={question.id}>
      <legend class={alone ? "" : "many"}>{heading}</legend>
      <Choice page={page} question={question} />
    </fieldset>
  ) : (
    <div class="ask" key={question.id}>
      {alone ? heading : <p class="legend many">{heading}</p>}
      <Words page={page} one={one} label={text} />
    </div>
  );
}

function Choice({ page, question }: Given & { question: Question }) {
  const { state, words, store } = page;
  const { answers } = question;
  if (!answers) return null;
  const given = state.answering?.answers[question.id];
  const labels = answers.labels[state.language];
  const numbers = answers.kind === "recommend";
  const choose = (answer: Answer) => store.dispatch({ did: "answer", question: question.id, answer });
  const option = (answer: number | null, label: string, text: string) => (
    <label class="option" key={label}>
      <input
        type="radio"
        name={question.id}
        checked={given === answer}
        aria-label={label === text ? undefined : label}
        onChange={() => choose(answer)}
      />
      <span>{text}</span>
    </label>
  );
  return (
    <>
      {numbers && (
        <p class="ends soft" aria-hidden="true">
          <span>{labels[0]}</span>
          <span>{labels.at(-1)}</span>
        </p>
      )}
      <div class={numbers ? "options numbers" : "options"}>
        {labels.map((label, place) => option(place, label, numbers ? String(place) : label))}
      </div>
      <div class="options none">{option(null, words.none, words.none)}</div>
    </>
  );
}

/** Bytes that are left when it is worth saying. */
const LITTLE = 300;

function Words({ page, one, label }: Given & { one: Asked; label: string }) {
  const { state, words, store } = page;
  const { part, question, number } = one;
  const typed = String(state.answering?.answers[question.id] ?? "");
  const cleaned = cleanText(part, typed);
  const left = part.size - new TextEncoder().encode(typed).length;
  const found = hints(typed, colleagues(page));
  const id = `antwoord-${number}`;
  return (
    <>
      <p class="soft" id={`${id}-uitleg`}>
        {words.openAsk}
      </p>
      <textarea
        id={id}
        rows={6}
        value={typed}
        aria-label={label}
        aria-invalid={!cleaned.ok}
        aria-describedby={`${id}-uitleg ${id}-fout ${id}-let-op`}
        onInput={(event) => store.dispatch({ did: "answer", question: question.id, answer: event.currentTarget.value })}
      />
      <p class="wrong" role="alert" id={`${id}-fout`}>
        {wrongWith(page, part, typed)}
      </p>
      {cleaned.ok && left < LITTLE && <p class="soft">{words.leftOver(Math.max(0, left))}</p>}
      <div role="status" class="hints" id={`${id}-let-op`}>
        {found.length > 0 && (
          <>
            <ul class="plain">
              {found.map(({ hint, piece }) => (
                <li key={hint + piece}>{words.hint[hint](piece)}</li>
              ))}
            </ul>
            <p class="soft">{words.hintsWhy}</p>
          </>
        )}
      </div>
    </>
  );
}

/** Why typed words cannot be sent; "" if they can. */
export function wrongWith({ words }: Page, part: Part, typed: string): string {
  const cleaned = cleanText(part, typed);
  if (cleaned.ok) return "";
  if (cleaned.reason === "too-long") return words.tooLong(cleaned.over);
  // Most of them cannot be seen, so that only their number says which they are.
  return words.refusedCharacters(
    cleaned.characters
      .map((one) => `U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`)
      .join(", "),
  );
}

/** The names that this device knows, for the hints only. */
export function colleagues({ state }: Page): readonly string[] {
  return [...new Set(state.wallet?.items().flatMap(([, entry]) => entry.groups.flatMap(({ names }) => names)) ?? [])];
}
