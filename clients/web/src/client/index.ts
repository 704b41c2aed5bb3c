/** All that the screens import of the client. The signatures are in api.ts; the bodies of those declared here follow. */

import type {
  AccessCode,
  Book,
  Cleaned,
  ClientOptions,
  Client as ClientShape,
  Part,
  Result,
  WalletCode,
  Wallet as WalletShape,
} from "./api";

export type * from "./api";

/** parties.json from its text; "bad-parties". */
export declare function loadBook(text: string): Result<Book>;

/** parties.json at an address, as a rule beside the page; "bad-parties", or unavailable. */
export declare function fetchBook(
  url: string,
  options?: { fetch?: typeof fetch; signal?: AbortSignal },
): Promise<Result<Book>>;

/** "access-code-..." says what is wrong; case, spaces and dashes do not matter. */
export declare function parseAccessCode(text: string): Result<AccessCode>;

/** "wallet-code-..." says what is wrong. */
export declare function parseWalletCode(text: string): Result<WalletCode>;

export declare function newWalletCode(): WalletCode;

/** What an open part would send of typed words; for while somebody types, too. */
export declare function cleanText(part: Part, typed: string): Cleaned;

/** `kept` is called after every change, so that a page that was asked to remember can. */
export declare const Wallet: {
  new (kept?: (wallet: WalletShape) => void): WalletShape;
  /** The wallet in a file's text; "wallet-damaged". */
  parse(text: string, kept?: (wallet: WalletShape) => void): Result<WalletShape>;
};
export type Wallet = WalletShape;

export declare const Client: { new (book: Book, options?: ClientOptions): ClientShape };
export type Client = ClientShape;

/** The big numbers in a worker (src/worker.ts), or in the page itself where there is none. */
export declare function workerCruncher(worker: Worker): NonNullable<ClientOptions["cruncher"]>;
