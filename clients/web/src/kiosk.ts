/** A device that several people use: it forgets everything after each one, and after a minute of nothing. */

/** Seconds of nothing after which everything is erased. */
export const IDLE = 60;

/** Seconds before that in which a countdown is shown: long enough to read it and to find the button. */
export const COUNTDOWN = 20;

/** Seconds left if the countdown is to be shown, 0 when it is over, null as long as there is time. */
export function remaining(now: number, lastTouch: number): number | null {
  const left = Math.ceil(lastTouch + IDLE - now);
  return left > COUNTDOWN ? null : Math.max(0, left);
}

/**
 * A tap counts when it is over. When it begins is too early: the countdown would go, and the rest of the tap would hit
 * whatever lies below it.
 */
const TOUCHES = ["click", "keydown", "input", "scroll"] as const;

/** Calls `touched` whenever somebody does something; gives what stops it. */
export function watch(target: EventTarget, touched: () => void): () => void {
  for (const name of TOUCHES) target.addEventListener(name, touched, { capture: true, passive: true });
  return () => {
    for (const name of TOUCHES) target.removeEventListener(name, touched, { capture: true });
  };
}
