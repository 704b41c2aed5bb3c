/** RSA keys for all tests of a run, made once: each takes 0.1 s, and every issuer has one for every node and part. */

import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** PKCS #8 in PEM. */
    keys: readonly string[];
  }
}

/** Three issuers, each with a key for admission and one for each of five places. */
const COUNT = 18;

export default async function setup(project: TestProject): Promise<void> {
  const make = () =>
    promisify(generateKeyPair)("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { format: "pem", type: "spki" },
      privateKeyEncoding: { format: "pem", type: "pkcs8" },
    });
  const pairs = await Promise.all(Array.from({ length: COUNT }, make));
  project.provide(
    "keys",
    pairs.map(({ privateKey }) => privateKey),
  );
}
