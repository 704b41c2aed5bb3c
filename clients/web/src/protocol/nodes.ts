/** The composed nodes of a round's tree, as an issuer hands them to a member (docs/protocol.md, "Nodes"). */

import { concat } from "./bytes";
import { dumps, parse } from "./canonical";
import { sha256Now } from "./hashes_now";
import { MAX_PARTS } from "./questionnaire";
import { bytes, dictionary, list, nullable, object, oneOf, PARTY_NAME, whole, worded } from "./shape";

/** "direct": the people of the parent who are in none of its groups; "merge": siblings that are counted together. */
export type NodeKind = "group" | "direct" | "merge";

/** A node's number and size travel as u32. */
const U32 = 2 ** 32 - 1;

const shape = object({
  id: whole(0, U32),
  parent: nullable(whole(0, U32)),
  kind: oneOf<NodeKind>("group", "direct", "merge"),
  label: worded(1, 2000),
  size: whole(1, U32),
  own: list(nullable(whole(0, U32)), 0, MAX_PARTS),
  keys: dictionary(PARTY_NAME, list(nullable(bytes(256)), 0, MAX_PARTS)),
  names: dictionary(PARTY_NAME, list(nullable(bytes(32)), 0, MAX_PARTS)),
});

/** One node. `own[p]`: people whose finest node of part p it is; `keys` and `names` by issuer, per part. */
export type Composed = ReturnType<typeof shape>;

/** A composed node in its canonical text; Malformed or SyntaxError. */
export function parseComposed(item: string): Composed {
  return shape(parse(item), "node");
}

/** What the rules say about the members of a group without telling who they are. RangeError for what is no text. */
export function namesHash(salt: Uint8Array, names: readonly string[]): Uint8Array {
  return sha256Now(concat(salt, dumps([...names].sort(byCodePoint))));
}

/** The order of Python and of UTF-8; JavaScript's own puts U+10000 and beyond before U+E000. */
function byCodePoint(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = ((a[at] as string).codePointAt(0) as number) - ((b[at] as string).codePointAt(0) as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
