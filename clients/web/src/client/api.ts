/**
 * What the screens see of the client: types and signatures. The code behind them is in the files beside this one.
 *
 *     const book = await fetchBook("parties.json");                     the installation, checked
 *     const client = new Client(book.value, { cruncher: workerCruncher(new Worker(...)) });
 *     const listed = await client.rounds();                             what there is to choose from
 *     const rules = await client.rules("pulse-1");                      the same everywhere, signed by everybody
 *     const access = await parseAccessCode(typed);                      said to be wrong before anything is sent
 *     const places = await client.membership(rules.value, { "issuer-1": access.value });
 *     const wallet = new Wallet();
 *     const code = await client.collect(rules.value, places.value, { "issuer-1": access.value }, wallet);
 *     download(wallet.json()); show(code.value.text);
 *     // Now or later, here or elsewhere: Wallet.parse(file) or a new collect(...) with the typed wallet code.
 *     const known = await client.rulesToAnswer("pulse-1", wallet);
 *     const sealed = await client.seal(known.value, wallet, { "safe-1": 3, "keep-1": "Meer tijd." });
 *     const sent = await client.send(known.value, wallet, sealed.value, showProgress);      again with the same, if it fails
 *     const counted = await client.counted("pulse-1", wallet);
 *
 * Nothing throws: each call gives a `Result`. Times are POSIX seconds, `new Date(1000 * seconds)`. All secrets stay in
 * memory; nothing is stored unless the page does it with what `Wallet.json()` gives.
 */

import type { Cruncher } from "./cruncher";

/* ------------------------------------------------------------------------------------------------ outcomes */

export type Language = "nl" | "en";
export type Texts = Readonly<Record<Language, string>>;

export type Result<T> = Readonly<{ ok: true; value: T }> | Readonly<{ ok: false; failure: Failure }>;

/** How a step ends other than well. `what` and the one word in it choose the sentence that people read. */
export type Failure = Alarm | Refusal | Unavailable | BadInput | Aborted;

/** Somebody did what nobody honest does. Stop at once, keep what is there, say it in plain words. */
export type Alarm = Readonly<{ what: "alarm"; reason: AlarmReason; detail: string }>;

/** A service said no: `word` is the end of the problem's type (RFC 9457), `detail` a sentence in English. */
export type Refusal = Readonly<{ what: "refusal"; service: string; status: number; word: string; detail: string }>;

/** No answer that could be used. `retryAfter` in seconds if the service said when to come back. */
export type Unavailable = Readonly<{
  what: "unavailable";
  service: string;
  trouble: Trouble;
  retryAfter: number | null;
}>;

/** What the person gave cannot be used; nothing was sent. `detail` says where: a question, a round, a file. */
export type BadInput = Readonly<{ what: "input"; reason: InputReason; detail: string }>;

/** The page itself stopped it, by the signal that it had handed in. */
export type Aborted = Readonly<{ what: "aborted" }>;

/** The same words as `klankbord` says (clients/cli/outcomes.py). */
export type AlarmReason =
  | "not-agreed" // rules that not everybody has signed, or that break a floor of this client
  | "different-rules" // two services show different rules for one round
  | "changed-rules" // other rules than those with which the tokens were collected
  | "wrong-groups" // nodes that are not in the signed tree, or are no path in it
  | "small-group" // a group below the minimum
  | "wrong-keys" // a signing key too many, too few, or twice
  | "wrong-members" // the names do not fit what the rules say about them
  | "different-groups" // two issuers place one person in different groups
  | "different-members" // two issuers name different people
  | "already-collected" // the tokens of this person were given to somebody
  | "bad-token" // what an issuer sent is no signature of what was asked
  | "bad-receipt" // ingest's receipt is forged or about something else
  | "bad-release" // the published records do not hang together
  | "bad-list" // the list of counted entries is not the signed one
  | "not-counted" // an acknowledged answer is missing from the signed list
  | "old-counted"; // an earlier version was counted instead of the acknowledged later one

export type Trouble =
  | "network" // no answer, or not in time; a redirect, too
  | "busy" // 503
  | "broken" // 500 and above
  | "nonsense" // an answer that is none
  | "plain-http"; // the address is neither https nor on this machine

export type InputReason =
  | "bad-parties" // parties.json is malformed, or lacks an endorsement; detail says what
  | "access-code-kind" // it is a wallet code
  | "access-code-prefix"
  | "access-code-character"
  | "access-code-length"
  | "access-code-checksum" // a character is mistyped, or two are swapped
  | "wallet-code-kind" // it is an access code
  | "wallet-code-prefix"
  | "wallet-code-character"
  | "wallet-code-length"
  | "wallet-code-checksum"
  | "wallet-damaged" // the file is no wallet
  | "bad-round-id"
  | "no-access-code" // of the issuer that detail names
  | "not-collected" // there are no tokens for the round in the wallet
  | "collected-before" // they are there already
  | "another-key" // an attempt that was broken off used another wallet code
  | "no-such-option" // detail: the question
  | "unknown-question"
  | "refused-characters" // detail: the question; see `cleanText`
  | "too-long" // detail: the question
  | "no-text";

/* --------------------------------------------------------------------------------------------------- rules */

/** One line of a list of rounds; unsigned, so good for choosing only. */
export type Listed = Readonly<{
  round: string;
  /** "scheduled", "open", "closing", "cut", "counted", "opening", "released", "erased", "cancelled" or "stopped". */
  state: string;
  period: string;
  title: Texts;
  opens: number;
  answerFrom: number;
  closes: number;
  fingerprint: string;
}>;

/** A round whose rules have been checked. `state` is what the service says and is signed by nobody. */
export type Agreed = Readonly<{ manifest: Manifest; state: string }>;

/** The rules: what everybody has signed. The class with all of it is src/protocol/manifest.ts. */
export interface Manifest {
  readonly roundId: string;
  /** base64url of the hash. */
  readonly fingerprint: string;
  /** For people to compare: ten groups of four hexadecimal digits. */
  readonly checkCode: string;
  readonly draft: Draft;
  readonly parties: Parties;
}

export interface Draft {
  readonly period: string;
  readonly title: Texts;
  /** Whom to turn to in confidence, and where to report what this form is not for. */
  readonly contact: Readonly<{ counsellor: Texts; channel: Texts }>;
  readonly opens: number;
  readonly answerFrom: number;
  readonly closes: number;
  /** Seconds. */
  readonly grace: number;
  readonly eraseAt: number;
  readonly wordsUntil: number;
  readonly resultsUntil: number;
  readonly questionnaire: Questionnaire;
}

export interface Questionnaire {
  readonly parts: readonly Part[];
  /** Measures by id. */
  readonly scales: ReadonlyMap<string, Scale>;
}

/** Questions whose answers travel together: one sealed answer. */
export interface Part {
  readonly id: string;
  readonly kind: "closed" | "open";
  /** Fewest answers that are opened. */
  readonly k: number;
  /** Bytes of the padded answers; of an open part as many bytes of UTF-8 can be written. */
  readonly size: number;
  readonly readers: readonly Reader[];
  /** Exactly one in an open part. */
  readonly questions: readonly Question[];
}

export type Reader = "everyone" | "leads" | "hr";

export interface Question {
  readonly id: string;
  readonly text: Texts;
  /** null: an open question. */
  readonly answers: AnswerScale | null;
  readonly scale: string | null;
  readonly reverse: boolean;
}

export interface AnswerScale {
  readonly id: string;
  /** "recommend" is numbered 0 to 10, "agree" from 1. */
  readonly kind: "agree" | "recommend";
  /** Lowest first; an answer is the place in this list, from 0. */
  readonly labels: Readonly<Record<Language, readonly string[]>>;
}

export interface Scale {
  readonly id: string;
  readonly title: Texts;
  readonly source: string;
}

export interface Parties {
  readonly generation: number;
  /** The first leads. Collecting goes through all of them in this order. */
  readonly issuers: readonly Party[];
  readonly ingest: Party;
  readonly gate: Party;
  readonly aggregate: Party;
  readonly reportUrl: string;
  /** Everything runs under one hand: every page says that it is not anonymous. */
  readonly trial: boolean;
}

export type Party = Readonly<{ name: string; url: string; key: Uint8Array }>;

/** parties.json, all generations, checked. `current` is the newest. */
export interface Book {
  readonly current: Parties;
}

/* ---------------------------------------------------------------------------------------------- membership */

/** Codes as values; `text` is how people get to see them. Both are secrets. */
export interface AccessCode {
  readonly kind: "access";
  readonly text: string;
}
export interface WalletCode {
  readonly kind: "wallet";
  readonly text: string;
}

/** Access codes by the issuers' names. */
export type Access = Readonly<Record<string, AccessCode>>;

/** One group of the person's path through the tree. */
export interface Group {
  readonly id: number;
  /** "direct": the people of the parent who are in none of its groups; "merge": small siblings, counted together. */
  readonly kind: "group" | "direct" | "merge";
  readonly label: string;
  /** All people in it. */
  readonly size: number;
}

/** Where the answers to one part can count. */
export interface Place {
  /** The part's place in `manifest.draft.questionnaire.parts`, where `k`, `kind` and `readers` stand. */
  readonly part: number;
  /** The groups in which they can appear: the whole company first, the finest last. */
  readonly path: readonly Group[];
  readonly finest: Group;
  /** Sorted names of those whose finest group it is, the person herself among them. For her own eyes to check. */
  readonly names: readonly string[];
}

/** What all issuers that were asked say alike, proven against the rules. */
export interface Membership {
  /** What the roster says this person reads. */
  readonly language: string;
  /** All groups from the company down. */
  readonly path: readonly Group[];
  /** One per part. */
  readonly places: readonly Place[];
  /** Issuers that say that this person's tokens have been collected already. */
  readonly collected: readonly string[];
  /** Issuers that were asked. */
  readonly issuers: readonly string[];
}

/* -------------------------------------------------------------------------------------- collecting, sending */

/** Called before each step of collecting; `issuer` is number `place` (from 1) of `of`. */
export type CollectProgress = (
  step: Readonly<{ issuer: string; place: number; of: number; doing: "computing" | "asking" | "checking" }>,
) => void;

export type CollectOptions = Readonly<{
  /** A wallet code to use: typed, or made here for several rounds. Without it a new one is made. */
  code?: WalletCode;
  /** Whether another device may know `code`, or may come to. Taken for true if there is a `code`. */
  typed?: boolean;
  progress?: CollectProgress;
  signal?: AbortSignal;
}>;

/** Of a closed question the option, counted from 0; of an open one the text; null for no answer. */
export type Answer = number | string | null;

/** By question id; questions that are not in it are left open. */
export type Answers = Readonly<Record<string, Answer>>;

/** Answers as they will be posted, always the same bytes. `left` is how many have no receipt yet. */
export interface Sending {
  readonly roundId: string;
  readonly of: number;
  readonly left: number;
  /** About how long sending takes, in seconds, if all goes well. */
  readonly seconds: number;
}

/** `left` of `of` parts have no receipt yet; `pause`: seconds until the next request, 0 while one is under way. */
export type SendProgress = (step: Readonly<{ left: number; of: number; pause: number }>) => void;

/** What typed words would be sent as, or why they cannot be sent. */
export type Cleaned =
  | Readonly<{ ok: true; text: string }>
  | Readonly<{ ok: false; reason: "too-long" /** bytes of UTF-8 to take away */; over: number }>
  | Readonly<{ ok: false; reason: "refused-characters"; characters: readonly string[] }>;

/** What became of one part. */
export type Fate =
  | "counted"
  | "held-back" // nothing of this part was opened: too few answers in the whole company
  | "older" // an earlier version of it was counted
  | "missing"
  | "not-sent";

/** `alarm`: what to say if an acknowledged part is not there; the fates stand beside it all the same. */
export type Counted = Readonly<{
  manifest: Manifest;
  /** How many entries the whole list has. */
  listed: number;
  /** One per part. */
  fates: readonly Fate[];
  alarm: Alarm | null;
}>;

/* -------------------------------------------------------------------------------------------------- wallet */

/** One round in a wallet. */
export interface Entry {
  readonly manifestHash: Uint8Array;
  readonly opens: number;
  /** Set only while collecting was broken off; `collect` goes on with it. */
  readonly code: WalletCode | null;
  /** The wallet code was typed in, so another device may know it. */
  readonly typed: boolean;
  /** The tokens are there. */
  readonly collected: boolean;
  /** Every part's last sealing has a receipt. */
  readonly answered: boolean;
  /** -1: nothing was ever sealed. */
  readonly lastRevision: number;
  /** Per part the finest group, as it was shown when collecting. */
  readonly groups: readonly Readonly<{ part: string; label: string; size: number; names: readonly string[] }>[];
}

/** Rounds and what is needed to answer them. Whoever has its JSON can answer and change, but reads no answer. */
export interface Wallet {
  get(roundId: string): Entry | null;
  /** Round ids and entries, the latest opening last. */
  items(): readonly (readonly [string, Entry])[];
  /** The file, the same that `klankbord` reads and writes (clients/cli/wallet_json.py). */
  json(): string;
}

/* -------------------------------------------------------------------------------------------------- client */

/** Everything that a page need not and a test must hand in. */
export type ClientOptions = Readonly<{
  fetch?: typeof fetch;
  /** POSIX seconds. */
  now?: () => number;
  /** That many random bytes. */
  random?: (length: number) => Uint8Array;
  sleep?: (seconds: number, signal?: AbortSignal) => Promise<void>;
  /** Seconds between two parts: shortest and longest. */
  pause?: readonly [number, number];
  /** Where the big numbers are computed: here, or in a Web Worker. */
  cruncher?: Cruncher;
}>;

export interface Client {
  readonly book: Book;

  /** What there is to choose from, as the lead issuer lists it. For collecting. */
  rounds(signal?: AbortSignal): Promise<Result<readonly Listed[]>>;

  /** The same asked of ingest, for an issuer knows people and need not see who is about to answer. */
  roundsToAnswer(signal?: AbortSignal): Promise<Result<readonly Listed[]>>;

  /** A round's rules, the same at every issuer and at ingest; else an alarm. For collecting. */
  rules(roundId: string, signal?: AbortSignal): Promise<Result<Agreed>>;

  /** The rules as signed by everybody, asked of ingest only: an issuer need not see who is reading. */
  rulesToRead(roundId: string, signal?: AbortSignal): Promise<Result<Agreed>>;

  /** The rules with which the tokens were collected, asked of ingest only. "not-collected" before collecting. */
  rulesToAnswer(roundId: string, wallet: Wallet, signal?: AbortSignal): Promise<Result<Agreed>>;

  /**
   * Where a person's answers can count. `access` may hold the codes of some issuers only, to check each code when it
   * is typed; collecting wants what all of them say.
   */
  membership(rules: Agreed, access: Access, signal?: AbortSignal): Promise<Result<Membership>>;

  /**
   * Collect the tokens of one round into the wallet, from one issuer after the other; gives the wallet code, which the
   * wallet itself does not keep. What was broken off can be called again with the same wallet: the same is asked.
   * For several rounds in one sitting call it for each, with one `code` (`newWalletCode()`, `typed: false`).
   */
  collect(
    rules: Agreed,
    membership: Membership,
    access: Access,
    wallet: Wallet,
    options?: CollectOptions,
  ): Promise<Result<WalletCode>>;

  /** Seal all parts. Answering again (changing) is the same: it replaces all parts that were sent before. */
  seal(rules: Agreed, wallet: Wallet, answers: Answers): Promise<Result<Sending>>;

  /**
   * Post what is left of it, in random order and with random pauses; the receipts are checked and noted in the wallet.
   * After a failure call it again with the same `sending`: the same bytes are posted. Value: nothing is left.
   */
  send(
    rules: Agreed,
    wallet: Wallet,
    sending: Sending,
    progress?: SendProgress,
    signal?: AbortSignal,
  ): Promise<Result<null>>;

  /** What became of each part, from the whole signed list, so that asking tells nothing. */
  counted(roundId: string, wallet: Wallet, signal?: AbortSignal): Promise<Result<Counted>>;
}
