/** How a step can end other than well: raised inside the client, and a value at its border (`outcome`). */

import type { AlarmReason, Failure, InputReason, Result, Trouble } from "./api";

/** Carries a failure to the border; the message has its words only, and never anything secret. */
export class Stop extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(Object.values(failure).join(" "));
    this.name = "Stop";
    this.failure = failure;
  }
}

/** Somebody did what nobody honest does. `detail` is a name or a part, for whoever looks into it. */
export function alarm(reason: AlarmReason, detail = ""): Stop {
  return new Stop({ what: "alarm", reason, detail });
}

export function unavailable(service: string, trouble: Trouble, retryAfter: number | null = null): Stop {
  return new Stop({ what: "unavailable", service, trouble, retryAfter });
}

export function refusal(service: string, status: number, word: string, detail: string): Stop {
  return new Stop({ what: "refusal", service, status, word, detail });
}

export function badInput(reason: InputReason, detail = ""): Stop {
  return new Stop({ what: "input", reason, detail });
}

export function aborted(): Stop {
  return new Stop({ what: "aborted" });
}

/** What `step` gives, or the failure that stopped it. Any other error is a bug of ours, and stays one. */
export async function outcome<T>(step: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await step() };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): { ok: false; failure: Failure } {
  if (error instanceof Stop) return { ok: false, failure: error.failure };
  throw error;
}
