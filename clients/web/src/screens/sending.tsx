/** A last look, the sending, and what is there afterwards. */

import type { Answer, Question } from "../client";
import { hints } from "../hints";
import { type Given, own, type Page, when } from "../page";
import { at, fragment } from "../places";
import { Actions, Head, Primary, Trouble } from "./frame";
import { download, Remember } from "./keeping";
import { asked, colleagues, wrongWith } from "./question";
import { resultsOf } from "./start";

/** Seconds between two parts on average, as the client says it too once all is sealed. */
const PAUSE = 5;

export function Review({ page }: Given) {
  const { state, words, flow } = page;
  const { answering } = state;
  if (!answering) return null;
  const all = asked(page);
  const answered = all.filter(({ question }) => isAnswered(answering.answers[question.id])).length;
  const wrong = all.some(({ part, question }) => wrongIn(page, part, answering.answers[question.id]) !== "");
  const parts = answering.rules.manifest.draft.questionnaire.parts.length;
  return (
    <>
      <Head page={page} title={words.reviewTitle} back={at("question", all.length)} />
      <p class="lead">{words.reviewLead(answered, all.length)}</p>
      <ol class="review">
        {all.map(({ part, question, number }) => {
          const answer = answering.answers[question.id];
          const mistake = wrongIn(page, part, answer);
          const found = typeof answer === "string" ? hints(answer, colleagues(page)) : [];
          return (
            <li key={question.id}>
              <p class="soft">{own(page, question.text)}</p>
              <p class="given">{answerText(page, question, answer)}</p>
              {mistake && <p class="wrong">{mistake}</p>}
              {found.map(({ hint, piece }) => (
                <p class="warn" key={hint + piece}>
                  {words.hint[hint](piece)}
                </p>
              ))}
              <a href={fragment(at("question", number))} aria-label={words.editOf(number)}>
                {words.edit}
              </a>
            </li>
          );
        })}
      </ol>
      {parts > 1 && <p class="soft">{words.sendWhy((parts - 1) * PAUSE)}</p>}
      {wrong && <p class="wrong">{words.fixFirst}</p>}
      <Actions>
        {!wrong && (
          <Primary page={page} onClick={() => void flow.send()}>
            {words.sendGo}
          </Primary>
        )}
      </Actions>
    </>
  );
}

function wrongIn(page: Page, part: Parameters<typeof wrongWith>[1], answer: Answer | undefined): string {
  return typeof answer === "string" ? wrongWith(page, part, answer) : "";
}

function isAnswered(answer: Answer | undefined): boolean {
  return typeof answer === "number" || (typeof answer === "string" && answer.trim() !== "");
}

function answerText(page: Page, question: Question, answer: Answer | undefined): string {
  if (!isAnswered(answer)) return answer === null ? page.words.none : page.words.noAnswer;
  if (typeof answer === "number") return question.answers?.labels[page.state.language][answer] ?? "";
  return String(answer);
}

export function Sending({ page }: Given) {
  const { state, words, flow } = page;
  const { answering, busy } = state;
  if (!answering) return null;
  const total = answering.rules.manifest.draft.questionnaire.parts.length;
  const step = busy?.doing === "sending" ? busy : null;
  const left = step?.left ?? answering.sending?.left ?? total;
  const seconds = Math.round(answering.sending?.seconds ?? 0);
  return (
    <>
      <h1 tabIndex={-1}>{words.sendingTitle}</h1>
      {seconds > 0 && <p class="lead">{words.sendWhy(seconds)}</p>}
      <progress max={total} value={total - left} aria-label={words.sendingStep(total - left, total)} />
      <div role="status" class="working">
        <p>{words.sendingStep(total - left, total)}</p>
        <p class="soft">{step && (step.pause > 0 ? words.sendingPause : words.sendingNow)}</p>
      </div>
      <Trouble page={page} />
      {step ? (
        <p class="soft">{words.sendingKeep}</p>
      ) : (
        <>
          <p>{words.sendStopped(left, total)}</p>
          <Actions>
            <Primary page={page} onClick={() => void flow.send()}>
              {words.sendRetry}
            </Primary>
            <a class="secondary" href={fragment(at("review"))}>
              {words.lastLook}
            </a>
          </Actions>
        </>
      )}
    </>
  );
}

export function Sent({ page }: Given) {
  const { state, words, flow } = page;
  const manifest = state.answering?.rules.manifest;
  if (!manifest) return null;
  const { draft } = manifest;
  const now = flow.now();
  const next = state.listed?.find((one) => {
    const entry = state.wallet?.get(one.round);
    return entry?.collected && !entry.answered && one.state === "open" && now >= one.answerFrom && now < one.closes;
  });
  return (
    <>
      <Head page={page} title={words.sentTitle} />
      <p class="lead">{words.sentLead(draft.questionnaire.parts.length)}</p>
      <p>{words.sentChange(when(page, draft.closes))}</p>
      <p>
        {words.sentResults(when(page, draft.closes + draft.grace))}{" "}
        <a href={resultsOf(page, manifest.roundId)} target="_blank" rel="noopener noreferrer">
          {words.resultsAt}
        </a>
      </p>
      {state.remembered ? (
        <p>{words.sentRemembered}</p>
      ) : (
        !state.kiosk && (
          <section class="box">
            <p>{words.sentKeep}</p>
            <button type="button" class="secondary" onClick={() => download(page)}>
              {words.keyFile}
            </button>
            <Remember page={page} />
          </section>
        )
      )}
      <Actions>
        {next && (
          <Primary page={page} onClick={() => void flow.answer(next.round)}>
            {words.sentNext}
          </Primary>
        )}
        {state.kiosk ? (
          <button type="button" class="primary" onClick={() => void flow.wipe("wiped")}>
            {words.sentKiosk}
          </button>
        ) : (
          <a class={next ? "secondary" : "primary"} href={fragment(at("mine"))}>
            {words.sentDone}
          </a>
        )}
      </Actions>
    </>
  );
}
