/** Writes built/hashes.json: the SHA-256 of every built file but itself, by path, sorted; what `sha256sum` says too. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

const folder = join(import.meta.dirname, "..", "built");
const LIST = "hashes.json";

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name !== LIST)
  .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
  .sort();
const hashes = files.map((path) => [path, createHash("sha256").update(readFileSync(join(folder, path))).digest("hex")]);
writeFileSync(join(folder, LIST), `${JSON.stringify(Object.fromEntries(hashes))}\n`);
