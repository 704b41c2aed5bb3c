"""Checking afterwards: the list of counted entries is the signed one, or it is an alarm; and it tells of each part."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from clients.cli import counting
from clients.cli.counting import Fate
from clients.cli.outcomes import Alarm, AlarmReason, BadInput, Refusal, Trouble, Unavailable
from clients.cli.wallet import Entry, Sent, Wallet
from shared import bundle, records
from shared.canonical import b64, unb64
from shared.records import Kind
from tests.clients.cli.suite import Suite, running
from tests.keys import ed25519_key
from tests.rounds_made import make_round

RELEASE = r"GET https://report.example/rounds/spring/release$"
COUNTED = r"GET https://report.example/rounds/spring/counted$"


@dataclass
class Over:
    """A round that is over, with the wallets of those who answered."""

    suite: Suite
    wallets: Mapping[str, Wallet]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Over]:
    """Nine answered, so the comments (from ten on) are held back; one of them changed her mind an hour later."""
    with running(tmp_path_factory.mktemp("counting")) as suite:
        suite.open()
        wallets = suite.answers([f"p{number}" for number in range(9)], q0=3, keep="Alles")
        suite.world.clock.now += 3600
        suite.client().answer(
            suite.manifest,
            wallets["p0"],
            [suite.manifest.draft.questionnaire.parts[part].size * b"\0" for part in range(2)],
            suite.world.clock.now,
        )
        suite.count()
        yield Over(suite, wallets)


@pytest.fixture
def over(world: Over) -> Over:
    world.suite.changes.clear()
    world.suite.asked.clear()
    return world


def entry(over: Over, person: str = "p1") -> Entry:
    found = over.wallets[person].get("spring")
    assert found is not None
    return found


def alarm(over: Over) -> AlarmReason:
    with pytest.raises(Alarm) as raised:
        over.suite.client().fates("spring", over.wallets["p1"])
    return raised.value.reason


def listed(over: Over) -> dict[bytes, bool]:
    return dict(over.suite.client().counted("spring", over.wallets["p1"]).listed)


def test_everybody_finds_her_answers_counted_and_the_comments_held_back(over: Over) -> None:
    for wallet in over.wallets.values():
        assert over.suite.client().fates("spring", wallet) == (Fate.COUNTED, Fate.HELD_BACK)


def test_asking_tells_nothing_about_who_asks(over: Over) -> None:
    asked = []
    for person in ("p1", "p2"):
        over.suite.asked.clear()
        over.suite.client().fates("spring", over.wallets[person])
        asked.append([(one.method, str(one.url), one.content, one.headers.raw) for one in over.suite.asked])
    assert asked[0] == asked[1]
    assert [url for _, url, *_ in asked[0]] == [
        "https://report.example/rounds/spring/release",
        "https://report.example/rounds/spring/counted",
    ]


def test_only_the_last_version_of_an_answer_is_in_the_list(over: Over) -> None:
    found = listed(over)
    first, last = entry(over, "p0").sent[0]
    assert last.counted in found
    assert first.counted not in found
    assert len(found) == 18


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries[:-1],
        lambda entries: entries[1:],
        lambda entries: [],
        lambda entries: entries[::-1],
        lambda entries: [*entries, entries[-1]],
        lambda entries: [*entries[:-1], b64(b"\1" + bytes(16))],
        lambda entries: [b64(bytes([unb64(one)[0] ^ 1]) + unb64(one)[1:]) for one in entries],
        lambda entries: [*entries[:-1], b64(unb64(entries[-1]) + b"\0")],
    ],
)
def test_a_list_that_was_shortened_or_changed_is_an_alarm(over: Over, change: Callable[[list[str]], list[str]]) -> None:
    over.suite.lies(COUNTED, lambda value: {"entries": change(value["entries"])})
    assert alarm(over) is AlarmReason.BAD_LIST


def test_a_signed_list_that_is_no_list_of_entries_is_an_alarm() -> None:
    items = [b"x"]
    body = {"opening": "", "cells": {}, "words": {}, "counted": bundle.pack(items).reference}
    release = records.Record(Kind.RELEASE, "spring", "aggregate", body, "")
    with pytest.raises(Alarm) as raised:
        counting.check_list(release, items)
    assert raised.value.reason is AlarmReason.BAD_LIST


def of_kind(texts: list[str], kind: Kind) -> list[str]:
    return [text for text in texts if records.peek(text.encode()).kind is kind]


@pytest.mark.parametrize("kind", [Kind.MANIFEST, Kind.ACCEPT, Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE])
def test_every_record_of_the_chain_must_be_there_once(over: Over, kind: Kind) -> None:
    over.suite.lies(RELEASE, lambda value: {"records": [t for t in value["records"] if t not in of_kind([t], kind)]})
    assert alarm(over) is AlarmReason.BAD_RELEASE


def resigned(over: Over, kind: Kind, author: str, key: Any = None, **changes: Any) -> Callable[[Any], Any]:
    """The records with one of them signed anew, with other contents or another key."""

    def change(value: Any) -> Any:
        (old,) = of_kind(value["records"], kind)
        record = records.peek(old.encode())
        round_id = changes.pop("round", record.round_id)
        new = records.sign(
            kind, round_id, author, record.body | changes, key or over.suite.world.installed.identities[author]
        )
        return {"records": [new if text == old else text for text in value["records"]]}

    return change


@pytest.mark.parametrize(
    ("kind", "author"),
    [(Kind.CUT, "gate"), (Kind.BATCH, "gate"), (Kind.OPENING, "aggregate"), (Kind.RELEASE, "aggregate")],
)
def test_a_record_signed_with_another_key_is_an_alarm(over: Over, kind: Kind, author: str) -> None:
    over.suite.lies(RELEASE, resigned(over, kind, author, ed25519_key(50)))
    assert alarm(over) is AlarmReason.BAD_RELEASE


@pytest.mark.parametrize(
    ("kind", "author"),
    [(Kind.CUT, "aggregate"), (Kind.BATCH, "aggregate"), (Kind.OPENING, "gate"), (Kind.RELEASE, "gate")],
)
def test_a_record_by_a_party_whose_business_it_is_not_is_an_alarm(over: Over, kind: Kind, author: str) -> None:
    over.suite.lies(RELEASE, resigned(over, kind, author))
    assert alarm(over) is AlarmReason.BAD_RELEASE


CHAIN = (
    (Kind.CUT, "gate", "manifest"),
    (Kind.BATCH, "gate", "cut"),
    (Kind.OPENING, "aggregate", "batch"),
    (Kind.RELEASE, "aggregate", "opening"),
)
"""Each record, its author, and the member in which it names the one before."""


@pytest.mark.parametrize(("kind", "author", "named"), CHAIN)
def test_a_record_that_names_another_one_before_it_is_an_alarm(over: Over, kind: Kind, author: str, named: str) -> None:
    over.suite.lies(RELEASE, resigned(over, kind, author, **{named: b64(bytes(32))}))
    assert alarm(over) is AlarmReason.BAD_RELEASE


@pytest.mark.parametrize("broken", ["manifest", "cut", "batch", "opening"])
def test_one_broken_link_is_noticed_though_all_that_follows_fits(over: Over, broken: str) -> None:
    """Gate and aggregate together sign a chain anew in which only one record names something else."""
    keys = over.suite.world.installed.identities

    def rebuilt(value: Any) -> Any:
        kept = [text for text in value["records"] if records.peek(text.encode()).kind in (Kind.MANIFEST, Kind.ACCEPT)]
        before = over.suite.manifest.fingerprint
        for kind, author, named in CHAIN:
            (old,) = of_kind(value["records"], kind)
            body = records.peek(old.encode()).body | {named: b64(bytes(32)) if named == broken else before}
            kept.append(records.sign(kind, "spring", author, body, keys[author]))
            before = records.digest(kept[-1])
        return {"records": kept}

    over.suite.lies(RELEASE, rebuilt)
    assert alarm(over) is AlarmReason.BAD_RELEASE


def test_the_records_of_another_round_are_an_alarm(over: Over) -> None:
    over.suite.lies(RELEASE, resigned(over, Kind.RELEASE, "aggregate", round="summer"))
    assert alarm(over) is AlarmReason.BAD_RELEASE


def test_a_second_release_beside_the_first_is_an_alarm(over: Over) -> None:
    def twice(value: Any) -> Any:
        other = resigned(over, Kind.RELEASE, "aggregate", counted=bundle.pack([]).reference)(value)
        return {"records": [*value["records"], *of_kind(other["records"], Kind.RELEASE)]}

    over.suite.lies(RELEASE, twice)
    assert alarm(over) is AlarmReason.BAD_RELEASE


def test_a_release_of_other_rules_than_those_of_collecting_is_an_alarm(over: Over) -> None:
    other = Wallet({"spring": replace(entry(over), manifest_hash=bytes(32))})
    with pytest.raises(Alarm) as raised:
        over.suite.client().fates("spring", other)
    assert raised.value.reason is AlarmReason.CHANGED_RULES


@pytest.mark.parametrize("answer", [{}, {"records": 1}, {"records": [1]}, {"entries": []}])
def test_a_release_that_is_none_is_nonsense(over: Over, answer: Any) -> None:
    over.suite.says(RELEASE, answer)
    with pytest.raises(Unavailable) as raised:
        over.suite.client().fates("spring", over.wallets["p1"])
    assert raised.value.trouble is Trouble.NONSENSE


@pytest.mark.parametrize("records_", [["x"], ["a.b.c"], ["\ud800"], []])
def test_what_is_no_record_is_an_alarm(over: Over, records_: list[str]) -> None:
    over.suite.says(RELEASE, {"records": records_})
    assert alarm(over) is AlarmReason.BAD_RELEASE


@pytest.mark.parametrize("answer", [{}, {"entries": ["?"]}, {"entries": "x"}])
def test_a_list_that_is_none_is_nonsense(over: Over, answer: Any) -> None:
    over.suite.says(COUNTED, answer)
    with pytest.raises(Unavailable) as raised:
        over.suite.client().fates("spring", over.wallets["p1"])
    assert raised.value.trouble is Trouble.NONSENSE


def test_without_a_wallet_there_is_nothing_to_check(over: Over) -> None:
    with pytest.raises(BadInput):
        over.suite.client().fates("spring", Wallet())


def test_before_the_release_the_report_says_that_there_is_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("early")) as suite:
        suite.open()
        (wallet,) = suite.answers(["p0"]).values()
        with pytest.raises(Refusal):
            suite.client().fates("spring", wallet)


OLD, NEW, LATE = (bytes([number]) * 16 for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("sent", "found", "fate"),
    [
        ((), {OLD: True}, Fate.NOT_SENT),
        ((Sent(0, OLD, True),), {OLD: True}, Fate.COUNTED),
        ((Sent(0, OLD, True),), {OLD: False}, Fate.HELD_BACK),
        ((Sent(0, OLD, True),), {NEW: True}, Fate.MISSING),
        ((Sent(0, OLD, True), Sent(1, NEW, True)), {NEW: True}, Fate.COUNTED),
        ((Sent(0, OLD, True), Sent(1, NEW, True)), {OLD: True}, Fate.OLDER),
        ((Sent(0, OLD, True), Sent(1, NEW, True)), {}, Fate.MISSING),
        ((Sent(0, OLD, True), Sent(1, NEW, False)), {OLD: True}, Fate.COUNTED),
        ((Sent(0, OLD, True), Sent(1, NEW, False)), {NEW: True}, Fate.COUNTED),
        ((Sent(0, OLD, False),), {}, Fate.NOT_SENT),
        ((Sent(0, OLD, False),), {OLD: True}, Fate.COUNTED),
        ((Sent(0, OLD, False), Sent(1, NEW, True), Sent(2, LATE, False)), {LATE: False}, Fate.HELD_BACK),
        ((Sent(0, OLD, False), Sent(1, NEW, True), Sent(2, LATE, False)), {OLD: True}, Fate.OLDER),
    ],
)
def test_what_became_of_a_part(sent: tuple[Sent, ...], found: dict[bytes, bool], fate: Fate) -> None:
    of_part = Entry(make_round().manifest.hash, 0, sent=(sent,))
    assert counting.fates(of_part, found) == (fate,)
