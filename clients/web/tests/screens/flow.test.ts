/** The way through the page without a browser: a real client, honest services, and the order of what is asked. */

import { beforeEach, expect, test } from "vitest";
import type { Wallet } from "../../src/client";
import { Flow, first } from "../../src/flow";
import type { Navigation } from "../../src/navigation";
import { at, type Place } from "../../src/places";
import { allowed, initial, type State } from "../../src/state";
import { Store } from "../../src/store";
import { nl } from "../../src/texts/nl";
import { makeWorld, OPENING, ROUND, type World } from "../world";

let world: World;
let store: Store;
let flow: Flow;

beforeEach(async () => {
  world = await makeWorld({ issuers: 2 });
  await open();
});

/** A page that was just opened, at its start. */
async function open(place: Place = at("start")): Promise<void> {
  const client = await world.client();
  store = new Store({ ...initial("nl", nl, false), place });
  const to = (wanted: Place) => store.dispatch({ did: "go", place: allowed(store.state, wanted) });
  flow = new Flow(store, { go: to, replace: to } as Navigation, {
    parties: world.book,
    connect: () => client,
    now: () => OPENING + 60,
    mayRemember: false,
    loadMore: async () => {},
  });
  store.listen((state: State) => flow.arrived(state));
  await flow.begin();
  await settled();
}

/** Until nothing is under way any more. */
async function settled(): Promise<void> {
  const turn = () => new Promise((done) => setTimeout(done));
  do await turn();
  while (store.state.busy !== null);
}

async function collected(): Promise<Wallet> {
  await flow.showGroups(world.access);
  await flow.collect();
  return store.state.wallet as Wallet;
}

const hosts = () => new Set(world.asked.map(({ url }) => new URL(url).hostname.replace(".example", "")));

test("whoever reads what it is about is seen by no issuer", async () => {
  expect(store.state.about?.manifest.roundId).toBe(ROUND);
  expect(hosts()).toEqual(new Set(["ingest"]));
});

test("from the code to the receipts", async () => {
  await flow.showGroups(world.access);
  expect(store.state.place.screen).toBe("groups");
  await flow.collect();
  expect(store.state.place.screen).toBe("key");
  expect(store.state.key?.text).toMatch(/^KW-/);
  await flow.answer(ROUND);
  expect(store.state.place).toEqual(at("question", 1));
  store.dispatch({ did: "answer", question: "safe-1", answer: 3 });
  store.dispatch({ did: "answer", question: "keep", answer: "Meer tijd." });
  await flow.send();
  expect(store.state.failure).toBeNull();
  expect(store.state.place.screen).toBe("sent");
  expect(world.envelopes).toHaveLength(2);
});

test("with the file on another device only ingest is asked", async () => {
  const file = (await collected()).json();
  await open(at("open"));
  world.asked.length = 0;
  await flow.openFile(file);
  expect(store.state.place.screen).toBe("mine");
  await flow.answer(ROUND);
  await flow.send();
  expect(store.state.place.screen).toBe("sent");
  expect(hosts()).toEqual(new Set(["ingest"]));
});

test("with the key on paper the same tokens are there again", async () => {
  await collected();
  const { key } = store.state;
  if (!key) throw new Error("no key");
  await open(at("open"));
  await flow.openKey(key, world.access);
  expect(store.state.failure).toBeNull();
  expect(store.state.place.screen).toBe("mine");
  expect(store.state.wallet?.get(ROUND)).toMatchObject({ collected: true, typed: true });
});

test("whoever has collected before is asked for the key, and nothing is asked twice of the issuer", async () => {
  await collected();
  await open();
  await flow.showGroups(world.access);
  expect(store.state.place.screen).toBe("open");
  expect(store.state.failure).toMatchObject({ what: "alarm", reason: "already-collected" });
});

test("collecting that was broken off goes on with the same key", async () => {
  let away = true;
  world.instead(/POST https:\/\/council/, (said) => (away ? new TypeError("network") : said));
  await flow.showGroups(world.access);
  await flow.collect();
  expect(store.state.place.screen).toBe("groups");
  expect(store.state.failure).toMatchObject({ what: "unavailable", service: "council" });
  const { key } = store.state;
  away = false;
  await flow.collect();
  expect(store.state.place.screen).toBe("key");
  expect(store.state.key).toBe(key);
});

test("what could not be sent is offered again as the same bytes", async () => {
  await collected();
  await flow.answer(ROUND);
  store.dispatch({ did: "answer", question: "keep", answer: "Meer tijd." });
  let away = true;
  world.instead(/POST https:\/\/ingest/, (said) => (away ? new TypeError("network") : said));
  await flow.send();
  expect(store.state.place.screen).toBe("sending");
  expect(store.state.failure).toMatchObject({ what: "unavailable", service: "ingest" });
  const before = new Set(world.envelopes.map(String));
  expect(before.size).toBeGreaterThan(0);
  away = false;
  await flow.send();
  expect(store.state.place.screen).toBe("sent");
  expect(new Set(world.envelopes.map(String)).size).toBe(2);
});

test("an alarm stops it, and no token was asked for", async () => {
  world.lie(/membership/, (said) => {
    said.parts[0].names = said.parts[0].names.slice(1);
  });
  await flow.showGroups(world.access);
  expect(store.state.place.screen).toBe("start");
  expect(store.state.failure).toMatchObject({ what: "alarm", reason: "wrong-members" });
  expect(world.served.size).toBe(0);
});

test("erasing breaks off what is under way", async () => {
  await flow.showGroups(world.access);
  const collecting = flow.collect();
  await flow.wipe("wiped");
  await collecting;
  expect(store.state.wallet).toBeNull();
  expect(store.state.key).toBeNull();
  expect(store.state.place.screen).toBe("start");
});

test("the round that somebody comes for is the one that is open and closes first", () => {
  const one = { round: "a", state: "open", period: "", title: { nl: "", en: "" }, opens: 0, answerFrom: 0, closes: 9 };
  const listed = [one, { ...one, round: "b", closes: 5 }, { ...one, round: "c", state: "scheduled", closes: 1 }].map(
    (of) => ({ ...of, fingerprint: "" }),
  );
  expect(first(listed)?.round).toBe("b");
  expect(first(listed.slice(2))?.round).toBe("c");
  expect(first(listed.map((of) => ({ ...of, state: "released" })))?.round).toBe("a");
  expect(first([])).toBeUndefined();
});
