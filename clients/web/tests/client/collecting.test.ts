import { describe, expect, test } from "vitest";
import { newWalletCode, parseAccessCode, parseWalletCode, Wallet, workerCruncher } from "../../src/client";
import * as crunching from "../../src/client/crunching";
import { Entry } from "../../src/client/entry";
import type { Job, Port } from "../../src/client/worker_cruncher";
import { unb64 } from "../../src/protocol/base64url";
import { PublicKey } from "../../src/protocol/blind_rsa";
import * as ed25519 from "../../src/protocol/ed25519";
import { challengeDigest, groupNonce, verify } from "../../src/protocol/tokens";
import { expectAlarm, expectInput, expectNonsense, failure, must } from "../expecting";
import { ACCESS, type Any, makeWorld, problem, ROUND, type World } from "../world";

/** Everything before collecting. */
async function ready(world: World) {
  const client = await world.client();
  const rules = must(await client.rules(ROUND));
  const places = must(await client.membership(rules, world.access));
  const wallet = new Wallet();
  const collect = (options = {}, into = wallet) => client.collect(rules, places, world.access, into, options);
  return { client, rules, places, wallet, collect };
}

function requests(world: World): string[] {
  return world.asked.filter(({ url }) => url.endsWith("/tokens")).map(({ body }) => JSON.stringify(body));
}

describe("collecting", () => {
  test("gives a valid token of every issuer for every step", async () => {
    const world = await makeWorld({ issuers: 2 });
    const { wallet, collect } = await ready(world);
    must(await collect());
    const { tickets } = wallet.get(ROUND) as Entry;
    for (const [part, { seed, nonce, admission, group, finest }] of tickets.entries()) {
      const ofGroup = groupNonce(await ed25519.publicKey(seed));
      expect(finest).toBe(1);
      for (const [at, issuer] of world.issuers.entries()) {
        const digest = challengeDigest(issuer, unb64(world.hash), "ingest.example");
        const key = (which: string) =>
          PublicKey.fromModulus(world.keys.get(`${issuer} ${which}`)?.modulus ?? new Uint8Array());
        expect(await verify(key("admission"), nonce, digest, admission[at] as Uint8Array)).toBe(true);
        for (const node of [0, 1]) {
          expect(await verify(key(`${node}.${part}`), ofGroup, digest, group[node]?.[at] as Uint8Array)).toBe(true);
          expect(await verify(key(`${1 - node}.${part}`), ofGroup, digest, group[node]?.[at] as Uint8Array)).toBe(
            false,
          );
        }
      }
    }
  });

  test("asks each issuer once, and never the same of two", async () => {
    const world = await makeWorld({ issuers: 2 });
    must(await (await ready(world)).collect());
    const asked = requests(world).map((one) => JSON.parse(one));
    expect(asked.map(({ blinded }) => blinded.length)).toEqual([6, 6]);
    expect(new Set(asked.flatMap(({ blinded }) => blinded)).size).toBe(12);
  });

  test("asks the same again with the same code, and gets the same", async () => {
    const world = await makeWorld();
    const first = await ready(world);
    const code = must(await first.collect());
    const elsewhere = await ready(world);
    expect(elsewhere.places.collected).toEqual(["hr"]);
    expect(must(await elsewhere.collect({ code: must(await parseWalletCode(code.text)) })).text).toBe(code.text);
    const [here, there] = [first.wallet.get(ROUND), elsewhere.wallet.get(ROUND)] as [Entry, Entry];
    expect(there.tickets).toEqual(here.tickets);
    expect([here.typed, there.typed]).toEqual([false, true]);
    expect(new Set(requests(world)).size).toBe(1);
  });

  test("is an alarm if somebody has collected in her name", async () => {
    const world = await makeWorld();
    const before = await ready(world);
    must(await (await ready(world)).collect());
    expectAlarm(await before.collect(), "already-collected");
    const count = requests(world).length;
    const after = await ready(world);
    expectAlarm(await after.collect(), "already-collected");
    expect(requests(world)).toHaveLength(count);
    expectAlarm(await after.collect({ code: await newWalletCode() }), "already-collected");
  });

  test("never tries a wrong signature again, and asks no further issuer", async () => {
    const world = await makeWorld({ issuers: 2 });
    const { wallet, collect } = await ready(world);
    world.lie(/hr.*tokens/, ({ signatures }) => signatures.reverse());
    expectAlarm(await collect(), "bad-token");
    expectAlarm(await collect(), "bad-token");
    expect(requests(world)).toHaveLength(1);
    expect(wallet.get(ROUND)?.collected).toBe(false);
  });

  const signatures: [string, (signatures: string[]) => unknown][] = [
    ["too few", (all) => all.pop()],
    ["too many", (all) => all.push(all[0] as string)],
    ["in another order", (all) => all.reverse()],
    ["of another length", (all) => (all[0] = "AAAA")],
    ["of something else", (all) => (all[5] = "A".repeat(342))],
  ];
  test.each(signatures)("is an alarm if there are signatures %s", async (_, change) => {
    const world = await makeWorld();
    const { collect } = await ready(world);
    world.lie(/tokens/, (said) => change(said.signatures));
    expectAlarm(await collect(), "bad-token");
  });

  test.each([{}, { signatures: 1 }, { signatures: ["!"] }])("takes %j for nonsense", async (said) => {
    const world = await makeWorld();
    const { collect } = await ready(world);
    world.instead(/tokens/, () => said);
    expectNonsense(await collect(), "hr");
  });

  test("that broke off is taken up with the same code", async () => {
    const world = await makeWorld({ issuers: 2 });
    const { wallet, collect } = await ready(world);
    let lost = true;
    world.instead(/council.*tokens/, (said) => {
      const answer = lost ? new TypeError("the answer was lost") : said;
      lost = false;
      return answer;
    });
    expect(failure(await collect())).toMatchObject({ what: "unavailable", service: "council" });
    const code = (wallet.get(ROUND) as Entry).code?.text as string;
    const kept = must(await Wallet.parse(wallet.json()));
    expectInput(await collect({ code: await newWalletCode() }), "another-key");
    expect(must(await collect({}, kept)).text).toBe(code);
    expect((kept.get(ROUND) as Entry).code).toBeNull();
    expect(new Set(requests(world)).size).toBe(2);
  });

  test("keeps the code before anything is asked", async () => {
    const world = await makeWorld();
    const { client, rules, places } = await ready(world);
    let known = -1;
    const wallet = new Wallet((of) => {
      if (known < 0) known = requests(world).length;
      expect(of.json()).toContain(of.get(ROUND)?.collected ? "tickets" : "KW-");
    });
    must(await client.collect(rules, places, world.access, wallet));
    expect(known).toBe(0);
  });

  test("is done once per round, with the code of every issuer, under the rules of the wallet", async () => {
    const world = await makeWorld({ issuers: 2 });
    const { client, rules, places, wallet, collect } = await ready(world);
    const { hr } = world.access as Any;
    expectInput(await client.collect(rules, places, { hr }, wallet), "no-access-code");
    const half = must(await client.membership(rules, { hr }));
    expectInput(await client.collect(rules, half, world.access, wallet), "no-access-code");
    expect(requests(world)).toEqual([]);
    must(await collect());
    expectInput(await collect(), "collected-before");
    const entry = wallet.get(ROUND) as Entry;
    wallet.put(ROUND, new Entry({ ...entry, manifestHash: new Uint8Array(32) }));
    expectAlarm(await collect(), "changed-rules");
  });

  test("sends access codes in headers, and the wallet code nowhere", async () => {
    const world = await makeWorld();
    const code = must(await (await ready(world)).collect());
    for (const { url, headers, body } of world.asked) {
      expect(url + JSON.stringify(body)).not.toContain("KA-");
      expect(url + JSON.stringify(body) + JSON.stringify([...headers])).not.toContain(code.text.slice(3, 13));
    }
    expect(world.asked.filter(({ headers }) => headers.get("Authorization") === `Bearer ${ACCESS}`)).toHaveLength(2);
  });

  test("says what an issuer refuses in its words", async () => {
    const world = await makeWorld();
    const { collect } = await ready(world);
    world.instead(/tokens/, () => problem(409, "not-collecting"));
    expect(failure(await collect())).toMatchObject({ what: "refusal", word: "not-collecting", service: "hr" });
  });
});

describe("a worker", () => {
  /** What a Worker does with src/worker.ts, without the thread: everything posted is cloned. */
  function port(work: (job: Job) => Promise<unknown>): Port {
    const listeners = new Map<string, (event: { data?: unknown }) => void>();
    return {
      addEventListener: (kind, listener) => void listeners.set(kind, listener),
      postMessage: (job) => {
        const { id } = structuredClone(job);
        work(structuredClone(job)).then(
          (value) => listeners.get("message")?.({ data: structuredClone({ id, value }) }),
          () => listeners.get("error")?.({}),
        );
      },
    };
  }

  const compute = async (job: Job) =>
    job.call === "ask" ? crunching.ask(job.order) : crunching.finalize(job.asked, job.signatures);

  test("computes what the page would", async () => {
    const world = await makeWorld();
    let jobs = 0;
    const cruncher = workerCruncher(
      port((job) => {
        jobs++;
        return compute(job);
      }),
    );
    const client = await world.client({ cruncher });
    const rules = must(await client.rules(ROUND));
    const places = must(await client.membership(rules, world.access));
    must(await client.collect(rules, places, world.access, new Wallet()));
    expect(jobs).toBe(2);
  });

  test.each([
    ["breaks", port(() => Promise.reject(new Error("out of memory")))],
    ["is not there", null],
  ])("that %s leaves the work to the page", async (_, broken) => {
    const world = await makeWorld();
    const client = await world.client({ cruncher: workerCruncher(broken) });
    const rules = must(await client.rules(ROUND));
    const places = must(await client.membership(rules, world.access));
    must(await client.collect(rules, places, world.access, new Wallet()));
  });
});

describe("a typed code", () => {
  test("is told to be wrong before anything is sent", async () => {
    const key = (await newWalletCode()).text;
    expectInput(await parseAccessCode(key), "access-code-kind");
    expectInput(await parseAccessCode("hello"), "access-code-prefix");
    expectInput(await parseAccessCode(ACCESS.replace(/.$/, "U")), "access-code-character");
    expectInput(await parseAccessCode(ACCESS.slice(0, -1)), "access-code-length");
    const swapped = ACCESS.endsWith("0") ? `${ACCESS.slice(0, -1)}1` : `${ACCESS.slice(0, -1)}0`;
    expectInput(await parseAccessCode(swapped), "access-code-checksum");
    expectInput(await parseWalletCode(ACCESS), "wallet-code-kind");
    expect(must(await parseAccessCode(` ${ACCESS.toLowerCase().replaceAll("-", " – ")} `)).text).toBe(ACCESS);
  });
});
