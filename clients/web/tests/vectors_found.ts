/** Test vectors: our own out of docs/protocol.md, and those that others published in a folder beside the repository. */

import { existsSync, readFileSync } from "node:fs";
import type { Any } from "./world";

const ROOT = new URL("../../../", import.meta.url);

/** The vectors in docs/protocol.md. */
export function ours(): Any {
  const page = readFileSync(new URL("docs/protocol.md", ROOT), "utf-8");
  const block = page.split("<!-- vectors: begin -->")[1]?.split("```json")[1]?.split("```")[0];
  return JSON.parse(block ?? "");
}

/** Vectors whose licences let us run them but not hand them on; null where nobody has put them. */
export function beside(name: string): Any[] | null {
  const file = new URL(`../shared/vectors/${name}`, ROOT);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf-8")) : null;
}
