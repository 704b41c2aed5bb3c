import { describe, expect, test } from "vitest";
import { type Fate, Wallet } from "../../src/client";
import { fates, lost } from "../../src/client/counting";
import { Entry } from "../../src/client/entry";
import { b64 } from "../../src/protocol/base64url";
import { concat, hex, u8, utf8 } from "../../src/protocol/bytes";
import { sha256Now } from "../../src/protocol/hashes_now";
import { expectAlarm, expectInput, expectNonsense, failure, must } from "../expecting";
import { makeWorld, problem, ROUND, record, sign } from "../world";

const item = (flag: number, name: string) => concat(u8(flag), sha256Now(utf8(name)).slice(0, 16));

/** A released round, and a wallet whose first part is in its list. */
async function over() {
  const world = await makeWorld();
  const sent = ["a", "b"].map((name) => [{ revision: 0, counted: item(1, name).slice(1), acknowledged: true }]);
  const tickets = sent.map(() => ({
    nonce: new Uint8Array(32),
    seed: new Uint8Array(32),
    finest: 1,
    admission: [],
    group: [],
  }));
  const manifestHash = sha256Now(utf8("")).map((_, at) => Buffer.from(world.hash, "base64url")[at] ?? 0);
  const wallet = new Wallet();
  wallet.put(ROUND, new Entry({ manifestHash, opens: 0, code: null, typed: false, tickets, sent, groups: [] }));
  await world.release([item(1, "a"), item(0, "b"), item(1, "c")]);
  const client = await world.client();
  return { world, wallet, check: () => client.counted(ROUND, wallet) };
}

describe("the list of counted entries", () => {
  test("tells what became of each part, and the asking tells nothing", async () => {
    const { world, check } = await over();
    const counted = must(await check());
    expect([counted.fates, counted.alarm, counted.listed]).toEqual([["counted", "held-back"], null, 3]);
    expect(world.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET https://report.example/rounds/${ROUND}/release`,
      `GET https://report.example/rounds/${ROUND}/counted`,
    ]);
  });

  test("without an acknowledged answer is an alarm beside the fates", async () => {
    const { world, check } = await over();
    await world.release([item(1, "c")]);
    const { fates: found, alarm } = must(await check());
    expect(found).toEqual(["missing", "missing"]);
    expect(alarm).toMatchObject({ what: "alarm", reason: "not-counted" });
  });

  const changes: [string, (entries: string[]) => unknown][] = [
    ["shortened", (all) => all.pop()],
    ["emptied", (all) => all.splice(0)],
    ["lengthened", (all) => all.push(b64(item(1, "z")))],
    ["in another order", (all) => all.reverse()],
    ["changed", (all) => (all[0] = b64(item(1, "z")))],
    ["with an entry twice", (all) => all.push(all[2] as string)],
    ["with an entry of another length", (all) => (all[0] = "AAAA")],
  ];
  test.each(changes)("that was %s is an alarm", async (_, change) => {
    const { world, check } = await over();
    world.lie(/counted/, (said) => change(said.entries));
    expectAlarm(await check(), "bad-list");
  });

  test("that is signed and no list of entries is an alarm", async () => {
    const { world, check } = await over();
    await world.release([utf8("no entry")]);
    expectAlarm(await check(), "bad-list");
    await world.release([item(1, "a"), item(0, "a")]);
    expectAlarm(await check(), "bad-list");
  });

  test.each([{}, { entries: 1 }, { entries: ["!"] }])("that is %j is nonsense", async (said) => {
    const { world, check } = await over();
    world.instead(/counted/, () => said);
    expectNonsense(await check(), "report");
  });
});

describe("a release", () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])("without or with two of record %i is an alarm", async (at) => {
    const { world, check } = await over();
    const whole = world.records;
    world.records = whole.filter((_, place) => place !== at);
    expectAlarm(await check(), "bad-release");
    // Accepts may come twice: they all say the same.
    world.records = [...whole, whole[at] as string];
    if (at < 1 || at > 3) expectAlarm(await check(), "bad-release");
    else must(await check());
  });

  test.each(["cut", "batch", "opening", "release"])("whose %s somebody else signed is an alarm", async (kind) => {
    const { world, check } = await over();
    const place = ["cut", "batch", "opening", "release"].indexOf(kind) + 4;
    const { author, body } = JSON.parse(
      Buffer.from((world.records[place] ?? "").split(".")[1] ?? "", "base64url").toString(),
    );
    const other = author === "gate" ? "aggregate" : "gate";
    world.records[place] = await record(other, kind, body);
    expectAlarm(await check(), "bad-release");
    world.records[place] = await sign(author, `klankbord-${kind}`, { author: other, body, round: ROUND });
    expectAlarm(await check(), "bad-release");
    world.records[place] = await record(author, kind, body, "autumn");
    expectAlarm(await check(), "bad-release");
    world.records[place] = await record(author, kind, { ...body, surprise: 1 });
    expectAlarm(await check(), "bad-release");
  });

  const links = [
    ["cut", "manifest"],
    ["batch", "cut"],
    ["opening", "batch"],
    ["release", "opening"],
  ] as const;
  test.each(links)("whose %s names another %s is an alarm, though all that follows fits", async (kind, named) => {
    const { world, check } = await over();
    await world.release(world.entries, (of, body) => {
      if (of === kind) body[named] = b64(sha256Now(utf8("another")));
    });
    expectAlarm(await check(), "bad-release");
  });

  test("of other rules than those of collecting is an alarm", async () => {
    const { world, wallet, check } = await over();
    const other = await makeWorld({ draft: (body) => (body.rate = 60) });
    await other.release(world.entries);
    world.records = other.records;
    expectAlarm(await check(), "changed-rules");
    expect(wallet.get(ROUND)?.collected).toBe(true);
  });

  test.each([[], ["a.b.c"], [""]])("of %j is an alarm", async (...records) => {
    const { world, check } = await over();
    world.records = records;
    expectAlarm(await check(), "bad-release");
  });

  test("that is not there yet is a refusal, and without a wallet nothing is asked", async () => {
    const { world, check } = await over();
    world.instead(/release/, () => problem(404, "unknown-round"));
    expect(failure(await check())).toMatchObject({ what: "refusal", word: "unknown-round", service: "report" });
    expectInput(await (await world.client()).counted("autumn", new Wallet()), "not-collected");
  });
});

describe("what became of a part", () => {
  const sent = (revision: number, acknowledged: boolean) => ({
    revision,
    counted: item(1, String(revision)).slice(1),
    acknowledged,
  });
  const listed = (...revisions: number[]) =>
    new Map(revisions.map((one) => [hex(item(1, String(one)).slice(1)), true]));
  const cases: [Fate, ReturnType<typeof sent>[], number[]][] = [
    ["counted", [sent(0, true)], [0]],
    ["missing", [sent(0, true)], []],
    ["not-sent", [], []],
    ["not-sent", [sent(0, false)], []],
    ["counted", [sent(0, false)], [0]],
    ["older", [sent(0, true), sent(1, true)], [0]],
    ["counted", [sent(0, true), sent(1, false)], [1]],
    ["counted", [sent(0, true), sent(1, false)], [0]],
    ["missing", [sent(0, true), sent(1, false)], []],
  ];
  test.each(cases)("is %s", (fate, of, found) => {
    const fields = { manifestHash: new Uint8Array(32), opens: 0, code: null, typed: false, tickets: [], groups: [] };
    expect(fates(new Entry({ ...fields, sent: [of] }), listed(...found))).toEqual([fate]);
  });

  test("is an alarm if an acknowledged version is not there", () => {
    expect(lost(["counted", "older"], ROUND)?.reason).toBe("old-counted");
    expect(lost(["older", "missing"], ROUND)?.reason).toBe("not-counted");
    expect(lost(["counted", "held-back", "not-sent"], ROUND)).toBeNull();
  });
});
