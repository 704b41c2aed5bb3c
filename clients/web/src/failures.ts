/** The sentence for each way in which a step can end: what happened, that nothing is lost (if so), what to do now. */

import type { Book, Failure } from "./client";
import type { Words } from "./texts";

/** What people read; "" for what the page itself stopped. */
export function sentence(failure: Failure, words: Words, book: Book | null): string {
  switch (failure.what) {
    case "alarm":
      return words.alarm[failure.reason];
    case "unavailable":
      return words.trouble[failure.trouble](service(failure.service, words, book));
    case "input":
      return words.input[failure.reason];
    case "refusal": {
      const name = service(failure.service, words, book);
      // The report page does not know a round until it is released: nothing is wrong with it.
      const unreleased = failure.service === "report" && failure.word === "unknown-round";
      const known = Object.hasOwn(words.refused, failure.word) ? words.refused[failure.word] : undefined;
      const said = unreleased ? words.refused["not-released"] : known;
      return said ? said(name) : words.refusedOther(name, failure.word, failure.detail);
    }
    case "aborted":
      return "";
  }
}

/** Whether the same can be tried again at once. */
export function again(failure: Failure): boolean {
  return failure.what === "unavailable" && failure.trouble !== "plain-http";
}

function service(name: string, words: Words, book: Book | null): string {
  if (name === "page") return words.page;
  if (name === "report") return words.report;
  if (name === "ingest" || name === book?.current.ingest.name) return words.ingest;
  return words.issuer(name);
}
