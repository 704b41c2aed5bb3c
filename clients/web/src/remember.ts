/**
 * "Remember on this device": the only thing that this page ever stores, and only because somebody asked for it.
 *
 * A browser may refuse (private window, settings): then nothing is kept, and the page goes on without it.
 */

const NAME = "klankbord-wallet";

/** The wallet's text as it was kept, or null. */
export function recall(): string | null {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

/** Whether it could be kept. */
export function keep(wallet: string): boolean {
  try {
    localStorage.setItem(NAME, wallet);
    return true;
  } catch {
    return false;
  }
}

export function forget(): void {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // What could not be kept need not be erased.
  }
}

/** False for a page that was opened as a file: browsers let other files read what it keeps. */
export function canRemember(protocol: string): boolean {
  return protocol !== "file:";
}
