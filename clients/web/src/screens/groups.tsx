/** Where each part's answers can appear, who reads them, and who is in the group: for the person to say that it is right. */

import type { Group, Membership, Part, Place } from "../client";
import { type Given, own, type Page, when } from "../page";
import { at } from "../places";
import type { Candidate } from "../state";
import { listed } from "../texts";
import { CheckCode } from "./about";
import { Actions, Head, Primary, Trouble } from "./frame";

export function Groups({ page }: Given) {
  const { state, words, flow } = page;
  const [main, ...others] = state.candidates;
  if (!main) return null;
  const { draft, checkCode } = main.rules.manifest;
  return (
    <>
      <Head page={page} title={words.groupsTitle} back={at("code")} />
      <Trouble page={page} retry={() => void flow.collect()} />
      {state.note === "opened-none" && <p class="box">{words.openNone}</p>}
      <p class="over">
        {own(page, draft.title)} · {draft.period}
      </p>
      {draft.questionnaire.parts.map((part, place) => (
        <CountsIn key={part.id} page={page} part={part} of={main.membership} place={main.membership.places[place]} />
      ))}
      <Members page={page} of={main} />
      <h2>{words.datesTitle}</h2>
      <p>{words.answerFromUntil(when(page, draft.answerFrom), when(page, draft.closes))}</p>
      <p>{words.nobodyBefore(when(page, draft.closes + draft.grace))}</p>
      <CheckCode page={page} code={checkCode} />
      {others.length > 0 && <Also page={page} others={others} />}
      <p class="soft">{words.collectTwo}</p>
      <Actions>
        <Primary page={page} onClick={() => void flow.collect()}>
          {words.collectGo}
        </Primary>
      </Actions>
    </>
  );
}

function CountsIn({ page, part, of, place }: Given & { part: Part; of: Membership; place: Place | undefined }) {
  const { words } = page;
  if (!place) return null;
  // Everything on the way up that is large enough for this part, the smallest first: as it can be opened.
  const groups = of.path.filter(({ size }) => size >= part.k).map((group) => groupName(page, group));
  const where = listed(groups.reverse(), words);
  const question = part.questions[0];
  const readers = listed(
    part.readers.map((reader) => words.reader[reader]),
    words,
  );
  return (
    <section class="part">
      <p>
        {part.kind === "open" && question
          ? words.countsInOpen(words.partOpen(own(page, question.text)), where, part.k)
          : words.countsIn(words.partClosed, where, part.k)}{" "}
        {place.names.length < place.finest.size && words.countsInner(place.names.length, place.finest.label)}
      </p>
      <p class="soft">{words.readBy(readers)}</p>
    </section>
  );
}

function groupName({ words }: Page, { id, kind, label, size }: Group): string {
  if (id === 0) return words.groupCompany(size);
  return kind === "direct" ? words.groupDirect(label, size) : words.group(label, size);
}

/** The names of each finest group, once. */
function Members({ page, of }: Given & { of: Candidate }) {
  const { words } = page;
  const places = of.membership.places.filter((one, at, all) => all.findIndex((other) => same(one, other)) === at);
  return (
    <section>
      {places.map((place) => (
        <details key={place.part} open={place.names.length <= MOST_NAMES}>
          <summary>{words.membersTitle(place.finest.label, place.names.length)}</summary>
          <ul class="names">
            {place.names.map((name, at) => (
              <li key={`${at}${name}`}>{name}</li>
            ))}
          </ul>
          <Changes page={page} of={of} place={place} />
        </details>
      ))}
      <p class="soft">{words.membersCheck}</p>
    </section>
  );
}

/** Names that are shown without being asked for: about a team and its neighbours. */
const MOST_NAMES = 40;

function same(one: Place, other: Place): boolean {
  return one.finest.id === other.finest.id && one.names.join("\n") === other.names.join("\n");
}

/** Who came and went since the last round of this wallet. */
function Changes({ page, of, place }: Given & { of: Candidate; place: Place }) {
  const { state, words } = page;
  const before = state.wallet
    ?.items()
    .filter(([round, entry]) => round !== of.rules.manifest.roundId && entry.groups.length > 0)
    .at(-1)?.[1].groups;
  const part = of.rules.manifest.draft.questionnaire.parts[place.part]?.id;
  const known = before?.find(({ label }) => label === place.finest.label) ?? before?.find((seen) => seen.part === part);
  if (!known) return null;
  const joined = place.names.filter((name) => !known.names.includes(name));
  const left = known.names.filter((name) => !place.names.includes(name));
  if (joined.length + left.length === 0) return null;
  return <p>{words.membersChanged(joined.join(", ") || words.nobody, left.join(", ") || words.nobody)}</p>;
}

function Also({ page, others }: Given & { others: readonly Candidate[] }) {
  const { words, store } = page;
  return (
    <fieldset class="also">
      <legend>{words.alsoTitle}</legend>
      {others.map(({ rules, chosen }) => (
        <label key={rules.manifest.roundId} class="option">
          <input
            type="checkbox"
            checked={chosen}
            onChange={(event) =>
              store.dispatch({ did: "include", round: rules.manifest.roundId, chosen: event.currentTarget.checked })
            }
          />
          <span>
            {own(page, rules.manifest.draft.title)}{" "}
            <span class="soft">
              {rules.manifest.draft.period}, {when(page, rules.manifest.draft.answerFrom)}
            </span>
          </span>
        </label>
      ))}
      <p class="soft">{words.alsoHint}</p>
    </fieldset>
  );
}

/** Meanwhile: what is done, in words, for it takes some seconds on an old phone. */
export function Collecting({ page }: Given) {
  const { state, words } = page;
  const step = state.busy?.doing === "collecting" ? state.busy.step : null;
  return (
    <>
      <h1 tabIndex={-1}>{words.collectingTitle}</h1>
      <div role="status" class="working">
        <p>{step ? words.collectingStep(step.issuer, step.place, step.of) : words.busy}</p>
        <p class="soft">{step && words[step.doing]}</p>
      </div>
    </>
  );
}
