/** The fields for access codes and keys. Typing errors are told before anything is asked. */

import { type Access, parseAccessCode } from "../client";
import { sentence } from "../failures";
import type { Given, Page } from "../page";
import type { Mistakes } from "../state";

const fieldOf = (place: number) => `code-${place}`;

/** The codes by issuer, in the order of the fields; null if one is wrong. */
export async function checkCodes(
  issuers: readonly string[],
  typed: readonly string[],
): Promise<Readonly<{ access: Access | null; wrong: Mistakes }>> {
  const found = await Promise.all(
    issuers.map(async (issuer, place) => ({ issuer, place, code: await parseAccessCode(typed[place] ?? "") })),
  );
  const wrong = found.flatMap(({ place, code }) => (code.ok ? [] : [[fieldOf(place), code.failure] as const]));
  const access = found.flatMap(({ issuer, code }) => (code.ok ? [[issuer, code.value] as const] : []));
  return { access: wrong.length > 0 ? null : Object.fromEntries(access), wrong: Object.fromEntries(wrong) };
}

/** Say beside each field what is wrong in it, and go to the first. */
export function mark({ store }: Page, wrong: Mistakes): void {
  store.dispatch({ did: "mark", wrong });
  document.getElementById(Object.keys(wrong)[0] ?? "")?.focus();
}

/** What is typed is kept in the page's state, so that going back loses nothing. */
export function CodeFields({ page, issuers }: Given & { issuers: readonly string[] }) {
  const { state, words, store } = page;
  const type = (place: number, text: string) => {
    const codes = issuers.map((_, other) => (other === place ? text : (state.codes[other] ?? "")));
    store.dispatch({ did: "type", codes, typedKey: state.typedKey });
  };
  return (
    <>
      {issuers.map((issuer, place) => (
        <Field
          key={issuer}
          page={page}
          id={fieldOf(place)}
          label={issuers.length > 1 ? words.codeLabelOf(issuer) : words.codeLabel}
          value={state.codes[place] ?? ""}
          placeholder="KA-"
          type={(text) => type(place, text)}
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
  type,
}: Given & {
  id: string;
  label: string;
  value: string;
  placeholder: string;
  type: (text: string) => void;
}) {
  const wrong = page.state.wrong[id];
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
        aria-invalid={wrong !== undefined}
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
