/** A Cruncher that lets src/worker.ts compute, so that the page stays alive meanwhile. */

import { type Cruncher, here } from "./cruncher";
import type { Asked, Order } from "./crunching";

/** What goes to the worker. */
export type Job = Readonly<{ id: number }> &
  (
    | Readonly<{ call: "ask"; order: Order }>
    | Readonly<{ call: "finalize"; asked: readonly Asked[]; signatures: readonly Uint8Array[] }>
  );

/** What comes back; without a value if it failed. */
export type Done = Readonly<{ id: number; value?: unknown }>;

/** What a page has: a Worker, or a test's stand-in for one. */
export type Port = Readonly<{
  postMessage(job: Job): void;
  addEventListener(kind: "message" | "error" | "messageerror", listener: (event: { data?: unknown }) => void): void;
}>;

/** Computes in the worker; and here, if there is none or it breaks: a policy may forbid it, or the page is a file. */
export function workerCruncher(worker: Port | null): Cruncher {
  let port = worker;
  let last = 0;
  const waiting = new Map<number, { done: (value: never) => void; otherwise: () => void }>();
  port?.addEventListener("message", ({ data }) => {
    const done = data as Done;
    const job = waiting.get(done.id);
    waiting.delete(done.id);
    if ("value" in done) job?.done(done.value as never);
    else job?.otherwise();
  });
  const broken = () => {
    port = null;
    for (const { otherwise } of waiting.values()) otherwise();
    waiting.clear();
  };
  port?.addEventListener("error", broken);
  port?.addEventListener("messageerror", broken);

  function run<T>(job: (id: number) => Job, otherwise: () => Promise<T>): Promise<T> {
    const to = port;
    if (to === null) return otherwise();
    return new Promise<T>((done) => {
      last += 1;
      waiting.set(last, { done, otherwise: () => done(otherwise()) });
      to.postMessage(job(last));
    });
  }

  return {
    ask: (order) =>
      run(
        (id) => ({ id, call: "ask", order }),
        () => here.ask(order),
      ),
    finalize: (asked, signatures) =>
      run(
        (id) => ({ id, call: "finalize", asked, signatures }),
        () => here.finalize(asked, signatures),
      ),
  };
}
