"""Aggregate's part in agreeing on a round: its key, and its yes or no to the whole."""

from pathlib import Path
from typing import Any

import pytest

from shared import bundle, nodes, records, topics
from shared.canonical import b64
from shared.log.memory import MemoryLog
from shared.manifest import compose
from shared.records import Kind
from shared.rounds import State
from shared.sealing_key import SealingKey
from tests.rounds_made import ERASE_AT, NOW, OPENS, draft_body
from tests.services.aggregate.running import Crash, Party, agreed, answers, copy, on


def test_a_draft_is_answered_with_one_key_and_a_bad_one_is_void(tmp_path: Path) -> None:
    party = Party(agreed(), tmp_path, now=NOW)
    drafted(party)
    party.start().ticks(3)
    (offer,) = party.of_kind(Kind.OFFER)
    key = SealingKey.from_bytes((tmp_path / "rounds" / "spring.key").read_bytes())
    assert records.peek(offer.encode()).body["key"] == b64(key.public)
    assert key.erase_at == ERASE_AT
    late = Party(agreed(), tmp_path / "late", now=OPENS)
    drafted(late)
    late.start().ticks(3)
    assert late.phase() is State.VOID
    assert not late.has_key
    for of in (party, late):
        of.end()


def test_a_crash_between_key_and_offer_keeps_the_key(tmp_path: Path) -> None:
    party = Party(agreed(), tmp_path, now=NOW)
    drafted(party)

    def crash(what: str) -> None:
        if what == "before say offer":
            raise Crash

    party.guard = crash
    with pytest.raises(Crash):
        party.start().ticks()
    key = (tmp_path / "rounds" / "spring.key").read_bytes()
    party.guard = lambda _what: None
    party.start().ticks()
    assert (tmp_path / "rounds" / "spring.key").read_bytes() == key
    assert len(party.of_kind(Kind.OFFER)) == 1
    party.end()


def test_a_manifest_with_its_own_offer_is_accepted_and_one_without_is_void(tmp_path: Path) -> None:
    assert proposed(tmp_path / "own", keep_offer=True) == {Kind.OFFER, Kind.ACCEPT}
    assert proposed(tmp_path / "foreign", keep_offer=False) == {Kind.VOID}


def drafted(party: Party, **changes: Any) -> None:
    """A log with nothing but a draft."""
    log = MemoryLog()
    log.create(topics.ROUNDS)
    party.made = on(party.made, log)
    body = draft_body(party.made.parties, **changes)
    log.append(topics.ROUNDS, records.sign(Kind.DRAFT, "spring", "hr", body, party.made.identities["hr"]).encode())


def proposed(home: Path, *, keep_offer: bool) -> set[Kind]:
    """What aggregate says when the others have offered and the lead proposes; with another's key under its name."""
    made, _ = answers()
    others = (Kind.DRAFT, Kind.OFFER)
    kept = copy(made.log, lambda of: of.kind in others and not (keep_offer and of.author == "aggregate"))
    party = Party(on(made, kept), home, now=NOW)
    party.start().ticks(3)
    of = party.of
    offered = {
        name: nodes.parse_offered(
            bundle.unpack(offer.body["nodes"], [entry.value for entry in kept.read(topics.nodes("spring"))])
        )
        for name, offer in of.offers.items()
        if "nodes" in offer.body
    }
    bodies = {name: offer.body for name, offer in of.offers.items()}
    composed = compose("spring", of.parties, of.draft.body, bodies, offered)
    party.made.say(Kind.MANIFEST, "hr", {"manifest": composed.manifest.body})
    party.start().ticks(3)
    said = {kind for kind, author in party.of.effective if author == "aggregate"}
    party.end()
    return said - ({Kind.OFFER} if not keep_offer else set())
