import { describe, expect, test } from "vitest";
import { b64 } from "../../src/protocol/base64url";
import { spell } from "../../src/protocol/canonical";
import { expectAlarm, expectInput, expectNonsense, failure, must } from "../expecting";
import { type Any, makeWorld, NAMES, type Options, ROUND, rsa, type World } from "../world";

async function membership(world: World) {
  const client = await world.client();
  return client.membership(must(await client.rules(ROUND)), world.access);
}

/** What comes of it if the issuer `liar` says something else. */
async function saying(change: (said: Any) => void, liar = "hr", options: Options = {}) {
  const world = await makeWorld(options);
  world.lie(new RegExp(`${liar}.example.*membership`), change);
  return membership(world);
}

/** What comes of it if everybody signed other nodes. */
async function signing(nodes: (nodes: Any[]) => void, options: Options = {}) {
  return membership(await makeWorld({ ...options, nodes }));
}

function changed(step: Any, change: (node: Any) => void): string {
  const node = JSON.parse(step.node);
  change(node);
  return spell(node);
}

describe("an honest issuer", () => {
  test("tells where each part counts and with whom", async () => {
    const places = must(await membership(await makeWorld({ issuers: 2 })));
    expect(places.places.map(({ path }) => path.map(({ label, size }) => `${label} ${size}`))).toEqual([
      ["Velda 20", "Payments 12"],
      ["Velda 20", "Payments 12"],
    ]);
    expect(places.places[1]?.finest.label).toBe("Payments");
    expect(places.places[0]?.names).toEqual(NAMES);
    expect([places.language, places.collected, places.issuers]).toEqual(["nl", [], ["hr", "council"]]);
  });

  test("may be asked alone, while other codes are still to be typed", async () => {
    const world = await makeWorld({ issuers: 2 });
    const client = await world.client();
    const rules = must(await client.rules(ROUND));
    const { council } = world.access as { council: NonNullable<(typeof world.access)[string]> };
    expect(must(await client.membership(rules, { council })).issuers).toEqual(["council"]);
    expectInput(await client.membership(rules, {}), "no-access-code");
  });

  test("may merge groups that have no key", async () => {
    const nodes = (all: Any[]) => {
      all[1].kind = "merge";
      all[1].keys.hr = [null, null];
      all[0].own = all[0].names.hr = [null, null];
      all[0].own = [12, 12];
      all[0].names.hr = all[1].names.hr;
    };
    const world = await makeWorld({ nodes });
    world.lie(/membership/, (said) => {
      for (const part of said.parts) part.finest = 0;
    });
    expect(must(await membership(world)).places.map(({ path }) => path.length)).toEqual([1, 1]);
  });
});

describe("an issuer that does not know the code", () => {
  test("refuses in its own words", async () => {
    const world = await makeWorld();
    const client = await world.client();
    const rules = must(await client.rules(ROUND));
    const hr = { kind: "access" as const, text: "KA-0000" };
    expect(failure(await client.membership(rules, { hr }))).toMatchObject({ what: "refusal", word: "unknown-code" });
  });
});

describe("an issuer's answer is nonsense", () => {
  const shapes: [string, (said: Any) => void][] = [
    ["without a path", (said) => delete said.path],
    ["with a proof that is none", (said) => (said.path[0].proof = ["AAAA"])],
    ["with collected that is neither true nor false", (said) => (said.collected = 1)],
    ["with names that are none", (said) => (said.parts[0].names = [1])],
    ["with a salt of another length", (said) => (said.parts[0].salt = "AAAA")],
    ["with a finest group that is none", (said) => (said.parts[0].finest = -1)],
  ];
  test.each(shapes)("%s", async (_, change) => expectNonsense(await saying(change), "hr"));
});

describe("an issuer's answer is an alarm", () => {
  const groups: [string, (said: Any) => void][] = [
    ["in another issuer's name", (said) => (said.issuer = "council")],
    [
      "with a node that is not in the tree",
      (said) => (said.path[1].node = changed(said.path[1], (n) => (n.size = 19))),
    ],
    ["with a node that is none", (said) => (said.path[1].node = "{}")],
    ["with a node in another spelling", (said) => (said.path[1].node += " ")],
    ["with the proof of another node", (said) => (said.path[1].proof = said.path[0].proof)],
    ["with a step too few", (said) => said.path.pop()],
    ["without the company", (said) => said.path.shift()],
    ["upside down", (said) => said.path.reverse()],
    ["with a step twice", (said) => said.path.push(said.path[1])],
    ["without any step", (said) => (said.path = [])],
    ["with another finest group than the path says", (said) => (said.parts[0].finest = 0)],
    ["with a part less", (said) => said.parts.pop()],
    ["with a part more", (said) => said.parts.push(said.parts[0])],
  ];
  test.each(groups)("%s", async (_, change) => expectAlarm(await saying(change), "wrong-groups"));

  const names: [string, (names: string[]) => unknown][] = [
    ["a name less", (all) => all.pop()],
    ["a name more", (all) => all.push("Zoë")],
    ["another name", (all) => (all[3] = "Zoë")],
    ["a name that is none", (all) => (all[3] = "\ud800")],
    ["nobody", (all) => all.splice(0)],
  ];
  test.each(names)("with %s than the rules say", async (_, change) => {
    expectAlarm(await saying((said) => change(said.parts[0].names)), "wrong-members");
  });

  test("with another salt", async () => {
    expectAlarm(await saying((said) => (said.parts[0].salt = b64(new Uint8Array(32)))), "wrong-members");
  });

  test("if it names other people than another issuer", async () => {
    const change = (said: Any) => (said.parts[0].names[0] = "Zoë");
    expectAlarm(await saying(change, "council", { issuers: 2 }), "different-members");
  });

  test("if it places a person elsewhere than another issuer", async () => {
    expectAlarm(await saying((said) => said.path.pop(), "council", { issuers: 2 }), "different-groups");
    const rename = (said: Any) => (said.path[1].node = changed(said.path[1], (node) => (node.label = "Pay")));
    expectAlarm(await saying(rename, "council", { issuers: 2 }), "different-groups");
  });
});

describe("signed nodes are an alarm", () => {
  test("with a group below the minimum, with a key and without", async () => {
    expectAlarm(await signing(([, payments]) => (payments.size = 4)), "small-group");
    const nodes = ([, payments]: Any[]) => {
      payments.size = 4;
      payments.keys.hr = [null, null];
    };
    expectAlarm(await signing(nodes), "small-group");
  });

  test("with a key for a part whose minimum the group misses", async () => {
    expectAlarm(await signing(([, payments]) => (payments.size = 9)), "small-group");
  });

  test("with a group that is larger than the one it lies in", async () => {
    expectAlarm(await signing(([, payments]) => (payments.size = 21)), "wrong-groups");
  });

  const modulus = (number: number) => b64(rsa(number).modulus);
  const keys: [string, (nodes: Any[]) => void][] = [
    ["no key where one belongs", ([, payments]) => (payments.keys.hr = [payments.keys.hr[0], null])],
    ["the company without a key", ([company]) => (company.keys.hr = [company.keys.hr[0], null])],
    ["the key of the group above", ([company, payments]) => (payments.keys.hr[0] = company.keys.hr[0])],
    ["one key for two parts", ([, payments]) => (payments.keys.hr[1] = payments.keys.hr[0])],
    ["the key of admission", ([, payments]) => (payments.keys.hr[0] = modulus(0))],
    ["keys for another number of parts", ([, payments]) => payments.keys.hr.pop()],
    ["keys of an unknown issuer", ([, payments]) => (payments.keys.council = [null, null])],
    ["keys of nobody", ([, payments]) => (payments.keys = {})],
    ["names of nobody", ([, payments]) => (payments.names = {})],
    ["an even key", ([, payments]) => (payments.keys.hr[0] = `${payments.keys.hr[0].slice(0, -2)}AA`)],
  ];
  test.each(keys)("with %s", async (_, nodes) => expectAlarm(await signing(nodes), "wrong-keys"));

  test("with a key of one issuer and none of another", async () => {
    const nodes = ([, payments]: Any[]) => (payments.keys.council = [payments.keys.council[0], null]);
    expectAlarm(await signing(nodes, { issuers: 2 }), "wrong-keys");
  });

  test("with a path that has more keys than an envelope has room for", async () => {
    const manifest = (body: Any) => {
      body.parts[0].slots = 1;
      body.parts[0].envelope_length -= 256;
    };
    expectAlarm(await membership(await makeWorld({ manifest })), "wrong-keys");
  });

  test("with another number of people than there are names, even with the right hash", async () => {
    expectAlarm(await signing(([, payments]) => (payments.own[0] = 11)), "wrong-members");
    expectAlarm(await signing(([, payments]) => (payments.names.hr[0] = null)), "wrong-members");
  });
});
