import { describe, expect, test } from "vitest";
import { loadBook, Wallet } from "../../src/client";
import { Entry } from "../../src/client/entry";
import { expectAlarm, expectInput, expectNonsense, failure, must } from "../expecting";
import { type Any, makeWorld, partiesJson, problem, ROUND, record, type World } from "../world";

async function rules(world: World) {
  return (await world.client()).rules(ROUND);
}

describe("the rules of a round", () => {
  test.each(["hr", "council", "gate", "aggregate"])("need the accept of %s", async (missing) => {
    const world = await makeWorld({ issuers: 2 });
    world.accepts = world.accepts.filter((_, at) => world.authors[at] !== missing);
    expectAlarm(await rules(world), "not-agreed");
  });

  test("need an accept that its author has signed", async () => {
    const world = await makeWorld();
    const [signed, payload] = [await record("ingest", "accept", { manifest: world.hash }), world.accepts[1]];
    const forged = `${payload?.split(".").slice(0, 2).join(".")}.${signed.split(".")[2]}`;
    world.accepts = [world.accepts[0] as string, forged, world.accepts[2] as string];
    expectAlarm(await rules(world), "not-agreed");
  });

  test("need accepts of this manifest and of this round", async () => {
    for (const [hash, round] of [
      [null, ROUND],
      ["", "autumn"],
    ] as const) {
      const world = await makeWorld();
      const manifest = hash === null ? (await makeWorld({ issuers: 2 })).hash : world.hash;
      world.accepts[1] = await record("gate", "accept", { manifest }, round);
      expectAlarm(await rules(world), "not-agreed");
    }
  });

  test("are signed by the lead and by nobody else", async () => {
    const world = await makeWorld({ issuers: 2 });
    world.manifestJws = await record("council", "manifest", { manifest: world.manifest });
    expectAlarm(await rules(world), "not-agreed");
  });

  test.each(["hr", "council", "ingest"])("are the same at %s, even if all have signed others too", async (liar) => {
    const world = await makeWorld({ issuers: 2 });
    const other = await makeWorld({ issuers: 2, draft: (body) => (body.rate = 60) });
    world.instead(new RegExp(`GET https://${liar}.example/rounds/${ROUND}$`), () => ({
      state: "open",
      manifest: other.manifestJws,
      accepts: other.accepts,
    }));
    expectAlarm(await rules(world), "different-rules");
  });

  test("are of the round that was asked for", async () => {
    const world = await makeWorld();
    world.instead(/rounds\/autumn/, () => ({ state: "open", manifest: world.manifestJws, accepts: world.accepts }));
    expectAlarm(await (await world.client()).rules("autumn"), "not-agreed");
  });

  test("are judged with the person's own parties.json", async () => {
    const world = await makeWorld({ issuers: 2 });
    const [book] = await partiesJson(["hr"]);
    const client = await world.client();
    const other = new (client.constructor as Any)(must(await loadBook(book)), { fetch: world.fetch });
    expectAlarm(await other.rules(ROUND), "not-agreed");
    const later = await makeWorld({ draft: (body) => (body.generation = 2) });
    expectAlarm(await rules(later), "not-agreed");
  });

  const floors: [string, (body: Any) => void, boolean?][] = [
    ["k below five", (body) => (body.questionnaire.parts[0].k = 4)],
    ["a grace below a minute", (body) => (body.grace = 59)],
    ["questions repeated within two weeks", (body) => (body.repeat_days = 13)],
    ["an end before the beginning", (body) => (body.closes = body.opens)],
    ["answers before the opening", (body) => (body.answer_from = "2026-03-02T09:59:59Z")],
    ["a round of more than a year", (body) => Object.assign(body, longer(body))],
    ["envelopes that are kept longer than 90 days", (body) => (body.erase_at = "2026-06-08T10:00:00Z")],
    ["envelopes that are erased before they are counted", (body) => (body.erase_at = body.closes)],
    ["words that stay longer than the results", (body) => (body.words_until = "2028-01-01T00:00:00Z")],
    ["results for more than ten years", (body) => (body.results_until = "2036-12-01T00:00:00Z")],
    ["nobody to turn to", (body) => delete body.contact],
    ["a part without readers", (body) => (body.questionnaire.parts[0].readers = [])],
    ["a member that nobody knows", (body) => (body.surprise = 1)],
    ["one question asked twice", (body) => (body.questionnaire.parts[1].questions[0].text.nl = "Vraag, SAFE-1!")],
    ["a scale over two answer scales", (body) => twoScales(body)],
    ["labels for another number of options", (body) => body.questionnaire.answer_scales.agree5.labels.en.pop()],
    ["a text with a bidi control", (body) => (body.questionnaire.parts[0].questions[0].text.nl = "Vraag \u202e")],
    ["a part too small for its questions", (body) => (body.questionnaire.parts[0].size = 2)],
  ];
  test.each(floors)("are refused with %s, even if everybody signed them", async (_, draft) => {
    expectAlarm(await rules(await makeWorld({ draft })), "not-agreed");
  });

  test("may be short in a trial only", async () => {
    const draft = (body: Any) => Object.assign(body, { grace: 5, repeat_days: 0 });
    must(await rules(await makeWorld({ draft, trial: true })));
    expectAlarm(await rules(await makeWorld({ draft })), "not-agreed");
  });

  const bodies: [string, (body: Any) => void][] = [
    ["another suite", (body) => (body.suites = { ...body.suites, token: "0x0001 VOPRF(P-384, SHA-384)" })],
    ["a suite more", (body) => (body.suites = { ...body.suites, more: "x" })],
    ["another version", (body) => (body.v = 2)],
    ["envelopes of another length", (body) => (body.parts[0].envelope_length += 1)],
    ["a part less", (body) => body.parts.pop()],
    ["an admission key less", (body) => (body.admission_keys = {})],
    ["an even modulus", (body) => (body.admission_keys.hr = `${body.admission_keys.hr.slice(0, -2)}AA`)],
    ["a modulus that is a square", (body) => (body.admission_keys.hr = square())],
    ["a sealing key of another length", (body) => (body.gate_key = "AAAA")],
    ["other parties", (body) => (body.draft.parties = "A".repeat(43))],
  ];
  test.each(bodies)("are refused with %s, even if everybody signed them", async (_, manifest) => {
    expectAlarm(await rules(await makeWorld({ manifest })), "not-agreed");
  });

  test.each(["", "a.b", "a.b.c", "é.é.é"])("that are %j are refused without breaking", async (manifest) => {
    const world = await makeWorld();
    world.manifestJws = manifest;
    expectAlarm(await rules(world), "not-agreed");
  });

  test.each([
    {},
    { state: "open" },
    { state: 1, manifest: "", accepts: [] },
    { state: "", manifest: "", accepts: [1] },
  ])("that are %j are nonsense", async (said) => {
    const world = await makeWorld();
    world.instead(/hr.example\/rounds\/spring/, () => said);
    expectNonsense(await rules(world), "hr");
  });

  test("are asked of ingest alone before answering, and must be those of collecting", async () => {
    const world = await makeWorld({ issuers: 2 });
    const client = await world.client();
    const wallet = new Wallet();
    expectInput(await client.rulesToAnswer(ROUND, wallet), "not-collected");
    const known = must(await client.rules(ROUND));
    must(await client.collect(known, must(await client.membership(known, world.access)), world.access, wallet));
    world.asked.length = 0;
    must(await client.rulesToAnswer(ROUND, wallet));
    expect(world.asked.map(({ url }) => url)).toEqual([`https://ingest.example/rounds/${ROUND}`]);
    const entry = wallet.get(ROUND) as Entry;
    wallet.put(ROUND, new Entry({ ...entry, manifestHash: new Uint8Array(32) }));
    expectAlarm(await client.rulesToAnswer(ROUND, wallet), "changed-rules");
    expectAlarm(await client.seal(known, wallet, {}), "changed-rules");
  });

  test("have no id that is a path", async () => {
    expectInput(await (await (await makeWorld()).client()).rules("../admin"), "bad-round-id");
  });
});

describe("the list of rounds", () => {
  test("is shown as it comes, of issuer and of ingest", async () => {
    const world = await makeWorld();
    const client = await world.client();
    expect(must(await client.rounds())).toMatchObject([{ round: ROUND, opens: 1_772_445_600, title: { nl: "Pols" } }]);
    expect(must(await client.roundsToAnswer())).toEqual(must(await client.rounds()));
  });

  test.each([{}, { rounds: {} }, { rounds: [{}] }])("that is %j is nonsense", async (said) => {
    const world = await makeWorld();
    world.instead(/example\/rounds$/, () => said);
    expectNonsense(await (await world.client()).rounds(), "hr");
  });
});

describe("an answer", () => {
  test("carries nothing that a browser adds on its own", async () => {
    const world = await makeWorld();
    const inits: RequestInit[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      inits.push(init ?? {});
      return world.fetch(input, init);
    };
    must(await (await world.client({ fetch })).rules(ROUND));
    expect(inits).not.toHaveLength(0);
    for (const init of inits) {
      expect(init).toMatchObject({ credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" });
      expect(init.redirect).toBe("error");
    }
  });

  const answers: [string, () => unknown, object][] = [
    ["a refusal", () => problem(404, "unknown-round"), { what: "refusal", word: "unknown-round", service: "hr" }],
    ["busy", () => problem(503, "log-unavailable", { "Retry-After": "7" }), { trouble: "busy", retryAfter: 7 }],
    ["broken", () => new Response("<h1>502</h1>", { status: 502 }), { trouble: "broken", service: "hr" }],
    ["a page", () => new Response("<h1>hello</h1>"), { trouble: "nonsense" }],
    ["a list", () => Response.json([1]), { trouble: "nonsense" }],
    [
      "a refusal of somebody else",
      () => Response.json({ type: "about:blank" }, { status: 403 }),
      { trouble: "nonsense" },
    ],
    [
      "no answer",
      () => new TypeError("failed to fetch"),
      { what: "unavailable", trouble: "network", retryAfter: null },
    ],
  ];
  test.each(answers)("that is %s is said in one word", async (_, said, expected) => {
    const world = await makeWorld();
    world.instead(/hr.example/, said);
    expect(failure(await rules(world))).toMatchObject(expected);
  });

  test("is not waited for after the page has stopped it", async () => {
    const stop = new AbortController();
    stop.abort();
    const world = await makeWorld();
    const fetch: typeof globalThis.fetch = async (_, init) => {
      init?.signal?.throwIfAborted();
      throw new Error("it went on");
    };
    expect(failure(await (await world.client({ fetch })).rules(ROUND, stop.signal))).toEqual({ what: "aborted" });
  });

  test("never travels without TLS beyond this machine, but in a trial", async () => {
    const plain = (trial: boolean) =>
      partiesJson(["hr"], trial).then(([book]) => book.replace("https://hr.", "http://hr."));
    const world = await makeWorld();
    const { constructor: Client } = (await world.client()) as Any;
    for (const [trial, trouble] of [
      [false, "plain-http"],
      [true, "network"],
    ] as const) {
      const fetch = async () => Promise.reject(new TypeError("nobody is there"));
      const client = new Client(must(await loadBook(await plain(trial))), { fetch });
      expect(failure(await client.rounds())).toMatchObject({ trouble });
    }
  });
});

function longer(body: Any): object {
  const years = { closes: "2027-03-04T10:00:00Z", erase_at: "2027-04-08T10:00:00Z" };
  return { ...body, ...years, words_until: "2027-06-09T10:00:00Z", results_until: "2028-03-09T10:00:00Z" };
}

function twoScales({ questionnaire }: Any): void {
  questionnaire.answer_scales.other = questionnaire.answer_scales.agree5;
  questionnaire.parts[0].questions[1].answers = "other";
}

function square(): string {
  const root = (1n << 1024n) - 105n;
  return Buffer.from((root * root).toString(16), "hex").toString("base64url");
}
