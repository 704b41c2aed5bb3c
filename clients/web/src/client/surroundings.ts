/** What a page has around it; a client takes each of these as an argument, too. */

import { aborted } from "./outcomes";

/** The only source of randomness: the browser's own. */
export function browserRandom(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** POSIX seconds. */
export function now(): number {
  return Date.now() / 1000;
}

/** Waits; stops as aborted as soon as `signal` says so. */
export function browserSleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, stop) => {
    const leave = () => {
      clearTimeout(timer);
      stop(aborted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", leave);
      done();
    }, seconds * 1000);
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
  });
}
