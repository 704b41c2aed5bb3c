/** Everything that people read on this page, in English. The type says which texts there must be: nl.ts. */

import type { Lack } from "../browser";
import type { AlarmReason, Fate, InputReason, Reader, Trouble } from "../client";
import type { Hint } from "../hints";
import type { Words } from "./nl";

const alarm: Readonly<Record<AlarmReason, string>> = {
  "not-agreed": "The rules of this round were not signed by everybody, or break a promise.",
  "different-rules": "Two services show different rules for this round.",
  "changed-rules": "The rules are not those with which you collected.",
  "wrong-groups": "The groups that the issuing desk names are not those of the signed rules.",
  "small-group": "A group is smaller than the minimum number of answers.",
  "wrong-keys": "The keys of a group are not right: somebody could be told apart by them.",
  "wrong-members": "The names in your group do not fit the signed rules.",
  "different-groups": "Two issuing desks place you in different groups.",
  "different-members": "Two issuing desks name different people in your group.",
  "already-collected":
    "Somebody has collected in your name. If it was you, go on with the key or the file from then. If not, somebody else has done it.",
  "bad-token": "What the issuing desk gave back is no valid token.",
  "bad-receipt": "The receipt is forged or is about something else.",
  "bad-release": "The published result does not hang together with the signed records.",
  "bad-list": "The list of counted answers is not the signed list.",
  "not-counted": "A confirmed answer of yours is not in the signed list.",
  "old-counted": "An earlier version of your answer was counted although the later one was confirmed.",
};

const trouble: Readonly<Record<Trouble, (service: string) => string>> = {
  network: (service) => `${service} cannot be reached. Nothing is lost. See whether you are online and try again.`,
  busy: (service) => `${service} is busy for a moment. Nothing is lost; try again in a minute.`,
  broken: (service) => `Something is broken at ${service}. Nothing is lost; try again later or report it.`,
  nonsense: (service) => `What ${service} answers makes no sense. Nothing is lost; try again later or report it.`,
  "plain-http": (service) =>
    `The address of ${service} is not encrypted, so nothing is sent. Tell whoever runs this form.`,
};

const input: Readonly<Record<InputReason, string>> = {
  "bad-parties":
    "The list of services beside this page (parties.json) cannot be used. Nothing was sent. Tell whoever runs this form.",
  "access-code-kind": "That is your key (KW), not an access code (KA). Nothing was sent; give that key to nobody.",
  "access-code-prefix": "An access code begins with KA. Nothing was sent; look at it again.",
  "access-code-character": "A character of the access code is in no code. Nothing was sent; look at it again.",
  "access-code-length": "The access code is too short or too long. Nothing was sent; look at it again.",
  "access-code-checksum": "There is a typing error in the access code. Nothing was sent; look at it again.",
  "wallet-code-kind": "That is an access code (KA), not your key (KW). Nothing was sent.",
  "wallet-code-prefix": "A key begins with KW. Nothing was sent; look at it again.",
  "wallet-code-character": "A character of the key is in no key. Nothing was sent; look at it again.",
  "wallet-code-length": "The key is too short or too long. Nothing was sent; look at it again.",
  "wallet-code-checksum": "There is a typing error in the key. Nothing was sent; look at it again.",
  "wallet-damaged": "This file is damaged or no key file. Choose another file, or type your key.",
  "bad-round-id": "No round has that name. Go back to the start and choose one from the list.",
  "no-access-code": "Fill in your access code of each issuing desk. Nothing was sent.",
  "not-collected": "You have not collected for this round yet. Do that first, with your access code.",
  "collected-before": "You have collected for this round already. You can answer at once.",
  "another-key": "You had begun to collect with another key. Finish that first, with that key.",
  "no-such-option": "One of your choices does not belong to its question. Nothing was sent; choose again there.",
  "unknown-question": "A question does not belong to this round. Nothing was sent; begin answering again.",
  "refused-characters": "An answer holds characters that cannot be sent. Take them away; the rest stays.",
  "too-long": "An answer is too long. Make it shorter; the rest stays.",
  "no-text": "This takes text. Nothing was sent.",
};

/** By the last word of a problem's type; what is not here gets `refusedOther`. */
const refused: Readonly<Record<string, (service: string) => string>> = {
  "unknown-round": (service) =>
    `${service} does not know this round (any more). Go back to the start and choose again.`,
  "not-released": () => "There is no result of this round yet. Look again later.",
  "not-verified": () =>
    "By what the results page says, the result does not agree with what was signed. Tell the works council.",
  "not-collecting": () => "Collecting is not possible now: the round is closed or did not take place.",
  "not-open-yet": () => "It is too early to answer. Nothing was sent; your key stays valid.",
  closed: () => "The round is closed; this was not accepted any more.",
  "bad-token": (service) => `${service} says your token is not valid. Keep your key file and tell the works council.`,
  "too-many": () => "This part was sent too often and is not taken again now. Try later.",
  "log-unavailable": (service) =>
    `${service} cannot keep anything now. Your answers are still here; try again in a minute.`,
  malformed: (service) => `${service} does not understand this page. Nothing is lost; reload the page or report it.`,
  "wrong-length": (service) => `${service} expects another length. Your answers are still here; report it.`,
  "no-credentials": (service) => `${service} wants to see an access code.`,
  "unknown-code": (service) =>
    `${service} does not know this access code. Type it again; if that does not help, ask HR for a new one.`,
  "not-a-member": () => "You were not on the list when this round was planned, so you cannot take part in it.",
  "other-manifest": (service) =>
    `${service} knows this round with other rules. Try again in a minute; if it stays so, report it.`,
};

const reader: Readonly<Record<Reader, string>> = { everyone: "everybody", leads: "managers", hr: "HR" };

const hint: Readonly<Record<Hint, (found: string) => string>> = {
  mail: (found) => `Note, an address: “${found}”`,
  number: (found) => `Note, a number or date: “${found}”`,
  name: (found) => `Note, the name of a colleague: “${found}”`,
  phrase: (found) => `Note, this may point at you: “${found}”`,
};

const fate: Readonly<Record<Fate, string>> = {
  counted: "counted",
  "held-back": "kept, but not opened or not published: too few answers",
  older: "an earlier version was counted, not your last one",
  missing: "not in the list",
  "not-sent": "not sent",
};

const lack: Readonly<Record<Lack, string>> = {
  insecure: "This page was loaded without encryption (https); a browser may not seal then.",
  crypto: "This browser cannot seal (WebCrypto is missing).",
  numbers: "This browser cannot compute with big numbers (BigInt is missing).",
  fetch: "This browser cannot reach the services as it should (fetch is missing).",
};

const states: Readonly<Record<string, string>> = {
  scheduled: "planned",
  open: "open",
  closing: "closed, being counted",
  cut: "closed, being counted",
  counted: "counted, results follow",
  opening: "counted, results follow",
  released: "results published",
  erased: "over and erased",
  void: "did not take place",
  cancelled: "cancelled",
  stopped: "stopped, nothing was opened",
};

export const en: Words = {
  alarm,
  trouble,
  input,
  refused,
  refusedOther: (service, word, detail) => `${service} refuses (${word}): ${detail}`,
  reader,
  hint,
  fate,
  lack,
  states,

  /* The frame of every screen. */
  name: "Klankbord",
  skip: "To the content",
  language: "Language",
  back: "Back",
  limitsLink: "What this does not protect",
  rulesLink: "All questions and rules",
  helpLinks: "Know more",
  trialTitle: "One machine, one hand:",
  trial: "not anonymous against whoever runs this. This is a trial.",
  busy: "One moment …",
  retry: "Try again",
  toStart: "To the start",
  and: "and",

  /* Who is meant by a service's name. */
  issuer: (name) => `Issuing desk ${name}`,
  ingest: "The receiving desk",
  report: "The results page",
  page: "This page",

  /* Troubles and alarms. */
  troubleTitle: "That did not work",
  alarmTitle: "Stop: something is not right here",
  alarmDo: "Do not go on, take a photo of this screen and tell the works council. Nothing was sent after this message.",
  alarmDetail: (detail) => `What it is about: ${detail}`,
  lackTitle: "This browser cannot handle this form",
  lackDo:
    "Update your browser, or open this page in a recent Firefox, Chrome, Edge or Safari. Or use the command line, which can do the same:",
  lackNothing: "Nothing was asked and nothing was sent.",

  /* start */
  questions: (count) => (count === 1 ? "1 question" : `${count} questions`),
  minutes: (count) => (count === 1 ? "about a minute" : `about ${count} minutes`),
  startWhat:
    "Here you say how things really are. Your answers are sealed on this device and sent without your name. They are opened only when there are enough of them together.",
  whoReads: "Who reads what",
  readsClosed: (count, readers, k) =>
    `Questions with choices (${count}): the totals per group go to ${readers}, from ${k} answers on.`,
  readsOpen: (question, readers, k) =>
    `“${question}”: the text without its sender goes to ${readers}, from ${k} answers on.`,
  when: "When",
  answerUntil: (closes) => `You can answer until ${closes}.`,
  answerFromUntil: (from, closes) => `You can answer from ${from} to ${closes}.`,
  nobodyBefore: (when) => `Nothing is opened before ${when}; your words are read after that, too.`,
  elsewhere: "Need something else?",
  counsellor: (who) => `To talk in confidence: ${who}`,
  channel: (where) => `To report what this form is not for: ${where}`,
  begin: "Begin with my access code",
  haveKey: "I have a key already",
  otherRounds: "Other rounds",
  roundLine: (state, opens, closes) => `${state}, from ${opens} to ${closes}`,
  noRounds: "There is nothing to fill in now",
  noRoundsMore: "As soon as a round is planned, it stands here. You need not do anything.",
  closedRound: "This round is closed. Whoever answered can soon check with the key file that it was counted.",
  seeResults: "See the results",
  howTitle: "How is that?",
  howLines: [
    "First you collect tokens with your code. The issuing desk then knows that you may take part, but does not see what it signs.",
    "Then you send your answers with those tokens, without a name. The receiving desk sees that a token is real, not whose it is.",
    "The counting room puts answers into groups and passes something on only when there are enough. Then the keys are destroyed.",
  ],
  oneIssuer: (issuer) =>
    `There is one issuing desk (${issuer}). You trust it to let everybody take part and not to answer in the name of others.`,
  severalIssuers: (count, issuers) =>
    `There are ${count} issuing desks (${issuers}). An answer counts only with a token of all of them.`,

  /* limits */
  limitsTitle: "What this does not protect",
  limits: [
    [
      "Who looks on",
      "A colleague behind you or a camera can see your screen. On a device or network of your employer, or with an extension in your browser, a program can read along, too.",
    ],
    [
      "How you write",
      "A word that only you use, or something that only you know, gives you away. Write what it is, not who you are.",
    ],
    [
      "Colleagues who work together",
      "If eight people of a group of twelve lay their answers side by side, four are left.",
    ],
    [
      "This page itself",
      "Whoever offers this page can send you a forged one. With klankbord verify-page you look at what they serve now; that does not tell all about what your browser got. The works council can also hand out the page as a file.",
    ],
    [
      "Who runs all services",
      "The services belong in different hands. Whoever has all of them can put everything together.",
    ],
    [
      "That you take part",
      "The issuing desk knows who collected, not who answered. Whoever gets to see your key knows that you collected.",
    ],
  ],
  limitsOtherWay: "Rather without a browser? The program klankbord on the command line can do the same.",

  /* rules */
  rulesTitle: "The rules of this round",
  checkCode: "Check code",
  checkCodeHint: "Compare this code with the poster: then the same rules hold for everybody.",
  datesTitle: "Dates",
  erasing: (erase, words, results) =>
    `The sealed answers are erased on ${erase}, comments on ${words}, results on ${results}.`,
  minimum: (k) => `Minimum number of answers: ${k}.`,
  closedPart: "The questions with choices",
  openPart: "An open question",

  /* code */
  codeTitle: "Your access code",
  codeLead: "You got it from HR. It begins with KA. Capitals, spaces and dashes do not matter.",
  codesLead: (count) =>
    `There are ${count} issuing desks, in different hands, so that none of them alone can answer in your name. You have a code of each, which begins with KA.`,
  codeLabel: "Your access code",
  codeLabelOf: (issuer) => `Your access code of ${issuer}`,
  codeWhy:
    "The code says that you belong here. It never gets near your answers: first you collect tokens, then you answer without a name.",
  codeGo: "Show my groups",
  codeKiosk: "This device forgets everything after you, and after a minute of nothing.",

  /* groups */
  groupsTitle: "Where your answers count",
  countsIn: (part, groups, k) =>
    `${part} count in: ${groups}. Nothing is opened before there are at least ${k} answers.`,
  countsInOpen: (part, groups, k) =>
    `${part} can appear in: ${groups}. Nothing is opened before there are at least ${k} answers.`,
  countsInner: (own, label) =>
    `In ${label} you are one of the ${own} people whom no smaller group holds; you are counted together.`,
  readBy: (readers) => `Read by ${readers}.`,
  partClosed: "Your answers to the questions with choices",
  partOpen: (question) => `Your answer to “${question}”`,
  group: (label, size) => `${label} (${size} people)`,
  groupDirect: (label, size) => `those directly in ${label} (${size} people)`,
  groupCompany: (size) => `the whole company (${size} people)`,
  membersTitle: (label, count) => `With you in ${label}: ${count} people`,
  membersCheck: "Do you know these people? If you know hardly anybody, ask the works council how that can be.",
  membersChanged: (joined, left) => `Since last time joined: ${joined}; left: ${left}.`,
  nobody: "nobody",
  alsoTitle: "At the same time for",
  alsoHint: "Then you need not give a code for it later.",
  collectTwo:
    "Collecting and answering are two steps: the issuing desk knows who collects, but not who answers. So collect even if you may not answer.",
  collectGo: "This is right, collect my tokens",

  /* collecting */
  collectingTitle: "Your tokens are being collected",
  collectingStep: (issuer, place, of) =>
    of === 1 ? `At issuing desk ${issuer}` : `At issuing desk ${issuer} (${place} of ${of})`,
  computing: "We make the tokens unrecognisable for whoever signs them.",
  asking: "We ask for the signatures.",
  checking: "We check the signatures.",

  /* key */
  keyTitle: "Your key",
  keyLead: "With it you can answer later or on another device, and change your answer.",
  keySecret: "Whoever has this key can answer in your place. Give it to nobody, HR included.",
  keyCopy: "Copy the key",
  keyCopied: "The key was copied.",
  keyCopyFailed: "This browser does not allow copying. Write the key down or save the file.",
  keyFile: "Save the key file",
  keyFileSaved: "The key file is with your downloads.",
  keyFileName: "klankbord-key.json",
  keyPrint: "Print the key",
  keyQr: "Show as QR code",
  keyQrAlt: "QR code of your key",
  keyQrHint: "Scan it with your phone to go on there. You need your access code there, too.",
  keyQrFailed: "The QR code could not be loaded. The key above is enough.",
  keyOther: "To have it elsewhere, too",
  remember: "Remember on this device",
  rememberRisk: "Whoever can open this device can then answer in your place and see that you collected.",
  rememberFailed: "This browser does not want to keep anything. Use the key file or the key.",
  keyOnlyIf: "If you answer right now, you need the key only to change something later.",
  keyFromFile: "The key itself can be seen only right after collecting. The file can be saved again at any time.",
  printTitle: "Your key for Klankbord",
  answerNow: "To the questions",
  doneForNow: "Done for now",
  answerLater: (when) =>
    `You can answer from ${when} on. Come back with your key then; a device with your key file needs no code any more.`,
  collectedFor: (rounds) => `Collected for: ${rounds}.`,

  /* open */
  openTitle: "Go on with your key",
  openFileTitle: "With your key file",
  openFileLabel: "Choose your key file",
  openFileHint: "It stays on this device. No access code is needed.",
  openKeyTitle: "Or with your key on paper",
  openKeyLead: "Then we ask for your tokens again; that needs your access code, too.",
  openKeyLabel: "Your key (begins with KW)",
  openGo: "Go on",
  openNone: "Nothing was collected with this access code yet. Look at your groups first; your key is used after that.",

  /* mine */
  mineTitle: "Your rounds",
  mineCollected: "collected, not answered yet",
  mineAnswered: "answered",
  mineAnswer: "Answer",
  mineChange: "Change my answers",
  mineCounted: "Was I counted?",
  mineResults: "See the results",
  mineOpens: (when) => `You can answer from ${when} on.`,
  mineCloses: (when) => `You can answer and change until ${when}.`,
  mineMore: "Collect for other rounds",
  mineKey: "Keep my key",
  forget: "Forget everything on this device",
  forgotten: "Everything was erased from this device.",
  forgetSure: "Without your key or file you cannot answer any more then. Really erase?",
  remembered: "This device remembers your key.",
  of: (action, round) => `${action}: ${round}`,

  /* questions */
  progress: (number, count) => `${number} of ${count}`,
  beforeClosed: (groups, k) =>
    `Your answers count in: ${groups}. Nothing is opened before there are at least ${k} answers.`,
  upwards: (label, size) => `${label} (${size} people) and the groups above it`,
  none: "I prefer not to say",
  next: "Next",
  skipQuestion: "Skip",
  lastLook: "To the overview",
  allAtOnce: "All questions on one page",
  oneByOne: "One question a screen",
  allTitle: "All questions",
  openAsk: "Write so that it tells what, not who.",
  leftOver: (count) => `Room for about ${count} more characters.`,
  tooLong: (over) => `Too long: take away about ${over} characters.`,
  refusedCharacters: (characters) => `These characters cannot be sent: ${characters}. Take them away.`,
  hintsWhy: "This is looked at only here on your screen. Leave it if you want it so.",
  changing:
    "You have answered before. What you send now replaces it: all parts, the questions that you leave open included.",
  elsewhereToo:
    "This key is known elsewhere too. If you answer on two devices within one hour, it is not certain which answer counts; wait an hour then.",

  /* review */
  reviewTitle: "Have a last look",
  reviewLead: (answered, count) => `You have answered ${answered} of the ${count} questions.`,
  noAnswer: "no answer",
  edit: "Change",
  editOf: (number) => `Change question ${number}`,
  sendWhy: (seconds) =>
    `We send your answers one by one, with short pauses, so that they are hard to tie together. This takes about ${seconds} seconds.`,
  sendGo: "Send my answers",
  fixFirst: "To be mended first: one text cannot be sent like this.",

  /* sending */
  sendingTitle: "Your answers are being sent",
  sendingStep: (done, of) => `${done} of ${of} received and confirmed`,
  sendingPause: "Waiting a little before the next one, so that they are harder to match with each other.",
  sendingNow: "The next one is on its way.",
  sendingKeep: "Keep this page open.",
  sendRetry: "Send the rest again",
  sendStopped: (left, of) =>
    `${left} of ${of} to go. Your answers are still here; the same sealed answers are offered again.`,

  /* sent */
  sentTitle: "Everything was received",
  sentLead: (of) =>
    of === 1 ? "Your sealed answer has a signed receipt." : `All your ${of} sealed answers have a signed receipt.`,
  sentChange: (when) => `You can still change your answers until ${when}.`,
  sentResults: (when) => `Counting begins after ${when}. Then the results appear.`,
  sentKeep:
    "Save the key file now: only with it can you check after the results that you were counted. The key on paper is not enough for that.",
  sentRemembered: "This device remembers your key file. After the results you can check here that you were counted.",
  sentNext: "Answer the next round",
  sentDone: "Done",
  sentKiosk: "Done, erase everything",
  resultsAt: "The results will be here",

  /* counted */
  countedTitle: "Was I counted?",
  countedYes: "Yes, everything that you sent was counted.",
  countedPart: "By part:",
  countedProven: (count) =>
    `The list of ${count} answers fits what the counting room and whoever opened the answers have signed. We fetched the whole list: so your question does not tell which are yours.`,

  /* kiosk */
  kioskTitle: "Shared device:",
  kiosk: "after you, and after a minute of nothing, everything is erased.",
  kioskCount: (seconds) => (seconds === 1 ? "1 second left" : `${seconds} seconds left`),
  kioskThere: "Are you still there? Otherwise everything is erased.",
  kioskStay: "I am still here",
  kioskWiped: "Everything of the person before was erased.",
  kioskKey: "Write your key down or scan it with your own phone. This device keeps nothing.",
};
