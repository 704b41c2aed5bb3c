/** The page's worker: it computes what src/client/crunching.ts says, and knows nothing but what each job hands in. */

import { ask, finalize } from "./client/crunching";
import type { Done, Job } from "./client/worker_cruncher";

type Scope = {
  onmessage: ((event: MessageEvent<Job>) => void) | null;
  postMessage(done: Done): void;
};

// The DOM's types take a worker's global for a window.
const scope = globalThis as unknown as Scope;

scope.onmessage = async ({ data }) => {
  try {
    const value = data.call === "ask" ? await ask(data.order) : await finalize(data.asked, data.signatures);
    scope.postMessage({ id: data.id, value });
  } catch {
    // The page then computes it itself, and sees what is wrong.
    scope.postMessage({ id: data.id });
  }
};
