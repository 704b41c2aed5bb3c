/** The access codes: one for each issuer. */

import type { Given } from "../page";
import { START } from "../places";
import { CodeFields, checkCodes, mark } from "./codes";
import { Actions, Head, Primary } from "./frame";

export function CodeScreen({ page }: Given) {
  const { state, words, flow } = page;
  const issuers = state.about?.manifest.parties.issuers.map(({ name }) => name) ?? [];
  const submit = async () => {
    const { access, wrong } = await checkCodes(issuers, state.codes);
    mark(page, wrong);
    if (access) await flow.showGroups(access);
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Head page={page} title={words.codeTitle} back={START} />
      <p class="lead">{issuers.length > 1 ? words.codesLead(issuers.length) : words.codeLead}</p>
      <CodeFields page={page} issuers={issuers} />
      <p class="soft">{state.kiosk ? words.codeKiosk : words.codeWhy}</p>
      <Actions>
        <Primary page={page} submit>
          {words.codeGo}
        </Primary>
      </Actions>
    </form>
  );
}
