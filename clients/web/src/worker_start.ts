/** The page's worker, through the one Trusted Types policy that the host allows: it starts this file and nothing else. */

import address from "./worker?worker&url";

type Policy = { createScriptURL(url: string): string };
type Types = { createPolicy(name: string, rules: Policy): Policy };

/** null where no worker can be had, as in a page that is one file: then the page computes itself. */
export function startWorker(): Worker | null {
  if (location.protocol === "file:") return null;
  const types = (globalThis as { trustedTypes?: Types }).trustedTypes;
  try {
    const same = (url: string) => (url === address ? url : "");
    const policy = types?.createPolicy("klankbord", { createScriptURL: same }) ?? { createScriptURL: same };
    return new Worker(policy.createScriptURL(address), { type: "module", name: "klankbord" });
  } catch {
    return null;
  }
}
