/** The wallet, kept: as a file, or by this device. */

import type { Given, Page } from "../page";

export function Remember({ page }: Given) {
  const { state, words, flow } = page;
  if (!flow.mayRemember) return null;
  return (
    <>
      <label class="option remember">
        <input
          type="checkbox"
          checked={state.remembered}
          aria-describedby="risico"
          onChange={(event) => flow.remember(event.currentTarget.checked)}
        />
        <span>{words.remember}</span>
      </label>
      <p class="soft" id="risico">
        {words.rememberRisk}
      </p>
      <p role="alert" class="wrong">
        {state.note === "remember-failed" && words.rememberFailed}
      </p>
    </>
  );
}

/** The wallet as a file, made here. */
export function download({ state, words, store }: Page): void {
  if (!state.wallet) return;
  const url = URL.createObjectURL(new Blob([state.wallet.json()], { type: "application/json" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = words.keyFileName;
  anchor.click();
  // Some browsers read it only after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  store.dispatch({ did: "save" });
}
