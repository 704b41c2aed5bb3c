/** Sending sealed parts: one by one, in random order, with random pauses. */

import type { Random } from "../protocol/hpke";
import type { Manifest } from "../protocol/manifest";
import { holds } from "../protocol/receipt";
import type { Web } from "./connection";
import { alarm, Stop } from "./outcomes";
import type { Sealed } from "./sealing";

/** Seconds between two parts, drawn anew each time: enough for those of a few others to come in between. */
export const PAUSE = [2, 8] as const;

/** Times that one part is posted before the client gives up for now: about half a minute in all. */
const ATTEMPTS = 5;

/** Seconds. A service may ask for more; then the person is told to come back instead. */
const LONGEST_WAIT = 30;

export type Sleep = (seconds: number, signal?: AbortSignal) => Promise<void>;

/** How parts are sent. The random numbers choose order and pauses; they must be those of the browser. */
export type Post = Readonly<{
  web: Web;
  manifest: Manifest;
  random: Random;
  sleep: Sleep;
  pause: readonly [number, number];
  /** Called before each pause, with its seconds, and with 0 before each request. */
  waiting: (seconds: number) => void;
  signal?: AbortSignal | undefined;
}>;

/**
 * Post every part; `acknowledged` is called after each receipt.
 *
 * Stops at the first part that does not get through; the others can be handed in again, and the same bytes are posted.
 */
export async function postAll(by: Post, parts: readonly Sealed[], acknowledged: (one: Sealed) => void): Promise<void> {
  for (const [place, sealed] of shuffled(parts, by.random).entries()) {
    if (place > 0) await pause(by, uniform(by.random, ...by.pause));
    await post(by, sealed);
    acknowledged(sealed);
  }
}

async function post(by: Post, sealed: Sealed): Promise<void> {
  const { ingest } = by.manifest.parties;
  for (let attempt = 1; ; attempt++) {
    by.waiting(0);
    try {
      const answer = await by.web.ask(ingest, "/envelopes", { body: sealed.body, signal: by.signal });
      const receipt = String(answer.receipt);
      if (!(await holds(receipt, by.manifest, sealed.encoded, ingest.key)))
        throw alarm("bad-receipt", String(sealed.part));
      return;
    } catch (error) {
      const wait = error instanceof Stop ? worthAnother(error, attempt) : null;
      if (wait === null) throw error;
      // Not all at the same moment: everybody who was refused was given the same time to come back.
      await pause(by, wait * uniform(by.random, 1, 1.5));
    }
  }
}

/** Seconds until the next attempt, or null if there should be none. */
function worthAnother({ failure }: Stop, attempt: number): number | null {
  if (failure.what !== "unavailable" || ["nonsense", "plain-http"].includes(failure.trouble)) return null;
  const wait = failure.retryAfter ?? 2 ** attempt;
  return attempt < ATTEMPTS && wait <= LONGEST_WAIT ? wait : null;
}

async function pause(by: Post, seconds: number): Promise<void> {
  by.waiting(seconds);
  await by.sleep(seconds, by.signal);
}

/** Fisher and Yates's shuffle, each order as likely as another. */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(uniform(random, 0, last + 1));
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

/** A number of at least `least` and below `most`, from 48 random bits. */
function uniform(random: Random, least: number, most: number): number {
  const share = random(6).reduce((sum, byte) => (sum + byte) / 256, 0);
  return least + share * (most - least);
}
