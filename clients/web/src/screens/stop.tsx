/** Where one does not go on: an alarm, and a browser that lacks something. */

import type { Lack } from "../browser";
import type { Alarm } from "../client";
import type { Given } from "../page";
import type { Words } from "../texts";

export function AlarmScreen({ page, alarm }: Given & { alarm: Alarm }) {
  const { words } = page;
  return (
    <div class="alarmed" role="alert">
      <h1 tabIndex={-1}>{words.alarmTitle}</h1>
      <p class="lead">{words.alarm[alarm.reason]}</p>
      <p>{words.alarmDo}</p>
      {alarm.detail && <p class="soft">{words.alarmDetail(alarm.detail)}</p>}
    </div>
  );
}

export function LackScreen({ words, lack }: { words: Words; lack: Lack }) {
  return (
    <main id="inhoud" class="alone">
      <h1>{words.lackTitle}</h1>
      <p class="lead">{words.lack[lack]}</p>
      <p>{words.lackDo}</p>
      <p class="code">klankbord collect</p>
      <p class="soft">{words.lackNothing}</p>
    </main>
  );
}
