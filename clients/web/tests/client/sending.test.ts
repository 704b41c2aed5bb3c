import { describe, expect, test } from "vitest";
import { type Answers, type ClientOptions, PAUSE, type SendProgress, Wallet } from "../../src/client";
import type { Entry } from "../../src/client/entry";
import { aborted } from "../../src/client/outcomes";
import { shuffled } from "../../src/client/posting";
import { browserRandom } from "../../src/client/surroundings";
import { expectAlarm, expectInput, expectNonsense, failure, must } from "../expecting";
import { makeWorld, OPENING, problem, ROUND, sign, type World } from "../world";

const GIVEN: Answers = { "safe-1": 4, other: null, keep: "Meer tijd." };

/** Everything before answering. */
async function ready(options: ClientOptions = {}) {
  const world = await makeWorld();
  const client = await world.client(options);
  const rules = must(await client.rules(ROUND));
  const wallet = new Wallet();
  must(await client.collect(rules, must(await client.membership(rules, world.access)), world.access, wallet));
  return { world, client, rules, wallet, entry: () => wallet.get(ROUND) as Entry };
}

function posted(world: World): string[] {
  return world.asked.filter(({ url }) => url.endsWith("/envelopes")).map(({ body }) => JSON.stringify(body));
}

describe("sending", () => {
  test("posts every part, the empty ones too, with pauses between", async () => {
    const pauses: number[] = [];
    const sleep = async (seconds: number) => void pauses.push(seconds);
    const { world, client, rules, wallet, entry } = await ready({ sleep });
    const sending = must(await client.seal(rules, wallet, {}));
    expect([sending.of, sending.left, sending.seconds]).toEqual([2, 2, (PAUSE[0] + PAUSE[1]) / 2]);
    const steps: Parameters<SendProgress>[0][] = [];
    must(await client.send(rules, wallet, sending, (step) => steps.push(step)));
    expect(posted(world)).toHaveLength(2);
    expect(pauses).toHaveLength(1);
    expect(pauses[0]).toBeGreaterThanOrEqual(PAUSE[0]);
    expect(pauses[0]).toBeLessThan(PAUSE[1]);
    expect(steps.map(({ left }) => left)).toEqual([2, 1, 1, 1, 0]);
    expect(steps.map(({ pause }) => pause)).toEqual([0, 0, pauses[0], 0, 0]);
    expect(entry().answered).toBe(true);
  });

  test("sends parts in any order", () => {
    const seen = new Set(Array.from({ length: 200 }, () => shuffled([1, 2, 3], browserRandom).join("")));
    expect(seen.size).toBe(6);
  });

  test("posts the same bytes again until there is a receipt, and only what has none", async () => {
    const { world, client, rules, wallet, entry } = await ready();
    const sending = must(await client.seal(rules, wallet, GIVEN));
    let lost = 7;
    world.instead(/envelopes/, (said) => (lost-- > 0 ? new TypeError("the answer was lost") : said));
    expect(failure(await client.send(rules, wallet, sending))).toMatchObject({ trouble: "network" });
    expect([posted(world).length, new Set(posted(world)).size, sending.left]).toEqual([5, 1, 2]);
    expect(entry().answered).toBe(false);
    must(await client.send(rules, wallet, sending));
    expect(new Set(posted(world)).size).toBe(2);
    expect([sending.left, entry().answered]).toEqual([0, true]);
  });

  test("waits as long as a service asks, and gives up if that is too long", async () => {
    const waits: number[] = [];
    const { world, client, rules, wallet } = await ready({ sleep: async (seconds) => void waits.push(seconds) });
    const sending = must(await client.seal(rules, wallet, GIVEN));
    const answers = ["10", "31"];
    world.instead(/envelopes/, () => problem(503, "log-unavailable", { "Retry-After": answers.shift() ?? "31" }));
    expect(failure(await client.send(rules, wallet, sending))).toMatchObject({ trouble: "busy", retryAfter: 31 });
    expect(posted(world)).toHaveLength(2);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(10);
    expect(waits[0]).toBeLessThan(15);
  });

  test("does not repeat what ingest refuses, nor nonsense", async () => {
    const { world, client, rules, wallet } = await ready();
    const sending = must(await client.seal(rules, wallet, GIVEN));
    world.instead(/envelopes/, () => (posted(world).length === 1 ? problem(409, "closed") : Response.json([])));
    expect(failure(await client.send(rules, wallet, sending))).toMatchObject({ what: "refusal", word: "closed" });
    expectNonsense(await client.send(rules, wallet, sending), "ingest");
    expect(posted(world)).toHaveLength(2);
  });

  const receipts: [string, (said: { receipt: string }, other: string) => unknown][] = [
    ["is missing", () => ({})],
    ["is about another envelope", (_, other) => ({ receipt: other })],
    ["is changed", ({ receipt }) => ({ receipt: `${receipt.slice(0, -4)}AAAA` })],
    ["is no record", () => ({ receipt: "a.b.c" })],
  ];
  test.each(receipts)("is an alarm if the receipt %s", async (_, change) => {
    const { world, client, rules, wallet, entry } = await ready();
    const payload = { round: ROUND, manifest: world.hash, envelope: "A".repeat(43) };
    const other = await sign("ingest", "klankbord-receipt", payload);
    const sending = must(await client.seal(rules, wallet, GIVEN));
    world.instead(/envelopes/, (said) => change(said, other));
    expectAlarm(await client.send(rules, wallet, sending), "bad-receipt");
    expect([sending.left, entry().answered]).toEqual([2, false]);
  });

  test("is an alarm if somebody else signed the receipt", async () => {
    const { world, client, rules, wallet } = await ready();
    const sending = must(await client.seal(rules, wallet, GIVEN));
    const forged = await sign("gate", "klankbord-receipt", { round: ROUND, manifest: world.hash, envelope: "x" });
    world.instead(/envelopes/, () => ({ receipt: forged }));
    expectAlarm(await client.send(rules, wallet, sending), "bad-receipt");
  });

  test("can be stopped by the page in a pause, and goes on later", async () => {
    const stop = new AbortController();
    const sleep = async (_: number, signal?: AbortSignal) => {
      stop.abort();
      if (signal?.aborted) throw aborted();
    };
    const { client, rules, wallet } = await ready({ sleep });
    const sending = must(await client.seal(rules, wallet, GIVEN));
    expect(failure(await client.send(rules, wallet, sending, () => {}, stop.signal))).toEqual({ what: "aborted" });
    expect(sending.left).toBe(1);
    must(await client.send(rules, wallet, sending));
  });
});

describe("changing", () => {
  test("sends all parts again under a higher revision, whichever device did it before", async () => {
    let now = OPENING + 10;
    const { world, client, rules, wallet, entry } = await ready({ now: () => now });
    for (const given of [GIVEN, { keep: "Anders." }]) {
      must(await client.send(rules, wallet, must(await client.seal(rules, wallet, given))));
    }
    expect(entry().sent.map((of) => of.map(({ revision }) => revision))).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(new Set(posted(world)).size).toBe(4);
    now = OPENING + 3 * 3600;
    must(await client.seal(rules, wallet, {}));
    expect([entry().lastRevision, entry().answered]).toEqual([768, false]);
    now = OPENING - 99_999;
    must(await client.seal(rules, wallet, {}));
    expect(entry().lastRevision).toBe(769);
  });
});

describe("what is no answer", () => {
  const wrong: [string, Answers, string][] = [
    ["an option beyond the scale", { "safe-1": 5 }, "no-such-option"],
    ["an option below it", { "safe-1": -1 }, "no-such-option"],
    ["half an option", { "safe-1": 0.5 }, "no-such-option"],
    ["words where an option belongs", { "safe-1": "3" }, "no-such-option"],
    ["a number where words belong", { keep: 1 }, "no-text"],
    ["an unknown question", { surprise: 1 }, "unknown-question"],
    ["a text that is too long", { keep: "é".repeat(129) }, "too-long"],
    ["a text with a bidi control", { keep: "a\u202eb" }, "refused-characters"],
  ];
  test.each(wrong)("is refused before anything is sealed: %s", async (_, given, reason) => {
    const { world, client, rules, wallet, entry } = await ready();
    expectInput(await client.seal(rules, wallet, given), reason);
    expect([entry().lastRevision, posted(world)]).toEqual([-1, []]);
  });
});
