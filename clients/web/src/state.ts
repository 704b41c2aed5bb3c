/**
 * All that the page knows, in one object in memory: nothing of it is stored unless somebody asks for it.
 *
 * `reduce` is the only thing that makes a new one. What asks services, and with what, is in flow.ts.
 */

import type {
  Access,
  Agreed,
  Answer,
  Book,
  Counted,
  Failure,
  Language,
  Listed,
  Membership,
  Sending,
  Wallet,
  WalletCode,
} from "./client";
import { at, type Place, START } from "./places";
import type { Words } from "./texts";

/** A round that can be collected for in this sitting. */
export type Candidate = Readonly<{ rules: Agreed; membership: Membership; chosen: boolean }>;

/** What is under way, and how far it is. */
export type Busy =
  | Readonly<{ doing: "asking" }>
  | Readonly<{ doing: "collecting"; step: CollectStep | null }>
  | Readonly<{ doing: "sending"; left: number; of: number; pause: number }>;

export type CollectStep = Readonly<{
  issuer: string;
  place: number;
  of: number;
  doing: "computing" | "asking" | "checking";
}>;

/** One round that is being answered. */
export type Answering = Readonly<{
  rules: Agreed;
  /** By question id; what is not in it has not been touched. Open answers as they were typed. */
  answers: Readonly<Record<string, Answer>>;
  /** The overview was reached once: from then on every question has a way back to it. */
  reviewed: boolean;
  /** Sealed answers, always the same bytes; a changed answer makes new ones. */
  sending: Sending | null;
}>;

/** By the id of the field. */
export type Mistakes = Readonly<Record<string, Failure>>;

/** Something to be said once, at the top of a screen. */
export type Note = "forgotten" | "wiped" | "opened-none" | "remember-failed";

export type State = Readonly<{
  language: Language;
  words: Words;
  kiosk: boolean;
  /** Seconds until everything is erased, if the countdown is to be seen. */
  countdown: number | null;
  /** Rises when everything is erased, so that no field keeps what was typed. */
  person: number;
  place: Place;
  busy: Busy | null;
  failure: Failure | null;
  note: Note | null;
  book: Book | null;
  listed: readonly Listed[] | null;
  /** The round that the start is about. */
  chosen: string | null;
  about: Agreed | null;
  /** As typed or brought by the link, in the issuers' order. */
  codes: readonly string[];
  typedKey: string;
  /** What is wrong in the codes of this screen. */
  wrong: Mistakes;
  access: Access | null;
  candidates: readonly Candidate[];
  /** Of this sitting; gone with the page. */
  key: WalletCode | null;
  wallet: Wallet | null;
  /** Rises with every change of the wallet, which is not a value itself: the screens look at it anew. */
  walletChanges: number;
  /** Rounds collected for in this sitting. */
  collected: readonly string[];
  /** The key of this sitting, or its file, is somewhere else than in this page. */
  kept: boolean;
  remembered: boolean;
  answering: Answering | null;
  counted: Counted | null;
}>;

export type Event =
  | Readonly<{ did: "speak"; language: Language; words: Words }>
  | Readonly<{ did: "load"; book: Book }>
  | Readonly<{ did: "list"; listed: readonly Listed[] }>
  | Readonly<{ did: "choose"; round: string }>
  | Readonly<{ did: "tell"; rules: Agreed }>
  | Readonly<{ did: "go"; place: Place }>
  | Readonly<{ did: "work"; busy: Busy }>
  | Readonly<{ did: "rest" }>
  | Readonly<{ did: "more" }>
  | Readonly<{ did: "fail"; failure: Failure }>
  | Readonly<{ did: "note"; note: Note }>
  | Readonly<{ did: "type"; codes: readonly string[]; typedKey: string }>
  | Readonly<{ did: "mark"; wrong: Mistakes }>
  | Readonly<{ did: "show-groups"; access: Access; candidates: readonly Candidate[]; key: WalletCode | null }>
  | Readonly<{ did: "include"; round: string; chosen: boolean }>
  | Readonly<{ did: "hold"; wallet: Wallet }>
  | Readonly<{ did: "changed-wallet" }>
  | Readonly<{ did: "collect"; key: WalletCode; rounds: readonly string[] }>
  | Readonly<{ did: "save" }>
  | Readonly<{ did: "remember"; remembered: boolean }>
  | Readonly<{ did: "answering"; rules: Agreed }>
  | Readonly<{ did: "answer"; question: string; answer: Answer }>
  | Readonly<{ did: "sealed"; sending: Sending }>
  | Readonly<{ did: "counted"; counted: Counted }>
  | Readonly<{ did: "count-down"; seconds: number | null }>
  | Readonly<{ did: "wipe"; note: Note }>;

export function initial(language: Language, words: Words, kiosk: boolean): State {
  return {
    language,
    words,
    kiosk,
    countdown: null,
    person: 0,
    place: START,
    busy: null,
    failure: null,
    note: null,
    book: null,
    listed: null,
    chosen: null,
    about: null,
    codes: [],
    typedKey: "",
    wrong: {},
    access: null,
    candidates: [],
    key: null,
    wallet: null,
    walletChanges: 0,
    collected: [],
    kept: false,
    remembered: false,
    answering: null,
    counted: null,
  };
}

export function reduce(state: State, event: Event): State {
  switch (event.did) {
    case "speak":
      return { ...state, language: event.language, words: event.words };
    case "load":
      return { ...state, book: event.book };
    case "list":
      return { ...state, listed: event.listed };
    case "choose":
      return { ...state, chosen: event.round, about: state.chosen === event.round ? state.about : null };
    case "tell":
      return { ...state, about: event.rules, chosen: event.rules.manifest.roundId };
    case "go":
      return gone(state, event.place);
    case "work":
      return { ...state, busy: event.busy, failure: null, note: null };
    case "more":
      return { ...state, failure: more(state.failure) ? null : state.failure };
    case "rest":
      return { ...state, busy: null };
    case "fail":
      // An alarm stands until the person leaves: no later trouble covers it.
      return { ...state, busy: null, failure: state.failure?.what === "alarm" ? state.failure : event.failure };
    case "note":
      return { ...state, note: event.note };
    case "type":
      return { ...state, codes: event.codes, typedKey: event.typedKey };
    case "mark":
      return { ...state, wrong: event.wrong };
    case "show-groups":
      return { ...state, access: event.access, candidates: event.candidates, key: event.key };
    case "include":
      return {
        ...state,
        candidates: state.candidates.map((one) =>
          one.rules.manifest.roundId === event.round ? { ...one, chosen: event.chosen } : one,
        ),
      };
    case "hold":
      return { ...state, wallet: event.wallet };
    case "changed-wallet":
      return { ...state, walletChanges: state.walletChanges + 1 };
    case "collect":
      // What was needed for collecting is forgotten as soon as it is done: from here on nobody is known by name.
      return {
        ...state,
        key: event.key,
        collected: event.rounds,
        kept: state.remembered,
        access: null,
        codes: [],
        typedKey: "",
        candidates: [],
      };
    case "save":
      return { ...state, kept: true };
    case "remember":
      return { ...state, remembered: event.remembered, kept: state.kept || event.remembered };
    case "answering":
      return { ...state, answering: begun(state, event.rules) };
    case "answer":
      return answered(state, event.question, event.answer);
    case "sealed":
      return state.answering ? { ...state, answering: { ...state.answering, sending: event.sending } } : state;
    case "counted":
      return { ...state, counted: event.counted };
    case "count-down":
      return state.countdown === event.seconds ? state : { ...state, countdown: event.seconds };
    case "wipe":
      return wiped(state, event.note);
  }
}

/** The page's own files were away for a moment. */
function more(failure: Failure | null): boolean {
  return failure?.what === "unavailable" && failure.service === "page";
}

/** What is wrong belongs to the screen that it happened on; an alarm is nothing that one walks away from unseen. */
function gone(state: State, place: Place): State {
  const { answering } = state;
  return {
    ...state,
    place,
    failure: null,
    wrong: {},
    note: null,
    answering: answering && place.screen === "review" ? { ...answering, reviewed: true } : answering,
  };
}

/** What was typed for a round stays as long as the page does. */
function begun({ answering }: State, rules: Agreed): Answering {
  const same = answering?.rules.manifest.fingerprint === rules.manifest.fingerprint;
  return { rules, answers: same ? answering.answers : {}, reviewed: false, sending: same ? answering.sending : null };
}

function answered(state: State, question: string, answer: Answer): State {
  if (!state.answering || state.answering.answers[question] === answer) return state;
  const answers = { ...state.answering.answers, [question]: answer };
  return { ...state, answering: { ...state.answering, answers, sending: null } };
}

/** Nothing of the person is left; what is public stays, so that the next one need not wait. */
function wiped(state: State, note: Note): State {
  const { book, listed, chosen, about } = state;
  return {
    ...initial(state.language, state.words, state.kiosk),
    person: state.person + 1,
    book,
    listed,
    chosen,
    about,
    note,
  };
}

/* ------------------------------------------------------------------------------------------- what follows from it */

/** Where somebody ends up who asks for `place`: a screen that has nothing to show gives way to one before it. */
export function allowed(state: State, place: Place): Place {
  const { answering } = state;
  const questions = answering?.rules.manifest.draft.questionnaire.parts.flatMap((part) => part.questions).length ?? 0;
  const home = hasRounds(state) ? at("mine") : START;
  switch (place.screen) {
    case "groups":
      return state.candidates.length > 0 ? place : state.about ? at("code") : home;
    case "code":
    case "rules":
      return state.about ? place : START;
    case "collecting":
      return state.busy?.doing === "collecting" ? place : state.candidates.length > 0 ? at("groups") : home;
    case "key":
    case "mine":
      return hasRounds(state) ? place : START;
    case "question":
    case "all":
    case "review":
      // What is on its way cannot be changed meanwhile; afterwards it can.
      if (state.busy?.doing === "sending") return at("sending");
      return questions >= Math.max(1, place.number) ? place : home;
    case "sending":
      // Sealed answers of which some have arrived are sent on, not looked at: then there is no way back but later.
      return answering?.sending && answering.sending.left > 0 ? place : answering ? at("review") : home;
    case "sent":
      return answering?.sending?.left === 0 ? place : home;
    case "counted":
      return state.counted ? place : home;
    default:
      return place;
  }
}

export function hasRounds({ wallet }: State): boolean {
  return wallet?.items().some(([, entry]) => entry.collected) ?? false;
}

/** Answers that exist nowhere but here. */
export function unsent({ answering }: State): boolean {
  if (!answering || answering.sending?.left === 0) return false;
  return Object.values(answering.answers).some((answer) => answer !== null && answer !== "");
}

/** Whether leaving loses something: answers, or tokens that can be got again only with a key that nobody noted. */
export function wouldLose(state: State): boolean {
  const answered = state.answering?.sending?.left === 0;
  const broken = state.key !== null && state.typedKey === "" && state.candidates.length > 0;
  const unkept = state.collected.length > 0 && !state.kept && !answered;
  return !state.kiosk && (unsent(state) || broken || unkept);
}
