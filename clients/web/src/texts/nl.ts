/** Everything that people read on this page, in Dutch: je, short sentences, no jargon. en.ts has the same keys. */

import type { Lack } from "../browser";
import type { AlarmReason, Fate, InputReason, Reader, Trouble } from "../client";
import type { Hint } from "../hints";

const alarm: Readonly<Record<AlarmReason, string>> = {
  "not-agreed": "De spelregels van deze ronde zijn niet door iedereen ondertekend, of breken een belofte.",
  "different-rules": "Twee diensten tonen verschillende spelregels voor deze ronde.",
  "changed-rules": "De spelregels zijn anders dan toen je ophaalde.",
  "wrong-groups": "De groepen die het uitgiftepunt noemt, staan niet zo in de ondertekende spelregels.",
  "small-group": "Een groep is kleiner dan het minimum aantal antwoorden.",
  "wrong-keys": "De sleutels van een groep kloppen niet: zo zou iemand apart herkenbaar zijn.",
  "wrong-members": "De namen in je groep passen niet bij de ondertekende spelregels.",
  "different-groups": "Twee uitgiftepunten zetten je in verschillende groepen.",
  "different-members": "Twee uitgiftepunten noemen verschillende mensen in je groep.",
  "already-collected":
    "Er is al opgehaald in jouw naam. Was jij dat, ga dan verder met de sleutel of het bestand van toen. Zo niet, dan heeft iemand anders het gedaan.",
  "bad-token": "Wat het uitgiftepunt teruggaf is geen geldig bewijs.",
  "bad-receipt": "Het ontvangstbewijs is vals of gaat over iets anders.",
  "bad-release": "De gepubliceerde uitslag past niet bij wat is ondertekend.",
  "bad-list": "De lijst van getelde antwoorden is niet de ondertekende lijst.",
  "not-counted": "Een bevestigd antwoord van jou staat niet in de ondertekende lijst.",
  "old-counted": "Een eerdere versie van je antwoord is geteld, hoewel de latere was bevestigd.",
};

const trouble: Readonly<Record<Trouble, (service: string) => string>> = {
  network: (service) =>
    `${service} is niet te bereiken. Er is niets verloren. Kijk of je internet hebt en probeer het opnieuw.`,
  busy: (service) => `${service} heeft het even te druk. Er is niets verloren; probeer het over een minuut opnieuw.`,
  broken: (service) => `Bij ${service} is iets stuk. Er is niets verloren; probeer het later opnieuw of meld het.`,
  nonsense: (service) =>
    `Wat ${service} antwoordt is onbegrijpelijk. Er is niets verloren; probeer het later opnieuw of meld het.`,
  "plain-http": (service) =>
    `Het adres van ${service} is niet versleuteld, dus er wordt niets verstuurd. Meld dit aan wie dit formulier beheert.`,
};

const input: Readonly<Record<InputReason, string>> = {
  "bad-parties":
    "De lijst van diensten bij deze pagina (parties.json) is onbruikbaar. Er is niets verstuurd. Meld dit aan wie dit formulier beheert.",
  "access-code-kind":
    "Dat is jouw sleutel (KW), geen toegangscode (KA). Er is niets verstuurd; geef die sleutel aan niemand.",
  "access-code-prefix": "Een toegangscode begint met KA. Er is niets verstuurd; kijk hem nog eens na.",
  "access-code-character":
    "In de toegangscode staat een teken dat niet kan. Er is niets verstuurd; kijk hem nog eens na.",
  "access-code-length": "De toegangscode is te kort of te lang. Er is niets verstuurd; kijk hem nog eens na.",
  "access-code-checksum": "In de toegangscode zit een typefout. Er is niets verstuurd; kijk hem nog eens na.",
  "wallet-code-kind": "Dat is een toegangscode (KA), niet jouw sleutel (KW). Er is niets verstuurd.",
  "wallet-code-prefix": "Een sleutel begint met KW. Er is niets verstuurd; kijk hem nog eens na.",
  "wallet-code-character": "In de sleutel staat een teken dat niet kan. Er is niets verstuurd; kijk hem nog eens na.",
  "wallet-code-length": "De sleutel is te kort of te lang. Er is niets verstuurd; kijk hem nog eens na.",
  "wallet-code-checksum": "In de sleutel zit een typefout. Er is niets verstuurd; kijk hem nog eens na.",
  "wallet-damaged": "Dit bestand is beschadigd of geen sleutelbestand. Kies een ander bestand, of typ je sleutel in.",
  "bad-round-id": "Zo heet geen enkele ronde. Ga terug naar het begin en kies er een uit de lijst.",
  "no-access-code": "Vul van elk uitgiftepunt je toegangscode in. Er is niets verstuurd.",
  "not-collected": "Voor deze ronde heb je nog niet opgehaald. Doe dat eerst, met je toegangscode.",
  "collected-before": "Voor deze ronde heb je al opgehaald. Je kunt meteen antwoorden.",
  "another-key": "Je was al begonnen met ophalen, met een andere sleutel. Maak dat eerst af met die sleutel.",
  "no-such-option": "Een van je keuzes hoort niet bij de vraag. Er is niets verstuurd; kies daar opnieuw.",
  "unknown-question": "Een vraag hoort niet bij deze ronde. Er is niets verstuurd; begin opnieuw met antwoorden.",
  "refused-characters":
    "In een antwoord staan tekens die niet verstuurd kunnen worden. Haal ze weg; de rest blijft staan.",
  "too-long": "Een antwoord is te lang. Maak het korter; de rest blijft staan.",
  "no-text": "Hier hoort tekst. Er is niets verstuurd.",
};

/** By the last word of a problem's type; what is not here gets `refusedOther`. */
const refused: Readonly<Record<string, (service: string) => string>> = {
  "unknown-round": (service) => `${service} kent deze ronde niet (meer). Ga terug naar het begin en kies opnieuw.`,
  "not-released": () => "Van deze ronde is er nog geen uitslag. Kijk later nog eens.",
  "not-verified": () =>
    "De uitslag klopt volgens de uitslagpagina niet met wat er is ondertekend. Meld dit aan de ondernemingsraad.",
  "not-collecting": () => "Ophalen kan nu niet: de ronde is gesloten of niet doorgegaan.",
  "not-open-yet": () => "Antwoorden kan nog niet. Er is niets verstuurd; je sleutel blijft geldig.",
  closed: () => "De ronde is gesloten; dit is niet meer aangenomen.",
  "bad-token": (service) =>
    `${service} vindt je bewijs ongeldig. Bewaar je sleutelbestand en meld dit aan de ondernemingsraad.`,
  "too-many": () => "Dit onderdeel is te vaak verstuurd en wordt nu niet nog eens aangenomen. Probeer het later.",
  "log-unavailable": (service) =>
    `${service} kan nu niets bewaren. Je antwoorden staan hier nog; probeer het over een minuut opnieuw.`,
  malformed: (service) => `${service} begrijpt deze pagina niet. Er is niets verloren; herlaad de pagina of meld het.`,
  "wrong-length": (service) => `${service} verwacht een andere lengte. Je antwoorden staan hier nog; meld het.`,
  "no-credentials": (service) => `${service} wil een toegangscode zien.`,
  "unknown-code": (service) =>
    `${service} kent deze toegangscode niet. Typ hem opnieuw; helpt dat niet, vraag HR dan om een nieuwe.`,
  "not-a-member": () => "Je stond niet op de lijst toen deze ronde werd gepland, dus je kunt er niet aan meedoen.",
  "other-manifest": (service) =>
    `${service} kent deze ronde met andere spelregels. Probeer het over een minuut opnieuw; blijft het zo, meld het dan.`,
};

const reader: Readonly<Record<Reader, string>> = { everyone: "iedereen", leads: "leidinggevenden", hr: "HR" };

const hint: Readonly<Record<Hint, (found: string) => string>> = {
  mail: (found) => `Let op, een adres: “${found}”`,
  number: (found) => `Let op, een nummer of datum: “${found}”`,
  name: (found) => `Let op, de naam van een collega: “${found}”`,
  phrase: (found) => `Let op, dit kan jou aanwijzen: “${found}”`,
};

const fate: Readonly<Record<Fate, string>> = {
  counted: "geteld",
  "held-back": "bewaard, maar niet geopend of niet gepubliceerd: te weinig antwoorden",
  older: "een eerdere versie is geteld, niet je laatste",
  missing: "staat niet in de lijst",
  "not-sent": "niet verstuurd",
};

const lack: Readonly<Record<Lack, string>> = {
  insecure: "Deze pagina is niet versleuteld geladen (https); dan mag een browser niet verzegelen.",
  crypto: "Deze browser kan niet verzegelen (WebCrypto ontbreekt).",
  numbers: "Deze browser kan niet met grote getallen rekenen (BigInt ontbreekt).",
  fetch: "Deze browser kan de diensten niet goed bereiken (fetch ontbreekt).",
};

const states: Readonly<Record<string, string>> = {
  scheduled: "gepland",
  open: "open",
  closing: "gesloten, wordt geteld",
  cut: "gesloten, wordt geteld",
  counted: "geteld, uitslag volgt",
  opening: "geteld, uitslag volgt",
  released: "uitslag bekend",
  erased: "afgelopen en gewist",
  void: "niet doorgegaan",
  cancelled: "afgelast",
  stopped: "gestopt, niets is geopend",
};

export const nl = {
  alarm,
  trouble,
  input,
  refused,
  refusedOther: (service: string, word: string, detail: string) => `${service} weigert (${word}): ${detail}`,
  reader,
  hint,
  fate,
  lack,
  states,

  /* The frame of every screen. */
  name: "Klankbord",
  skip: "Naar de inhoud",
  language: "Taal",
  back: "Terug",
  limitsLink: "Wat dit niet beschermt",
  rulesLink: "Alle vragen en spelregels",
  helpLinks: "Meer weten",
  trialTitle: "Eén machine, één hand:",
  trial: "niet anoniem tegenover wie dit draait. Dit is een proef.",
  busy: "Een ogenblik …",
  retry: "Probeer opnieuw",
  toStart: "Naar het begin",
  and: "en",

  /* Who is meant by a service's name. */
  issuer: (name: string) => `Uitgiftepunt ${name}`,
  ingest: "De ontvangst",
  report: "De uitslagpagina",
  page: "Deze pagina",

  /* Troubles and alarms. */
  troubleTitle: "Dat lukte niet",
  alarmTitle: "Stop: hier klopt iets niet",
  alarmDo:
    "Ga niet verder, maak een foto van dit scherm en meld het aan de ondernemingsraad. Er is na dit bericht niets meer verstuurd.",
  alarmDetail: (detail: string) => `Waar het om gaat: ${detail}`,
  lackTitle: "Deze browser kan dit formulier niet aan",
  lackDo:
    "Werk je browser bij, of open deze pagina in een recente Firefox, Chrome, Edge of Safari. Of gebruik de opdrachtregel, die hetzelfde kan:",
  lackNothing: "Er is niets gevraagd en niets verstuurd.",

  /* start */
  questions: (count: number) => (count === 1 ? "1 vraag" : `${count} vragen`),
  minutes: (count: number) => (count === 1 ? "ongeveer een minuut" : `ongeveer ${count} minuten`),
  startWhat:
    "Hier zeg je hoe het echt gaat. Je antwoorden worden op dit apparaat verzegeld en zonder je naam verstuurd. Pas als er genoeg bij elkaar liggen, gaan ze open.",
  whoReads: "Wie leest wat",
  readsClosed: (count: number, readers: string, k: number) =>
    `Keuzevragen (${count}): de totalen per groep zijn te lezen door ${readers}, vanaf ${k} antwoorden.`,
  readsOpen: (question: string, readers: string, k: number) =>
    `“${question}”: de tekst zonder afzender is te lezen door ${readers}, vanaf ${k} antwoorden.`,
  when: "Wanneer",
  answerUntil: (closes: string) => `Antwoorden kan tot ${closes}.`,
  answerFromUntil: (from: string, closes: string) => `Antwoorden kan van ${from} tot ${closes}.`,
  nobodyBefore: (when: string) => `Voor ${when} gaat er niets open; daarna worden ook je woorden gelezen.`,
  elsewhere: "Iets anders nodig?",
  counsellor: (who: string) => `Vertrouwelijk praten: ${who}`,
  channel: (where: string) => `Melden waar dit formulier niet voor is: ${where}`,
  begin: "Begin met mijn toegangscode",
  haveKey: "Ik heb al een sleutel",
  otherRounds: "Andere rondes",
  roundLine: (state: string, opens: string, closes: string) => `${state}, van ${opens} tot ${closes}`,
  noRounds: "Er is nu geen vragenlijst",
  noRoundsMore: "Zodra er een ronde is gepland, staat die hier. Je hoeft niets te doen.",
  closedRound:
    "Deze ronde is gesloten. Wie heeft geantwoord, kan straks met het sleutelbestand nagaan of het is geteld.",
  seeResults: "Bekijk de uitslag",
  howTitle: "Hoe dan?",
  howLines: [
    "Eerst haal je met je code bewijzen op. Het uitgiftepunt weet dan dat jij mee mag doen, maar ziet niet wat het ondertekent.",
    "Daarna stuur je met die bewijzen je antwoorden, zonder naam. De ontvangst ziet dat het bewijs echt is, niet van wie.",
    "De telkamer legt antwoorden in groepen en geeft pas iets door als er genoeg zijn. Daarna worden de sleutels vernietigd.",
  ],
  oneIssuer: (issuer: string) =>
    `Er is één uitgiftepunt (${issuer}). Je vertrouwt erop dat het iedereen laat meedoen en niet zelf in de naam van anderen antwoordt.`,
  severalIssuers: (count: number, issuers: string) =>
    `Er zijn ${count} uitgiftepunten (${issuers}). Een antwoord telt alleen met een bewijs van allemaal.`,

  /* limits */
  limitsTitle: "Wat dit niet beschermt",
  limits: [
    [
      "Wie meekijkt",
      "Een collega achter je of een camera kan je scherm zien. Op een apparaat of netwerk van je werkgever, of met een extensie in je browser, kan ook een programma meelezen.",
    ],
    [
      "Hoe je schrijft",
      "Een woord dat alleen jij gebruikt, of iets dat alleen jij weet, verraadt je. Schrijf wat er is, niet wie je bent.",
    ],
    [
      "Collega’s die samenspannen",
      "Als in een groep van twaalf acht mensen hun antwoorden naast elkaar leggen, blijven er vier over.",
    ],
    [
      "Deze pagina zelf",
      "Wie deze pagina aanbiedt, kan jou een vervalste sturen. Met klankbord verify-page kijk je na wat die nu geeft; dat zegt niet alles over wat jouw browser kreeg. De ondernemingsraad kan de pagina ook als bestand uitdelen.",
    ],
    [
      "Wie alle diensten beheert",
      "De diensten horen in verschillende handen te zijn. Wie ze allemaal heeft, kan alles bij elkaar leggen.",
    ],
    [
      "Dat je meedoet",
      "Het uitgiftepunt weet wie heeft opgehaald, niet wie heeft geantwoord. Wie jouw sleutel te zien krijgt, weet dat je hebt opgehaald.",
    ],
  ] as readonly (readonly [string, string])[],
  limitsOtherWay: "Liever zonder browser? Het programma klankbord op de opdrachtregel kan hetzelfde.",

  /* rules */
  rulesTitle: "De spelregels van deze ronde",
  checkCode: "Controlecode",
  checkCodeHint: "Vergelijk deze code met het affiche: dan gelden voor iedereen dezelfde spelregels.",
  datesTitle: "Data",
  erasing: (erase: string, words: string, results: string) =>
    `De verzegelde antwoorden worden gewist op ${erase}, opmerkingen op ${words}, resultaten op ${results}.`,
  minimum: (k: number) => `Minimum aantal antwoorden: ${k}.`,
  closedPart: "De keuzevragen",
  openPart: "Een open vraag",

  /* code */
  codeTitle: "Je toegangscode",
  codeLead: "Die kreeg je van HR. Hij begint met KA. Hoofdletters, spaties en streepjes maken niet uit.",
  codesLead: (count: number) =>
    `Er zijn ${count} uitgiftepunten, in verschillende handen, zodat geen ervan in zijn eentje in jouw naam kan antwoorden. Van elk heb je een code die met KA begint.`,
  codeLabel: "Je toegangscode",
  codeLabelOf: (issuer: string) => `Je toegangscode van ${issuer}`,
  codeWhy:
    "De code zegt dat je erbij hoort. Hij komt nooit bij je antwoorden: eerst haal je bewijzen op, daarna antwoord je zonder naam.",
  codeGo: "Laat mijn groepen zien",
  codeKiosk: "Dit apparaat vergeet alles na jou, en na een minuut niets doen.",

  /* groups */
  groupsTitle: "Waar je antwoorden meetellen",
  countsIn: (part: string, groups: string, k: number) =>
    `${part} tellen mee in: ${groups}. Pas als er minstens ${k} antwoorden zijn, gaat er iets open.`,
  countsInOpen: (part: string, groups: string, k: number) =>
    `${part} kan verschijnen in: ${groups}. Pas als er minstens ${k} antwoorden zijn, gaat er iets open.`,
  countsInner: (own: number, label: string) =>
    `In ${label} ben je een van de ${own} mensen die in geen kleinere groep zitten; jullie tellen samen.`,
  readBy: (readers: string) => `Te lezen door ${readers}.`,
  partClosed: "Je antwoorden op de keuzevragen",
  partOpen: (question: string) => `Je antwoord op “${question}”`,
  group: (label: string, size: number) => `${label} (${size} mensen)`,
  groupDirect: (label: string, size: number) => `wie direct in ${label} werkt (${size} mensen)`,
  groupCompany: (size: number) => `het hele bedrijf (${size} mensen)`,
  membersTitle: (label: string, count: number) => `Met jou in ${label}: ${count} mensen`,
  membersCheck: "Ken je deze mensen? Ken je bijna niemand, vraag dan aan de ondernemingsraad hoe dat kan.",
  membersChanged: (joined: string, left: string) => `Sinds de vorige keer erbij: ${joined}; weg: ${left}.`,
  nobody: "niemand",
  alsoTitle: "Meteen ook voor",
  alsoHint: "Dan hoef je daar later geen code meer voor te geven.",
  collectTwo:
    "Ophalen en antwoorden zijn twee stappen: het uitgiftepunt weet wie ophaalt, maar niet wie antwoordt. Haal daarom op, ook als je misschien niet antwoordt.",
  collectGo: "Dit klopt, haal mijn bewijzen op",

  /* collecting */
  collectingTitle: "Je bewijzen worden opgehaald",
  collectingStep: (issuer: string, place: number, of: number) =>
    of === 1 ? `Bij uitgiftepunt ${issuer}` : `Bij uitgiftepunt ${issuer} (${place} van ${of})`,
  computing: "We maken de bewijzen onherkenbaar voor wie ze ondertekent.",
  asking: "We vragen om de handtekeningen.",
  checking: "We kijken de handtekeningen na.",

  /* key */
  keyTitle: "Jouw sleutel",
  keyLead: "Hiermee kun je later of op een ander apparaat antwoorden en je antwoord veranderen.",
  keySecret: "Wie deze sleutel heeft, kan in jouw plaats antwoorden. Geef hem aan niemand, ook niet aan HR.",
  keyCopy: "Kopieer de sleutel",
  keyCopied: "De sleutel is gekopieerd.",
  keyCopyFailed: "Kopiëren mag niet van deze browser. Schrijf de sleutel over of bewaar het bestand.",
  keyFile: "Bewaar het sleutelbestand",
  keyFileSaved: "Het sleutelbestand is bewaard bij je downloads.",
  keyFileName: "klankbord-sleutel.json",
  keyPrint: "Druk de sleutel af",
  keyQr: "Toon als QR-code",
  keyQrAlt: "QR-code van jouw sleutel",
  keyQrHint: "Scan met je telefoon om daar verder te gaan. Je toegangscode heb je daar ook nodig.",
  keyQrFailed: "De QR-code kon niet worden geladen. De sleutel hierboven is genoeg.",
  keyOther: "Zo heb je hem ook ergens anders",
  remember: "Onthoud op dit apparaat",
  rememberRisk: "Wie dit apparaat kan openen, kan dan in jouw plaats antwoorden en zien dat je hebt opgehaald.",
  rememberFailed: "Deze browser wil niets bewaren. Gebruik het sleutelbestand of de sleutel.",
  keyOnlyIf: "Antwoord je nu meteen, dan heb je de sleutel alleen nodig om later iets te veranderen.",
  keyFromFile: "Je sleutel zelf is alleen meteen na het ophalen te zien. Het bestand kun je altijd opnieuw bewaren.",
  printTitle: "Jouw sleutel voor Klankbord",
  answerNow: "Naar de vragen",
  doneForNow: "Klaar voor nu",
  answerLater: (when: string) =>
    `Antwoorden kan vanaf ${when}. Kom dan terug met je sleutel; een code is niet meer nodig op een apparaat met je sleutelbestand.`,
  collectedFor: (rounds: string) => `Opgehaald voor: ${rounds}.`,

  /* open */
  openTitle: "Ga verder met je sleutel",
  openFileTitle: "Met je sleutelbestand",
  openFileLabel: "Kies je sleutelbestand",
  openFileHint: "Het blijft op dit apparaat. Een toegangscode is niet nodig.",
  openKeyTitle: "Of met je sleutel op papier",
  openKeyLead: "Dan vragen we je bewijzen opnieuw op; daarvoor is ook je toegangscode nodig.",
  openKeyLabel: "Jouw sleutel (begint met KW)",
  openGo: "Ga verder",
  openNone: "Met deze toegangscode is nog niet opgehaald. Kijk eerst je groepen na; je sleutel wordt daarna gebruikt.",

  /* mine */
  mineTitle: "Jouw rondes",
  mineCollected: "opgehaald, nog niet geantwoord",
  mineAnswered: "geantwoord",
  mineAnswer: "Antwoord",
  mineChange: "Verander mijn antwoorden",
  mineCounted: "Ben ik geteld?",
  mineResults: "Bekijk de uitslag",
  mineOpens: (when: string) => `Antwoorden kan vanaf ${when}.`,
  mineCloses: (when: string) => `Antwoorden en veranderen kan tot ${when}.`,
  mineMore: "Haal op voor andere rondes",
  mineKey: "Mijn sleutel bewaren",
  forget: "Vergeet alles op dit apparaat",
  forgotten: "Alles is van dit apparaat gewist.",
  forgetSure: "Zonder je sleutel of bestand kun je dan niet meer antwoorden. Echt wissen?",
  remembered: "Dit apparaat onthoudt je sleutel.",
  of: (action: string, round: string) => `${action}: ${round}`,

  /* questions */
  progress: (number: number, count: number) => `${number} van ${count}`,
  beforeClosed: (groups: string, k: number) =>
    `Je antwoorden tellen mee in: ${groups}. Pas als er minstens ${k} antwoorden zijn, gaat er iets open.`,
  upwards: (label: string, size: number) => `${label} (${size} mensen) en de groepen daarboven`,
  none: "Zeg ik liever niet",
  next: "Volgende",
  skipQuestion: "Overslaan",
  lastLook: "Naar het overzicht",
  allAtOnce: "Alle vragen op één pagina",
  oneByOne: "Eén vraag per scherm",
  allTitle: "Alle vragen",
  openAsk: "Schrijf zo dat te lezen is wat er speelt, en niet wie het schrijft.",
  leftOver: (count: number) => `Nog ruimte voor ongeveer ${count} tekens.`,
  tooLong: (over: number) => `Te lang: haal ongeveer ${over} tekens weg.`,
  refusedCharacters: (characters: string) => `Deze tekens kunnen niet verstuurd worden: ${characters}. Haal ze weg.`,
  hintsWhy: "Dit wordt alleen hier op je scherm bekeken. Laat het staan als je dat wilt.",
  changing:
    "Je hebt al geantwoord. Wat je nu stuurt, komt daarvoor in de plaats: alle onderdelen, ook de vragen die je nu openlaat.",
  elsewhereToo:
    "Deze sleutel is ook elders bekend. Antwoord je op twee apparaten in hetzelfde uur, dan is niet zeker welk antwoord telt; wacht dan een uur.",

  /* review */
  reviewTitle: "Kijk het nog eens na",
  reviewLead: (answered: number, count: number) => `Je hebt ${answered} van de ${count} vragen beantwoord.`,
  noAnswer: "geen antwoord",
  edit: "Wijzig",
  editOf: (number: number) => `Wijzig vraag ${number}`,
  sendWhy: (seconds: number) =>
    `We versturen je antwoorden los van elkaar, met kleine pauzes, zodat ze moeilijk aan elkaar te knopen zijn. Dit duurt ongeveer ${seconds} seconden.`,
  sendGo: "Verstuur mijn antwoorden",
  fixFirst: "Eerst aanpassen: een tekst kan zo niet worden verstuurd.",

  /* sending */
  sendingTitle: "Je antwoorden worden verstuurd",
  sendingStep: (done: number, of: number) => `${done} van ${of} ontvangen en bevestigd`,
  sendingPause: "Even wachten voor het volgende, zodat ze moeilijker bij elkaar te zoeken zijn.",
  sendingNow: "Het volgende is onderweg.",
  sendingKeep: "Houd deze pagina open.",
  sendRetry: "Verstuur de rest opnieuw",
  sendStopped: (left: number, of: number) =>
    `Nog ${left} van ${of} te gaan. Je antwoorden staan hier nog; dezelfde verzegelde antwoorden worden opnieuw aangeboden.`,

  /* sent */
  sentTitle: "Alles is ontvangen",
  sentLead: (of: number) =>
    of === 1
      ? "Je verzegelde antwoord heeft een ondertekend ontvangstbewijs."
      : `Al je ${of} verzegelde antwoorden hebben een ondertekend ontvangstbewijs.`,
  sentChange: (when: string) => `Tot ${when} kun je je antwoorden nog veranderen.`,
  sentResults: (when: string) => `Na ${when} wordt er geteld. Daarna verschijnt de uitslag.`,
  sentKeep:
    "Bewaar het sleutelbestand nu: alleen daarmee kun je na de uitslag nagaan of je bent geteld. De sleutel op papier is daarvoor niet genoeg.",
  sentRemembered: "Dit apparaat onthoudt je sleutelbestand. Na de uitslag kun je hier nagaan of je bent geteld.",
  sentNext: "Antwoord op de volgende ronde",
  sentDone: "Klaar",
  sentKiosk: "Klaar, wis alles",
  resultsAt: "Hier staat straks de uitslag",

  /* counted */
  countedTitle: "Ben ik geteld?",
  countedYes: "Ja, alles wat je stuurde is geteld.",
  countedPart: "Per onderdeel:",
  countedProven: (count: number) =>
    `De lijst van ${count} antwoorden klopt met wat de telkamer en wie de antwoorden opende hebben ondertekend. We haalden de hele lijst op: zo verraadt je vraag niet welke van jou zijn.`,

  /* kiosk */
  kioskTitle: "Gedeeld apparaat:",
  kiosk: "na jou, en na een minuut niets doen, wordt alles gewist.",
  kioskCount: (seconds: number) => (seconds === 1 ? "Nog 1 seconde" : `Nog ${seconds} seconden`),
  kioskThere: "Ben je er nog? Anders wordt alles gewist.",
  kioskStay: "Ik ben er nog",
  kioskWiped: "Alles van de vorige persoon is gewist.",
  kioskKey: "Schrijf je sleutel over of scan hem met je eigen telefoon. Dit apparaat bewaart niets.",
};

/** What every language must have. */
export type Words = typeof nl;
