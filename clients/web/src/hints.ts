/**
 * What in a text may tell who wrote it, or whom it is about. Looked for on this device only; nothing is sent for it.
 *
 * The same rules as clients/cli/hints.py, and the same cases in the tests of both.
 */

export type Hint = "mail" | "number" | "name" | "phrase";
export type Found = Readonly<{ hint: Hint; piece: string }>;

const MAIL = /\S+@\S+\.\S+/gu;

/** Five digits or more, as in numbers of telephones and employees and in dates; or a Dutch postal code. */
const NUMBER =
  /(?<!\p{Nd})(?:\+?\p{Nd}[\s./-]?){5,}(?!\p{Nd})|(?<![\p{L}\p{N}_])\p{Nd}{4}\s?[A-Z]{2}(?![\p{L}\p{N}_])/gu;

/** A border of a word; \b knows ASCII letters only. */
const BEFORE = "(?<![\\p{L}\\p{N}_])";
const AFTER = "(?![\\p{L}\\p{N}_])";

const PHRASE = new RegExp(
  [
    "(?:als|ben|was) (?:de |het )?enige",
    "ik als",
    "als (?:enige )?(?:vrouw|man|nieuwe|nieuweling|moeder|vader)",
    "in mijn (?:functie|rol)",
    "mijn (?:partner|zwangerschap|ziekte|verlof)",
    "(?:as|am|was|being) the only",
    "i,? as (?:a|an|the)",
    "as (?:a|the) (?:woman|man|newcomer|mother|father)",
    "in my (?:role|function|job)",
    "my (?:partner|pregnancy|illness|leave)",
  ]
    .map((phrase) => `${BEFORE}${phrase}${AFTER}`)
    .join("|"),
  "giu",
);

const WORD = /\p{L}+(?:['’-]\p{L}+)*/gu;

/** Letters. A shorter name in small letters is more often a word: Bas, Jet, Wil, May. */
const LOWER = 4;

/** What was found and where, each piece once; `names` are those of colleagues as far as this device knows them. */
export function hints(text: string, names: readonly string[] = []): readonly Found[] {
  const found: Found[] = [];
  const add = (hint: Hint, piece: string) => {
    if (!found.some((one) => one.hint === hint && one.piece === piece)) found.push({ hint, piece });
  };
  for (const [piece] of text.matchAll(MAIL)) add("mail", piece);
  for (const [piece] of text.matchAll(NUMBER)) add("number", piece.replace(/^[ \t\n./-]+|[ \t\n./-]+$/g, ""));
  for (const [piece] of text.matchAll(PHRASE)) add("phrase", piece);
  const known = new Set(
    names
      .flatMap((name) => name.match(WORD) ?? [])
      .filter((part) => startsHigh(part) && part.length > 1)
      .map((part) => part.toLowerCase()),
  );
  for (const [piece] of text.matchAll(WORD)) {
    if (known.has(piece.toLowerCase()) && (startsHigh(piece) || piece.length >= LOWER)) add("name", piece);
  }
  return found;
}

function startsHigh(word: string): boolean {
  return /^\p{Lu}/u.test(word);
}
