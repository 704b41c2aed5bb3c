/**
 * Where a person's answers can count: what the issuers say about her, checked against the rules that everybody signed.
 *
 * Nothing here is taken on an issuer's word: each node of her path is proven to be in the signed tree, the nodes form a
 * path, no group is below a minimum, and the names of those she is counted with fit the signed hash and number. Her own
 * eyes do the rest: she knows who her colleagues are.
 */

import { PublicKey } from "../protocol/blind_rsa";
import { equal, utf8 } from "../protocol/bytes";
import type { Manifest } from "../protocol/manifest";
import * as merkle from "../protocol/merkle";
import { type Composed, namesHash, parseComposed } from "../protocol/nodes";
import { K_FLOOR } from "../protocol/questionnaire";
import { answer, bytes, flag, list, Malformed, text, whole } from "../protocol/shape";
import type * as api from "./api";
import { alarm } from "./outcomes";

/** What an issuer answers to `GET /rounds/<id>/membership`; Malformed. */
export const said = answer({
  issuer: text(),
  language: text(),
  collected: flag,
  path: list(answer({ node: text(), proof: list(bytes(merkle.HASH)) })),
  parts: list(answer({ finest: whole(0), names: list(text()), salt: bytes(32) })),
});

export type Said = ReturnType<typeof said>;

/** One node of the path; `keys` by issuer, per part. */
export type Group = api.Group & Readonly<{ node: Composed; keys: ReadonlyMap<string, readonly (PublicKey | null)[]> }>;

export type Place = Readonly<{ part: number; path: readonly Group[]; finest: Group; names: readonly string[] }>;

/** What the issuers that were asked say alike. */
export class Membership implements api.Membership {
  readonly language: string;
  readonly path: readonly Group[];
  readonly places: readonly Place[];
  readonly collected: readonly string[];
  readonly issuers: readonly string[];

  /** From parsed answers by the issuers' names; stops with an alarm for whatever does not hold. */
  constructor(manifest: Manifest, answers: ReadonlyMap<string, Said>) {
    const [[firstName, first] = ["", null]] = answers;
    if (first === null) throw new RangeError("nobody was asked");
    this.path = path(manifest, first.path);
    for (const [name, other] of answers) {
      if (other.issuer !== name) throw alarm("wrong-groups", name);
      const different = other.path.some((step, at) => step.node !== first.path[at]?.node);
      if (different || other.path.length !== first.path.length) {
        throw alarm("different-groups", `${firstName}, ${name}`);
      }
    }
    // Proofs of the others prove the same; what they say is compared, so theirs need not be checked again.
    checkKeys(manifest, this.path);
    const parts = manifest.draft.questionnaire.parts;
    if ([...answers.values()].some((one) => one.parts.length !== parts.length)) throw alarm("wrong-groups", "parts");
    this.language = first.language;
    this.places = parts.map((_, part) => place(manifest, this.path, part, answers));
    this.collected = [...answers].filter(([, one]) => one.collected).map(([name]) => name);
    this.issuers = [...answers.keys()];
  }
}

/** The groups from the company down, each proven to be in the tree and to lie in the one before. */
function path(manifest: Manifest, steps: Said["path"]): readonly Group[] {
  const smallest = Math.max(K_FLOOR, Math.min(...manifest.draft.questionnaire.parts.map((part) => part.k)));
  const found: Group[] = [];
  for (const step of steps) {
    const above = found.at(-1);
    const node = proven(manifest, step);
    if (node === null || node.parent !== (above?.id ?? null)) throw alarm("wrong-groups", `path ${found.length}`);
    if (node.size < smallest) throw alarm("small-group", `${node.label}: ${node.size}`);
    if (above && node.size > above.size) throw alarm("wrong-groups", node.label);
    found.push(group(manifest, node));
  }
  if (found.length === 0) throw alarm("wrong-groups", "path");
  return found;
}

function proven(manifest: Manifest, step: Said["path"][number]): Composed | null {
  try {
    const node = parseComposed(step.node);
    const item = utf8(step.node);
    return merkle.check(manifest.nodeRoot, manifest.nodeCount, node.id, item, step.proof) ? node : null;
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) return null;
    throw error;
  }
}

function group(manifest: Manifest, node: Composed): Group {
  const parts = manifest.draft.questionnaire.parts.length;
  const issuers = manifest.parties.issuers.map(({ name }) => name);
  const perPart = [node.own, ...node.keys.values(), ...node.names.values()];
  const complete = [node.keys, node.names].every((of) => of.size === issuers.length && issuers.every((n) => of.has(n)));
  if (!complete || perPart.some((each) => each.length !== parts)) throw alarm("wrong-keys", node.label);
  try {
    const keys = new Map(
      [...node.keys].map(([issuer, moduli]) => [
        issuer,
        moduli.map((modulus) => (modulus === null ? null : PublicKey.fromModulus(modulus))),
      ]),
    );
    return { id: node.id, kind: node.kind, label: node.label, size: node.size, node, keys };
  } catch (error) {
    if (error instanceof Malformed) throw alarm("wrong-keys", node.label);
    throw error;
  }
}

/** A key where the minimum is reached, of every issuer alike, and no key twice: a key alone names its group. */
function checkKeys(manifest: Manifest, path: readonly Group[]): void {
  const moduli = [...manifest.admissionKeys.values()].map((key) => key.n);
  for (const of of path) {
    for (const [part, asked] of manifest.draft.questionnaire.parts.entries()) {
      const there = [...of.keys.values()].flatMap((keys) => keys[part]?.n ?? []);
      const expected = of.size >= asked.k;
      if (there.length > 0 && !expected) throw alarm("small-group", of.label);
      if (there.length > 0 && there.length < of.keys.size) throw alarm("wrong-keys", of.label);
      // Only a merge group may be without a key although it is large enough: all its children have theirs.
      if (there.length === 0 && expected && of.kind !== "merge") throw alarm("wrong-keys", of.label);
      moduli.push(...there);
    }
  }
  if (new Set(moduli).size < moduli.length) throw alarm("wrong-keys", "duplicate");
}

function place(manifest: Manifest, path: readonly Group[], part: number, answers: ReadonlyMap<string, Said>): Place {
  const keyed = path.filter((of) => of.keys.get(manifest.parties.lead.name)?.[part]);
  const finest = keyed.at(-1);
  const layout = manifest.layouts[part];
  if (!finest || !layout || keyed[0] !== path[0] || keyed.length > layout.slots) {
    throw alarm("wrong-keys", `part ${part}`);
  }
  const [[firstName, first] = ["", null]] = answers;
  const names = first?.parts[part]?.names ?? [];
  for (const [issuer, of] of answers) {
    const here = of.parts[part] as Said["parts"][number];
    if (here.finest !== finest.id) throw alarm("wrong-groups", finest.label);
    if (here.names.length !== names.length || here.names.some((name, at) => name !== names[at])) {
      throw alarm("different-members", `${firstName}, ${issuer}: ${finest.label}`);
    }
    if (!fits(finest, part, issuer, here)) throw alarm("wrong-members", finest.label);
  }
  return { part, path: keyed, finest, names };
}

/** Whether these are as many names as the rules say, and exactly those that they say. */
function fits(finest: Group, part: number, issuer: string, here: Said["parts"][number]): boolean {
  const [own, expected] = [finest.node.own[part] ?? null, finest.node.names.get(issuer)?.[part] ?? null];
  if (own === null || expected === null || here.names.length !== own) return false;
  try {
    return equal(namesHash(here.salt, here.names), expected);
  } catch {
    return false; // Names that have no canonical form.
  }
}
