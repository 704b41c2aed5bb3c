/** Going on with a key from elsewhere: its file, or the key itself and the access codes. */

import { parseWalletCode } from "../client";
import type { Given } from "../page";
import { START } from "../places";
import { CodeFields, checkCodes, Field, mark } from "./codes";
import { Actions, Head, Primary } from "./frame";

export function Open({ page }: Given) {
  const { state, words, flow, store } = page;
  const issuers = state.book?.current.issuers.map(({ name }) => name) ?? [];
  const submit = async () => {
    const key = await parseWalletCode(state.typedKey);
    const { access, wrong } = await checkCodes(issuers, state.codes);
    mark(page, key.ok ? wrong : { sleutel: key.failure, ...wrong });
    if (key.ok && access) await flow.openKey(key.value, access);
  };
  return (
    <>
      <Head page={page} title={words.openTitle} back={START} />
      <h2>{words.openFileTitle}</h2>
      <div class="field">
        <label for="bestand">{words.openFileLabel}</label>
        <input
          id="bestand"
          type="file"
          accept=".json,application/json"
          aria-describedby="bestand-uitleg"
          onChange={(event) => {
            const field = event.currentTarget;
            const file = field.files?.[0];
            // The same file can be chosen again after it was mended.
            field.value = "";
            if (file) void read(file).then((text) => flow.openFile(text));
          }}
        />
        <p class="soft" id="bestand-uitleg">
          {words.openFileHint}
        </p>
      </div>
      <h2>{words.openKeyTitle}</h2>
      <p>{words.openKeyLead}</p>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          page={page}
          id="sleutel"
          label={words.openKeyLabel}
          placeholder="KW-"
          value={state.typedKey}
          type={(typedKey) => store.dispatch({ did: "type", codes: state.codes, typedKey })}
        />
        <CodeFields page={page} issuers={issuers} />
        <Actions>
          <Primary page={page} submit>
            {words.openGo}
          </Primary>
        </Actions>
      </form>
    </>
  );
}

/** Bytes. Wallets of many rounds have some hundred thousand; whatever is larger is none. */
const LARGEST = 16 * 1024 * 1024;

async function read(file: File): Promise<string> {
  try {
    return file.size <= LARGEST ? await file.text() : "";
  } catch {
    return "";
  }
}
