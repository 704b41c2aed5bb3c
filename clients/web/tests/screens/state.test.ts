/** What the page knows, and where it lets people go: pure, with a real client in a world of honest services. */

import { beforeAll, expect, test } from "vitest";
import type { Agreed, Client, Wallet as HeldWallet, Membership } from "../../src/client";
import { newWalletCode, Wallet } from "../../src/client";
import { at, brought, fragment, placeOf, type Screen, START } from "../../src/places";
import { allowed, type Event, initial, reduce, type State, unsent, wouldLose } from "../../src/state";
import { nl } from "../../src/texts/nl";
import { makeWorld, ROUND, type World } from "../world";

let world: World;
let client: Client;
let rules: Agreed;
let membership: Membership;
let wallet: HeldWallet;

beforeAll(async () => {
  world = await makeWorld();
  client = await world.client();
  rules = must(await client.rules(ROUND));
  membership = must(await client.membership(rules, world.access));
  wallet = new Wallet();
  must(await client.collect(rules, membership, world.access, wallet));
});

function must<T>(result: { ok: true; value: T } | { ok: false; failure: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

function after(...events: Event[]): State {
  return events.reduce(reduce, initial("nl", nl, false));
}

const held = (): Event[] => [
  { did: "tell", rules },
  { did: "hold", wallet },
];
const answering = (): Event[] => [...held(), { did: "answering", rules }];
const away = { what: "unavailable", service: "hr", trouble: "network", retryAfter: null } as const;

test("every place has a fragment of its own, which leads back to it and says nothing else", () => {
  const screens: Screen[] = ["start", "rules", "limits", "code", "groups", "collecting", "key", "open", "mine"];
  const places = [...screens, ...(["all", "review", "sending", "sent", "counted"] as const)].map((one) => at(one));
  for (const place of [...places, at("question", 3)]) expect(placeOf(fragment(place))).toEqual(place);
  expect(new Set(places.map(fragment)).size).toBe(places.length);
  expect(fragment(at("question", 3))).toBe("#vraag-3");
});

test.each(["", "#", "#vraag-0", "#vraag-3x", "#vraag-99999", "#code=KA-1", "#kiosk"])("%j is no place", (hash) => {
  expect(placeOf(hash)).toBeNull();
});

test("a link brings codes, a key or the kiosk in its fragment", () => {
  expect(brought("#code=KA-1&code=KA-2")).toEqual({ codes: ["KA-1", "KA-2"], key: "", kiosk: false });
  expect(brought("#kiosk&sleutel=KW-1")).toEqual({ codes: [], key: "KW-1", kiosk: true });
  expect(brought("#begin")).toEqual({ codes: [], key: "", kiosk: false });
});

test("a screen that has nothing to show gives way to one before it", () => {
  const empty = after();
  for (const screen of ["groups", "key", "mine", "review", "sending", "sent", "counted", "code"] as const) {
    expect(allowed(empty, at(screen)), screen).toEqual(START);
  }
  expect(allowed(after(...held()), at("sent"))).toEqual(at("mine"));
  expect(allowed(after(...answering()), at("question", 4))).toEqual(at("question", 4));
  expect(allowed(after(...answering()), at("question", 5))).toEqual(at("mine"));
  expect(allowed(after(...answering()), at("sending"))).toEqual(at("review"));
  expect(allowed(after({ did: "tell", rules }), at("groups"))).toEqual(at("code"));
});

test("answers stay through going back, a failure, another language and beginning again", () => {
  const state = after(
    ...answering(),
    { did: "answer", question: "safe-1", answer: 2 },
    { did: "answer", question: "keep", answer: "Meer tijd." },
    { did: "go", place: at("question", 1) },
    { did: "fail", failure: away },
    { did: "speak", language: "en", words: nl },
    { did: "answering", rules },
  );
  expect(state.answering?.answers).toEqual({ "safe-1": 2, keep: "Meer tijd." });
});

test("what was sealed is sent again as it is, until an answer is changed", async () => {
  const sending = must(await client.seal(rules, wallet, { "safe-1": 1 }));
  const sealed = after(...answering(), { did: "sealed", sending }, { did: "fail", failure: away });
  expect(sealed.answering?.sending).toBe(sending);
  expect(allowed(sealed, at("sending"))).toEqual(at("sending"));
  expect(reduce(sealed, { did: "answer", question: "safe-1", answer: 3 }).answering?.sending).toBeNull();
});

test("an alarm is not covered by a later trouble, and both are left behind with their screen", () => {
  const alarm = { what: "alarm", reason: "wrong-keys", detail: "" } as const;
  const state = after({ did: "fail", failure: alarm }, { did: "fail", failure: away });
  expect(state.failure).toBe(alarm);
  expect(reduce(state, { did: "go", place: START }).failure).toBeNull();
});

test("what is wrong in a code is left behind with its screen, and what was typed is not", () => {
  const wrong = { "code-0": { what: "input", reason: "access-code-checksum", detail: "" } } as const;
  const state = after({ did: "type", codes: ["KA-1"], typedKey: "" }, { did: "mark", wrong });
  expect(state.wrong).toBe(wrong);
  const { wrong: left, codes } = reduce(state, { did: "go", place: START });
  expect([left, codes]).toEqual([{}, ["KA-1"]]);
});

test("codes are forgotten as soon as all is collected", async () => {
  const key = await newWalletCode();
  const candidates = [{ rules, membership, chosen: true }];
  const state = after(
    { did: "type", codes: ["KA-1"], typedKey: "KW-1" },
    { did: "show-groups", access: world.access, candidates, key: null },
    { did: "collect", key, rounds: [ROUND] },
  );
  expect([state.access, state.codes, state.typedKey, state.candidates]).toEqual([null, [], "", []]);
  expect(state.key).toBe(key);
});

test("leaving is warned of while answers or a key would be lost, and no longer", async () => {
  expect(wouldLose(after(...answering()))).toBe(false);
  const typed = after(...answering(), { did: "answer", question: "keep", answer: "Meer tijd." });
  expect(unsent(typed)).toBe(true);
  expect(wouldLose(typed)).toBe(true);
  expect(wouldLose({ ...typed, kiosk: true })).toBe(false);
  const collected = after(...held(), { did: "collect", key: await newWalletCode(), rounds: [ROUND] });
  expect(wouldLose(collected)).toBe(true);
  expect(wouldLose(reduce(collected, { did: "save" }))).toBe(false);
});

test("erasing leaves nothing of a person, and what is public", async () => {
  const before = after(
    ...answering(),
    { did: "type", codes: ["KA-1"], typedKey: "KW-1" },
    { did: "answer", question: "keep", answer: "Meer tijd." },
    { did: "collect", key: await newWalletCode(), rounds: [ROUND] },
    { did: "go", place: at("question", 2) },
  );
  const state = reduce(before, { did: "wipe", note: "wiped" });
  const { person, about, chosen, note, ...rest } = state;
  const { person: _, about: __, chosen: ___, note: ____, ...fresh } = initial("nl", nl, false);
  expect(rest).toEqual(fresh);
  expect([person, about, note]).toEqual([before.person + 1, rules, "wiped"]);
  expect(JSON.stringify({ ...state, about: null, words: null })).not.toMatch(/KA-|KW-|Meer tijd/);
});
