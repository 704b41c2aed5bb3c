/** The access codes: one for each issuer. Typing errors are told before anything is asked. */

import { useState } from "preact/hooks";
import { type Access, type Failure, parseAccessCode } from "../client";
import { sentence } from "../failures";
import type { Given } from "../page";
import { START } from "../places";
import { Actions, Head, Primary } from "./frame";

export function CodeScreen({ page }: Given) {
  const { state, words, flow } = page;
  const issuers = state.about?.manifest.parties.issuers.map(({ name }) => name) ?? [];
  const codes = useCodes(page, issuers);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const access = codes.check();
        if (access) void flow.showGroups(access);
      }}
    >
      <Head page={page} title={words.codeTitle} back={START} />
      <p class="lead">{issuers.length > 1 ? words.codesLead(issuers.length) : words.codeLead}</p>
      <CodeFields page={page} codes={codes} />
      <p class="soft">{state.kiosk ? words.codeKiosk : words.codeWhy}</p>
      <Actions>
        <Primary page={page} submit>
          {words.codeGo}
        </Primary>
      </Actions>
    </form>
  );
}

export type Codes = Readonly<{
  issuers: readonly string[];
  typed: readonly string[];
  wrong: readonly (Failure | null)[];
  type: (place: number, text: string) => void;
  /** The codes by issuer; null if one is wrong, which is then said beside it. */
  check: () => Access | null;
}>;

/** What is typed, kept in the page's state, so that going back loses nothing. */
export function useCodes(page: Given["page"], issuers: readonly string[]): Codes {
  const { state, store } = page;
  const [wrong, setWrong] = useState<readonly (Failure | null)[]>([]);
  return {
    issuers,
    typed: state.codes,
    wrong,
    type: (place, text) => {
      const codes = issuers.map((_, other) => (other === place ? text : (state.codes[other] ?? "")));
      store.dispatch({ did: "type", codes, typedKey: state.typedKey });
    },
    check: () => {
      const found = issuers.map((_, place) => parseAccessCode(state.codes[place] ?? ""));
      setWrong(found.map((one) => (one.ok ? null : one.failure)));
      const bad = found.findIndex((one) => !one.ok);
      if (bad >= 0) document.getElementById(`code-${bad}`)?.focus();
      return bad >= 0
        ? null
        : Object.fromEntries(found.flatMap((one, place) => (one.ok ? [[issuers[place], one.value]] : [])));
    },
  };
}

export function CodeFields({ page, codes }: Given & { codes: Codes }) {
  const { words } = page;
  return (
    <>
      {codes.issuers.map((issuer, place) => (
        <Field
          key={issuer}
          page={page}
          id={`code-${place}`}
          label={codes.issuers.length > 1 ? words.codeLabelOf(issuer) : words.codeLabel}
          value={codes.typed[place] ?? ""}
          placeholder="KA-"
          wrong={codes.wrong[place] ?? null}
          type={(text) => codes.type(place, text)}
        />
      ))}
    </>
  );
}

/** Two lines, so that a whole code can be seen on a phone; Enter sends it all the same. */
export function Field({
  page,
  id,
  label,
  value,
  placeholder,
  wrong,
  type,
}: Given & {
  id: string;
  label: string;
  value: string;
  placeholder: string;
  wrong: Failure | null;
  type: (text: string) => void;
}) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="code"
        rows={2}
        value={value}
        placeholder={placeholder}
        autocomplete="off"
        autocapitalize="characters"
        autocorrect="off"
        spellcheck={false}
        aria-invalid={wrong !== null}
        aria-describedby={`${id}-wrong`}
        onInput={(event) => type(event.currentTarget.value.replace(/\s+/g, " "))}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          event.currentTarget.form?.requestSubmit();
        }}
      />
      <p id={`${id}-wrong`} class="wrong" role="alert">
        {wrong && sentence(wrong, page.words, page.state.book)}
      </p>
    </div>
  );
}
