/** The way of one answer, with services that do as they should. */

import { expect, test } from "vitest";
import { Wallet } from "../../src/client";
import type { Entry } from "../../src/client/entry";
import { concat, hex, u8 } from "../../src/protocol/bytes";
import { must } from "../expecting";
import { makeWorld, PATH, ROUND } from "../world";

test.each([1, 2])(
  "one answer from the list of rounds to the list of counted ones, with %i issuers",
  async (issuers) => {
    const world = await makeWorld({ issuers });
    const client = await world.client();
    const [listed] = must(await client.rounds());
    expect(listed?.round).toBe(ROUND);
    const rules = must(await client.rules(ROUND));
    expect(rules.manifest.fingerprint).toBe(listed?.fingerprint);
    const places = must(await client.membership(rules, world.access));
    expect(places.path.map(({ label }) => label)).toEqual(PATH);

    const wallet = new Wallet();
    const steps: string[] = [];
    const code = must(
      await client.collect(rules, places, world.access, wallet, {
        progress: ({ issuer, doing }) => steps.push(`${issuer} ${doing}`),
      }),
    );
    expect(steps).toEqual(
      world.issuers.flatMap((name) => ["computing", "asking", "checking"].map((d) => `${name} ${d}`)),
    );
    expect(code.text).toMatch(/^KW-/);
    expect(wallet.json()).not.toContain(code.text);

    // Elsewhere, with the file alone.
    const elsewhere = must(await Wallet.parse(wallet.json()));
    const again = must(await client.rulesToAnswer(ROUND, elsewhere));
    const sending = must(await client.seal(again, elsewhere, { "safe-1": 4, keep: "Meer tijd.\r\n" }));
    const left: number[] = [];
    must(await client.send(again, elsewhere, sending, (step) => left.push(step.left)));
    expect(left.at(-1)).toBe(0);
    expect(elsewhere.get(ROUND)?.answered).toBe(true);
    expect(world.envelopes.map((one) => one.length).sort()).toEqual(
      world.manifest.parts.map((part: { envelope_length: number }) => part.envelope_length).sort(),
    );

    const entry = elsewhere.get(ROUND) as Entry;
    await world.release(entry.sent.map(([one], part) => concat(u8(part === 0 ? 1 : 0), one?.counted as Uint8Array)));
    const counted = must(await client.counted(ROUND, elsewhere));
    expect(counted.fates).toEqual(["counted", "held-back"]);
    expect(counted.alarm).toBeNull();
    expect(hex(entry.sent[0]?.[0]?.counted ?? u8(0))).toHaveLength(32);
  },
);
