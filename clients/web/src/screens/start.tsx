/** What this is, who reads what and from how many answers on, and whom to turn to: before anything is asked. */

import { parseAccessCode } from "../client";
import { dayOf, type Given, minutes, own, type Page, when } from "../page";
import { at, fragment } from "../places";
import { hasRounds } from "../state";
import { listed as and } from "../texts";
import { Actions, Head, Primary, Trouble } from "./frame";

export function Start({ page }: Given) {
  const { state, words, flow } = page;
  if (state.listed?.length === 0) return <Nothing page={page} />;
  const rules = state.about;
  if (!rules) {
    return (
      <>
        <h1 tabIndex={-1}>{words.name}</h1>
        <Trouble page={page} retry={() => void flow.retry()} />
        <p role="status">{state.busy && words.busy}</p>
      </>
    );
  }
  const { draft, roundId } = rules.manifest;
  const asked = draft.questionnaire.parts.flatMap((part) => part.questions).length;
  const chosen = state.listed?.find(({ round }) => round === roundId);
  const collecting = !chosen || chosen.state === "open" || chosen.state === "scheduled";
  const from = chosen?.state === "scheduled" || flow.now() < draft.answerFrom;
  return (
    <>
      {state.note === "forgotten" && <p class="box">{words.forgotten}</p>}
      {state.note === "wiped" && <p class="box">{words.kioskWiped}</p>}
      <p class="over">
        {draft.period} · {words.questions(asked)} · {words.minutes(minutes(draft.questionnaire))}
      </p>
      <Head page={page} title={own(page, draft.title)} />
      <p class="lead">{words.startWhat}</p>
      <How page={page} />
      <h2>{words.whoReads}</h2>
      <WhoReads page={page} />
      <h2>{words.when}</h2>
      <p>
        {from
          ? words.answerFromUntil(when(page, draft.answerFrom), when(page, draft.closes))
          : words.answerUntil(when(page, draft.closes))}{" "}
        {words.nobodyBefore(when(page, draft.closes + draft.grace))}
      </p>
      <h2>{words.elsewhere}</h2>
      <p>{words.counsellor(own(page, draft.contact.counsellor))}</p>
      <p>{words.channel(own(page, draft.contact.channel))}</p>
      {!collecting && <Over page={page} />}
      <Actions>
        {collecting && (
          <Primary page={page} onClick={() => void begin(page)}>
            {words.begin}
          </Primary>
        )}
        <a class="secondary" href={fragment(at(hasRounds(state) ? "mine" : "open"))}>
          {hasRounds(state) ? words.mineTitle : words.haveKey}
        </a>
      </Actions>
      <Others page={page} />
    </>
  );
}

/** With a code from the link there is nothing to type. */
async function begin({ state, flow, navigation }: Page): Promise<void> {
  const issuers = state.about?.manifest.parties.issuers ?? [];
  const codes = await Promise.all(state.codes.map(parseAccessCode));
  const access = Object.fromEntries(
    issuers.flatMap(({ name }, place) => {
      const code = codes[place];
      return code?.ok ? [[name, code.value] as const] : [];
    }),
  );
  if (Object.keys(access).length === issuers.length) await flow.showGroups(access);
  else navigation.go(at("code"));
}

/** Per part: who reads it, and from how many answers on. */
export function WhoReads({ page }: Given) {
  const { state, words } = page;
  return (
    <ul class="plain">
      {state.about?.manifest.draft.questionnaire.parts.map((part) => {
        const readers = and(
          part.readers.map((reader) => words.reader[reader]),
          words,
        );
        const question = part.questions[0];
        return (
          <li key={part.id}>
            {part.kind === "open" && question
              ? words.readsOpen(own(page, question.text), readers, part.k)
              : words.readsClosed(part.questions.length, readers, part.k)}
          </li>
        );
      })}
    </ul>
  );
}

function How({ page }: Given) {
  const { state, words } = page;
  const issuers = state.about?.manifest.parties.issuers.map(({ name }) => name) ?? [];
  return (
    <details>
      <summary>{words.howTitle}</summary>
      <ol>
        {words.howLines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      <p>
        {issuers.length === 1
          ? words.oneIssuer(issuers[0] ?? "")
          : words.severalIssuers(issuers.length, issuers.join(", "))}{" "}
        <a href={fragment(at("limits"))}>{words.limitsLink}</a>
      </p>
    </details>
  );
}

function Over({ page }: Given) {
  const { state, words } = page;
  const listed = state.listed?.find(({ round }) => round === state.chosen);
  return (
    <p class="box">
      {listed?.state === "released" ? (
        <a href={resultsOf(page, listed.round)} target="_blank" rel="noopener noreferrer">
          {words.seeResults}
        </a>
      ) : (
        words.closedRound
      )}
    </p>
  );
}

export function resultsOf({ state }: Page, round: string): string {
  return `${state.book?.current.reportUrl ?? ""}/rounds/${round}`;
}

/** More rounds than this one: each leads to its own start. */
function Others({ page }: Given) {
  const { state, words, flow } = page;
  const others = state.listed?.filter(({ round }) => round !== state.chosen) ?? [];
  if (others.length === 0) return null;
  return (
    <section>
      <h2>{words.otherRounds}</h2>
      <ul class="rounds">
        {others.map((one) => (
          <li key={one.round}>
            <button type="button" class="link" onClick={() => void flow.tell(one.round)}>
              {own(page, one.title)}
            </button>
            <span class="soft">
              {one.period}:{" "}
              {words.roundLine(words.states[one.state] ?? one.state, dayOf(page, one.opens), dayOf(page, one.closes))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Nothing({ page }: Given) {
  const { words } = page;
  return (
    <>
      <Head page={page} title={words.noRounds} />
      <p class="lead">{words.noRoundsMore}</p>
      <Actions>
        <a class="secondary" href={fragment(at("open"))}>
          {words.haveKey}
        </a>
      </Actions>
    </>
  );
}
