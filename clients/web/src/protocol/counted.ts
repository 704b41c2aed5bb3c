/**
 * The list of counted entries of a release: item = u8 flag || counted entry (16), flag 1: counted, 0: held back.
 *
 * All of the round together and sorted, so that asking for one's own tells nothing.
 */

import { compare, hex } from "./bytes";
import { COUNTED } from "./envelope";
import { Malformed } from "./shape";

/** By entry, in hexadecimal digits, whether it was counted; Malformed. An entry may stand there once. */
export function decodeCounted(items: readonly Uint8Array[]): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const [place, item] of items.entries()) {
    const before = items[place - 1];
    if (item.length !== 1 + COUNTED || (item[0] as number) > 1 || (before && compare(before, item) >= 0)) {
      throw new Malformed(`counted.${place}`, "no entry, or out of order");
    }
    found.set(hex(item.subarray(1)), item[0] === 1);
  }
  if (found.size < items.length) throw new Malformed("counted", "an entry is both counted and held back");
  return found;
}
