/** The key, and every way to have it elsewhere too. */

import { useState } from "preact/hooks";
import { dayOf, type Given, own, when } from "../page";
import { at, fragment } from "../places";
import type { Qr } from "../qr";
import { listed } from "../texts";
import { Actions, Head, Primary } from "./frame";
import { download, Remember } from "./keeping";

export function Key({ page }: Given) {
  const { state, words } = page;
  return (
    <>
      <Head page={page} title={words.keyTitle} />
      <p class="lead">{words.keyLead}</p>
      {state.key ? (
        <>
          <p class="key code" id="sleuteltekst">
            {state.key.text}
          </p>
          <p class="warn">{words.keySecret}</p>
        </>
      ) : (
        <p>{words.keyFromFile}</p>
      )}
      <Elsewhere page={page} />
      <Next page={page} />
      {state.key && <Printed page={page} />}
    </>
  );
}

function Elsewhere({ page }: Given) {
  const { state, words, store } = page;
  const [said, say] = useState("");
  const [code, setCode] = useState<Qr | null>(null);
  const { key } = state;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(key?.text ?? "");
      store.dispatch({ did: "save" });
      say(words.keyCopied);
    } catch {
      say(words.keyCopyFailed);
    }
  };
  const show = async () => {
    try {
      const { qr } = await import("../qr");
      setCode(qr(link(key?.text ?? "")));
      store.dispatch({ did: "save" });
    } catch {
      say(words.keyQrFailed);
    }
  };
  return (
    <section>
      <h2>{words.keyOther}</h2>
      {state.kiosk && <p>{words.kioskKey}</p>}
      <div class="buttons">
        {key && !state.kiosk && (
          <button type="button" class="secondary" onClick={() => void copy()}>
            {words.keyCopy}
          </button>
        )}
        {!state.kiosk && (
          <button
            type="button"
            class="secondary"
            onClick={() => {
              download(page);
              say(words.keyFileSaved);
            }}
          >
            {words.keyFile}
          </button>
        )}
        {key && !state.kiosk && (
          <button
            type="button"
            class="secondary"
            onClick={() => {
              store.dispatch({ did: "save" });
              window.print();
            }}
          >
            {words.keyPrint}
          </button>
        )}
        {key && (
          <button type="button" class="secondary" aria-expanded={code !== null} onClick={() => void show()}>
            {words.keyQr}
          </button>
        )}
      </div>
      <p role="status" class="soft">
        {said}
      </p>
      {code && (
        <figure class="qr">
          <svg viewBox={`0 0 ${code.size} ${code.size}`} role="img" aria-label={words.keyQrAlt}>
            <path d={code.path} />
          </svg>
          <figcaption class="soft">{words.keyQrHint}</figcaption>
        </figure>
      )}
      <Remember page={page} />
    </section>
  );
}

/** What a phone opens: this page with the key in the fragment, which no server sees. Of a file only the key. */
function link(key: string): string {
  return location.protocol === "file:" ? key : `${location.origin}${location.pathname}#sleutel=${key}`;
}

function Next({ page }: Given) {
  const { state, words, flow } = page;
  const rounds = state.listed?.filter(({ round }) => state.wallet?.get(round)?.collected) ?? [];
  const now = flow.now();
  const open = rounds.find(
    (one) => now >= one.answerFrom && now < one.closes && !state.wallet?.get(one.round)?.answered,
  );
  const next = rounds.find((one) => now < one.answerFrom);
  const names = rounds
    .filter(({ round }) => state.collected.includes(round))
    .map((one) => `${own(page, one.title)} (${one.period})`);
  return (
    <>
      {names.length > 1 && <p>{words.collectedFor(listed(names, words))}</p>}
      {open && <p class="soft">{words.keyOnlyIf}</p>}
      {!open && next && <p>{words.answerLater(when(page, next.answerFrom))}</p>}
      <Actions>
        {open ? (
          <>
            <Primary page={page} onClick={() => void flow.answer(open.round)}>
              {words.answerNow}
            </Primary>
            <Later page={page} />
          </>
        ) : (
          <Later page={page} primary />
        )}
      </Actions>
    </>
  );
}

function Later({ page, primary = false }: Given & { primary?: boolean }) {
  const { state, words, flow } = page;
  const kind = primary ? "primary" : "secondary";
  return state.kiosk ? (
    <button type="button" class={kind} onClick={() => void flow.wipe("wiped")}>
      {words.sentKiosk}
    </button>
  ) : (
    <a class={kind} href={fragment(at("mine"))}>
      {words.doneForNow}
    </a>
  );
}

/** On paper: the key, what it is, and until when it is good for something. */
function Printed({ page }: Given) {
  const { state, words } = page;
  const about = state.about?.manifest.draft;
  return (
    <section class="print" aria-hidden="true">
      <h1>{words.printTitle}</h1>
      <p class="code">{state.key?.text}</p>
      <p>{words.keySecret}</p>
      {about && (
        <p>
          {own(page, about.title)} · {words.answerUntil(dayOf(page, about.closes))}
        </p>
      )}
      <p>{location.protocol === "file:" ? "" : location.origin + location.pathname}</p>
    </section>
  );
}
