/** Who computes the big numbers of collecting: this thread, or a worker (worker_cruncher.ts). */

import type { Asked, Order } from "./crunching";
import { later } from "./later";

export interface Cruncher {
  ask(order: Order): Promise<readonly Asked[]>;
  /** The tokens of an issuer's answer, in the order of the request; null if any is no signature of what was asked. */
  finalize(asked: readonly Asked[], signatures: readonly Uint8Array[]): Promise<readonly Uint8Array[] | null>;
}

const crunching = () => later(() => import("./crunching"));

/** Computes in the thread that asks. */
export const here: Cruncher = {
  ask: async (order) => (await crunching()).ask(order),
  finalize: async (asked, signatures) => (await crunching()).finalize(asked, signatures),
};
