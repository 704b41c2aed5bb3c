/** The rules of the round with all questions; and what all this does not protect. */

import { dayOf, type Given, own, when } from "../page";
import { START } from "../places";
import { listed } from "../texts";
import { Head } from "./frame";

export function Rules({ page }: Given) {
  const { state, words } = page;
  const rules = state.about;
  if (!rules) return null;
  const { draft, checkCode } = rules.manifest;
  let number = 0;
  return (
    <>
      <Head page={page} title={words.rulesTitle} back={START} />
      <CheckCode page={page} code={checkCode} />
      {draft.questionnaire.parts.map((part) => (
        <section key={part.id} class="part">
          <h2>{part.kind === "open" ? words.openPart : words.closedPart}</h2>
          <p class="soft">
            {words.readBy(
              listed(
                part.readers.map((reader) => words.reader[reader]),
                words,
              ),
            )}{" "}
            {words.minimum(part.k)}
          </p>
          <ol start={number + 1}>
            {part.questions.map((question) => {
              number += 1;
              return <li key={question.id}>{own(page, question.text)}</li>;
            })}
          </ol>
        </section>
      ))}
      <h2>{words.datesTitle}</h2>
      <p>{words.answerFromUntil(when(page, draft.answerFrom), when(page, draft.closes))}</p>
      <p>{words.nobodyBefore(when(page, draft.closes + draft.grace))}</p>
      <p>{words.erasing(dayOf(page, draft.eraseAt), dayOf(page, draft.wordsUntil), dayOf(page, draft.resultsUntil))}</p>
    </>
  );
}

/** For people to compare with the poster: ten groups that stay whole. */
export function CheckCode({ page, code }: Given & { code: string }) {
  return (
    <div class="check">
      <p>
        <strong>{page.words.checkCode}</strong>
      </p>
      <p class="code">
        {code.split(" ").map((group, place) => (
          <span key={`${place}${group}`}>{group} </span>
        ))}
      </p>
      <p class="soft">{page.words.checkCodeHint}</p>
    </div>
  );
}

export function Limits({ page }: Given) {
  const { words } = page;
  return (
    <>
      <Head page={page} title={words.limitsTitle} back={START} />
      <dl class="limits">
        {words.limits.map(([what, why]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{why}</dd>
          </div>
        ))}
      </dl>
      <p class="soft">{words.limitsOtherWay}</p>
    </>
  );
}
