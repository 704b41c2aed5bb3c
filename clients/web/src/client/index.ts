/** All that the screens import of the client; the signatures are in api.ts. */

import { clean } from "../protocol/answers";
import { Code, parse, SECRET } from "../protocol/codes";
import { Book } from "../protocol/parties";
import type { Part as OwnPart } from "../protocol/questionnaire";
import { Malformed } from "../protocol/shape";
import type * as api from "./api";
import { badInput, outcome, unavailable } from "./outcomes";
import { browserRandom } from "./surroundings";

export type * from "./api";
export { Client } from "./client";
export { PAUSE } from "./posting";
export { Wallet } from "./wallet";
export { workerCruncher } from "./worker_cruncher";

/** parties.json from its text; "bad-parties". */
export function loadBook(text: string): Promise<api.Result<api.Book>> {
  return outcome(async () => {
    try {
      return await Book.load(text);
    } catch (error) {
      throw error instanceof Malformed ? badInput("bad-parties", error.message) : error;
    }
  });
}

/** parties.json at an address, as a rule beside the page; "bad-parties", or unavailable. */
export async function fetchBook(
  url: string,
  options: Readonly<{ fetch?: typeof fetch; signal?: AbortSignal }> = {},
): Promise<api.Result<api.Book>> {
  const ask = options.fetch ?? fetch;
  const text = await outcome(async () => {
    try {
      const response = await ask(url, { credentials: "omit", cache: "no-store", signal: options.signal ?? null });
      if (response.ok) return await response.text();
    } catch {
      // Said below: a network that fails has no more to say.
    }
    throw unavailable("page", "network");
  });
  return text.ok ? loadBook(text.value) : text;
}

/** "access-code-..." says what is wrong; case, spaces and dashes do not matter. */
export function parseAccessCode(text: string): Promise<api.Result<api.AccessCode>> {
  return outcome(async () => {
    const code = await parse("access", text);
    if (typeof code === "string") throw badInput(`access-code-${code}`);
    return code;
  });
}

/** "wallet-code-..." says what is wrong. */
export function parseWalletCode(text: string): Promise<api.Result<api.WalletCode>> {
  return outcome(async () => {
    const code = await parse("wallet", text);
    if (typeof code === "string") throw badInput(`wallet-code-${code}`);
    return code;
  });
}

/** For several rounds that are collected in one sitting. */
export function newWalletCode(): Promise<api.WalletCode> {
  return Code.of("wallet", browserRandom(SECRET));
}

/** What an open part would send of typed words; for while somebody types, too. */
export function cleanText(part: api.Part, typed: string): api.Cleaned {
  return clean(part as OwnPart, typed);
}
