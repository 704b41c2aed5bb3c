/** Afterwards: what became of each part, by the signed list. */

import { type Given, own } from "../page";
import { at } from "../places";
import { capital } from "../texts";
import { Actions, Head } from "./frame";
import { resultsOf } from "./start";

export function CountedScreen({ page }: Given) {
  const { state, words } = page;
  const { counted } = state;
  if (!counted) return null;
  const { manifest, fates, alarm, listed } = counted;
  return (
    <>
      <Head page={page} title={words.countedTitle} back={at("mine")} />
      {alarm && (
        <div class="box alarm" role="alert">
          <p>
            <strong>{words.alarm[alarm.reason]}</strong> {words.alarmDo}
          </p>
        </div>
      )}
      {fates.every((fate) => fate === "counted") && <p class="lead">{words.countedYes}</p>}
      <p>{words.countedPart}</p>
      <dl class="fates">
        {manifest.draft.questionnaire.parts.map((part, place) => {
          const question = part.questions[0];
          const fate = fates[place];
          return (
            <div key={part.id}>
              <dt>{part.kind === "open" && question ? `“${own(page, question.text)}”` : words.closedPart}</dt>
              <dd class={fate === "missing" || fate === "older" ? "wrong" : ""}>{fate && capital(words.fate[fate])}</dd>
            </div>
          );
        })}
      </dl>
      <p class="soft">{words.countedProven(listed)}</p>
      <Actions>
        <a class="primary" href={resultsOf(page, manifest.roundId)} target="_blank" rel="noopener noreferrer">
          {words.seeResults}
        </a>
      </Actions>
    </>
  );
}
