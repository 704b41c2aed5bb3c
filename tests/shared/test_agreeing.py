from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from shared import bundle, dates, nodes, topics
from shared.agreeing import VoidReason, acceptable_draft, decide, may_offer
from shared.author import Author
from shared.canonical import b64
from shared.compositions import Compositions
from shared.journal import Journal
from shared.log.port import LogUnavailable
from shared.reading import RoundsReader
from shared.records import Kind
from shared.rounds import Fold, Round, State
from tests.lives_made import (
    Offers,
    Said,
    batch_body,
    cut_body,
    install,
    life,
    make_offers,
    modulus,
    pack,
    release_body,
    thirty_two,
    up_to,
)
from tests.rounds_made import CLOSES, NOW, OPENS, questionnaire_body
from tests.shaky_log import ShakyLog


@cache
def offers() -> Offers:
    return make_offers(2)


@cache
def other_round(mark: str = "", **changes: Any) -> Offers:
    """Another round in the same log; without a mark it asks the same as the first."""
    return make_offers(
        2,
        round_id="other",
        among=offers().installed,
        first_key=100,
        questionnaire=questionnaire_body(mark),
        **changes,
    )


@dataclass
class Party:
    """One author, alone with a log."""

    name: str
    log: ShakyLog
    journal: Journal
    author: Author
    reader: RoundsReader
    compositions: Compositions

    @classmethod
    def start(cls, name: str, folder: Path, log: ShakyLog) -> "Party":
        journal = Journal(folder / name)
        author = Author(name, offers().installed.identities[name], journal, log)
        return cls(name, log, journal, author, RoundsReader(log, offers().installed.book), Compositions(log))

    def look(self) -> Fold:
        return self.reader.refresh()

    def offer(self, of: Offers) -> None:
        self.author.say(of.round_id, Kind.OFFER, of.bodies[self.name])

    def decide(self, round_id: str = "spring", now: float = NOW) -> str | None:
        fold = self.look()
        return decide(fold, fold.rounds[round_id], self.author, self.compositions, now)

    def said(self, round_id: str = "spring") -> str:
        """What it has decided: the reason of its void, "accept", or "nothing"."""
        accept, void = (self.author.own(round_id, kind) for kind in (Kind.ACCEPT, Kind.VOID))
        assert accept is None or void is None
        return "nothing" if accept is void is None else "accept" if accept else str(void and void.body["reason"])

    def append(self) -> None:
        self.author.reconcile(self.look(), NOW)


@pytest.fixture
def log() -> ShakyLog:
    return ShakyLog()


@pytest.fixture
def start(tmp_path: Path, log: ShakyLog) -> Iterator[Callable[[str], Party]]:
    started: list[Party] = []

    def starting(name: str) -> Party:
        started.append(Party.start(name, tmp_path, log))
        return started[-1]

    yield starting
    for party in started:
        party.journal.close()


@pytest.fixture
def council(log: ShakyLog, start: Callable[[str], Party]) -> Party:
    """The second issuer, which has offered; everything up to the manifest is in the log."""
    install(log, up_to(life(offers()), Kind.MANIFEST), offers())
    party = start("council")
    party.offer(offers())
    return party


# Accepting.


@pytest.mark.parametrize("name", ["hr", "council", "gate", "aggregate"])
def test_every_author_accepts_an_honest_manifest(log: ShakyLog, start: Callable[[str], Party], name: str) -> None:
    install(log, up_to(life(offers()), Kind.MANIFEST), offers())
    party = start(name)
    party.offer(offers())
    assert party.decide() is None
    assert party.said() == "accept"
    party.append()
    assert party.look().rounds["spring"].authors_of(Kind.ACCEPT) == {name}


def test_an_author_decides_once(council: Party) -> None:
    council.decide()
    for now in (NOW, OPENS, OPENS + 1):
        assert council.decide(now=now) is None
    assert council.said() == "accept"


def test_an_author_that_has_voided_does_not_accept_afterwards(council: Party) -> None:
    council.author.say("spring", Kind.VOID, {"reason": VoidReason.ROSTER})
    assert council.decide() is None
    assert council.said() == "roster"


@pytest.mark.parametrize("last", [Kind.DRAFT, Kind.OFFER, Kind.ACCEPT, Kind.CUT])
def test_nothing_is_decided_about_a_round_that_is_not_proposed(
    log: ShakyLog, start: Callable[[str], Party], last: Kind
) -> None:
    install(log, up_to(life(offers()), last), offers())
    party = start("council")
    party.offer(offers())
    assert party.decide() is None
    assert party.said() == "nothing"


# Waiting.


def test_nodes_that_are_on_their_way_are_waited_for(council: Party, log: ShakyLog) -> None:
    whole = log.values(topics.nodes("spring"))
    for length in (None, 0, 1, 3):
        log.put_back(topics.nodes("spring"), length)
        assert council.decide() is None
        assert council.said() == "nothing"
        log.put_back(topics.nodes("spring"), length or 0, tuple(whole[length or 0 :]))
    assert council.decide() is None
    assert council.said() == "accept"


def test_a_log_that_is_away_decides_nothing(council: Party, log: ShakyLog) -> None:
    fold = council.look()
    log.away = True
    with pytest.raises(LogUnavailable):
        decide(fold, fold.rounds["spring"], council.author, council.compositions, NOW)
    assert council.said() == "nothing"


@pytest.mark.parametrize("hidden", [True, False])
def test_a_manifest_is_not_accepted_after_the_opening(council: Party, log: ShakyLog, hidden: bool) -> None:
    """Whoever hides the nodes until then gains nothing."""
    if hidden:
        log.put_back(topics.nodes("spring"), None)
    assert council.decide(now=OPENS)
    assert council.said() == "late"


# Refusing.


def proposed(start: Callable[[str], Party], log: ShakyLog, made: Offers, manifest: dict[str, Any]) -> Party:
    """A party that looks at a manifest that does not follow from what was offered."""
    said = [*up_to(life(offers()), Kind.DRAFT)]
    said += [made.sign(Kind.OFFER, author, body) for author, body in made.bodies.items()]
    said.append(made.sign(Kind.MANIFEST, "hr", {"manifest": manifest}))
    install(log, said, made)
    party = start("gate")
    party.offer(made)
    assert party.look().rounds["spring"].phase is State.PROPOSED
    return party


@pytest.mark.parametrize(
    "change",
    [
        {"gate_key": thirty_two("shadow")},
        {"admission_keys": {"hr": modulus(800), "council": modulus(801)}},
        {"nodes": {"size": 4, "root": thirty_two("shadow")}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_dishonest_leads_manifest_is_made_void(
    log: ShakyLog, start: Callable[[str], Party], change: dict[str, Any]
) -> None:
    party = proposed(start, log, offers(), offers().composed.manifest.body | change)
    assert party.decide()
    assert party.said() == "bad-manifest"


def with_bundle(issuer: str, items: list[bytes]) -> Offers:
    """The offers with an issuer's bundle replaced by whatever it likes."""
    packed = bundle.pack(items)
    bodies = {**offers().bodies, issuer: offers().bodies[issuer] | {"nodes": packed.reference}}
    return replace(offers(), bodies=bodies, bundles={**offers().bundles, issuer: packed})


HOSTILE_NODES: dict[str, list[bytes]] = {
    "nothing": [],
    "noise": [b"\xff noise"],
    "json": [b"[]", b"{}"],
    "no parent": [nodes.offer(nodes.node_of(offers().nodes["council"][0] | {"parent": 9}), [None], [None])],
    "a parent that comes later": [
        pack([node | {"parent": 2}]).records[0][4:] for node in offers().nodes["council"][1:]
    ],
    "no part": [nodes.offer(nodes.node_of(node), [], []) for node in offers().nodes["council"]],
    "even key": [
        nodes.offer(
            nodes.node_of(node),
            [None if key is None else b64(b"\xff" * 255 + b"\xfe") for key in node["keys"]],
            node["names"],
        )
        for node in offers().nodes["council"]
    ],
    "huge": [nodes.offer(nodes.node_of(node | {"size": 2**32 - 1}), [None], [None]) for node in offers().nodes["hr"]],
}


@pytest.mark.parametrize("what", HOSTILE_NODES)
def test_whatever_nodes_an_issuer_offers_the_others_make_the_round_void_and_live_on(
    log: ShakyLog, start: Callable[[str], Party], what: str
) -> None:
    made = with_bundle("council", HOSTILE_NODES[what])
    party = proposed(start, log, made, offers().composed.manifest.body)
    assert party.decide()
    assert party.said() == "bad-manifest"


def test_a_bundle_that_never_mends_is_not_waited_for(log: ShakyLog, start: Callable[[str], Party]) -> None:
    packed = offers().bundles["council"]
    twice = {"chunks": 2, "index": packed.reference["index"] * 2}
    made = replace(offers(), bodies={**offers().bodies, "council": offers().bodies["council"] | {"nodes": twice}})
    party = proposed(start, log, made, offers().composed.manifest.body)
    assert party.decide()
    assert party.said() == "bad-manifest"


def test_an_offer_under_ones_own_name_that_one_did_not_make_is_refused(
    log: ShakyLog, start: Callable[[str], Party]
) -> None:
    install(log, up_to(life(offers()), Kind.MANIFEST), offers())
    silent = start("gate")
    assert silent.decide()
    assert silent.said() == "bad-manifest"
    other = start("council")
    other.author.say("spring", Kind.OFFER, offers().bodies["council"] | {"admission_key": modulus(700)})
    assert other.decide()
    assert other.said() == "bad-manifest"


def test_a_draft_below_a_floor_is_refused_also_by_who_has_offered(log: ShakyLog, start: Callable[[str], Party]) -> None:
    low = make_offers(2, among=offers().installed, grace=59)
    install(log, up_to(life(low), Kind.MANIFEST), low)
    party = start("council")
    party.offer(low)
    assert party.decide()
    assert party.said() == "bad-draft"


@pytest.mark.parametrize("where", ["group", "admission", "gate", "offer"])
def test_a_key_of_an_earlier_round_is_refused(log: ShakyLog, start: Callable[[str], Party], where: str) -> None:
    """Also of a round that was cancelled: its tokens may be in somebody's hands."""
    first = other_round("2")
    bodies = dict(offers().bodies)
    made = offers()
    if where == "group":
        old, nodes_of = first.nodes["council"][1]["keys"][0], list(offers().nodes["council"])
        nodes_of[1] = nodes_of[1] | {"keys": [old, nodes_of[1]["keys"][1]]}
        packed = pack(nodes_of)
        bodies["council"] = bodies["council"] | {"nodes": packed.reference}
        made = replace(made, nodes={**made.nodes, "council": nodes_of}, bundles={**made.bundles, "council": packed})
    elif where == "admission":
        bodies["council"] = bodies["council"] | {"admission_key": first.bodies["council"]["admission_key"]}
    elif where == "offer":
        bodies["council"] = bodies["council"] | {"admission_key": first.nodes["council"][0]["keys"][0]}
    else:
        bodies["gate"] = bodies["gate"] | {"key": first.bodies["gate"]["key"]}
    made = replace(made, bodies=bodies)
    cancelled = first.sign(Kind.CANCEL, "hr", {})
    install(log, [*up_to(life(first), Kind.ACCEPT), cancelled], first)
    party = proposed(start, log, made, made.composed.manifest.body)
    assert "used before" in str(party.decide())
    assert party.said() == "bad-manifest"


# Asking twice.


def agree(party: Party, of: Offers) -> None:
    """The party's own part in a round, and everybody else's, up to the last accept."""
    install(party.log, up_to(life(of), Kind.MANIFEST), of)
    party.offer(of)
    assert party.decide(of.round_id) is None
    party.append()
    others = [said for said in life(of) if said.kind is Kind.ACCEPT and said.author != party.name]
    party.log.append(topics.ROUNDS, *(said.raw for said in others))
    assert party.look().rounds[of.round_id].agreed


def test_the_same_question_is_not_asked_again_while_a_round_lives(log: ShakyLog, start: Callable[[str], Party]) -> None:
    party = start("gate")
    agree(party, other_round())
    install(log, up_to(life(offers()), Kind.MANIFEST), offers())
    party.offer(offers())
    assert "round other" in str(party.decide())
    assert party.said() == "bad-manifest"


def test_other_questions_may_be_asked(log: ShakyLog, start: Callable[[str], Party]) -> None:
    party = start("gate")
    agree(party, other_round("2"))
    agree(party, offers())


def test_only_earlier_proposals_count_for_who_has_accepted_neither(
    log: ShakyLog, start: Callable[[str], Party]
) -> None:
    install(log, up_to(life(offers()), Kind.MANIFEST), offers())
    install(log, up_to(life(other_round()), Kind.MANIFEST), other_round())
    party = start("gate")
    for of in (offers(), other_round()):
        party.offer(of)
    party.decide("other")
    party.decide("spring")
    assert (party.said("spring"), party.said("other")) == ("accept", "bad-manifest")


def test_a_log_that_turns_two_proposals_around_does_not_get_both_accepted(
    log: ShakyLog, start: Callable[[str], Party]
) -> None:
    party = start("gate")
    install(log, up_to(life(offers()), Kind.MANIFEST), offers())
    party.offer(offers())
    party.decide("spring")
    assert party.said("spring") == "accept"
    log.put_back(topics.ROUNDS, 0)
    install(log, up_to(life(other_round()), Kind.MANIFEST), other_round())
    install(log, up_to(life(offers()), Kind.MANIFEST), offers())
    party.offer(other_round())
    party.decide("other")
    assert party.said("other") == "bad-manifest"


def test_a_log_that_hides_an_accepted_round_gets_nothing_accepted_until_it_is_back(
    log: ShakyLog, start: Callable[[str], Party]
) -> None:
    party = start("gate")
    agree(party, other_round())
    log.put_back(topics.ROUNDS, 0)
    install(log, up_to(life(offers()), Kind.MANIFEST), offers())
    party.offer(offers())
    assert party.decide() is None
    assert party.said() == "nothing"
    install(log, up_to(life(other_round()), Kind.MANIFEST), other_round())
    party.decide()
    assert party.said() == "bad-manifest"


def dead(of: Offers) -> dict[str, Said]:
    return {
        "cancelled": of.sign(Kind.CANCEL, "hr", {}),
        "stopped": of.sign(Kind.STOP, "aggregate", {"reason": "overfull"}),
    }


@pytest.mark.parametrize("how", ["cancelled", "stopped"])
def test_what_a_dead_round_asked_may_be_asked_again(log: ShakyLog, start: Callable[[str], Party], how: str) -> None:
    party = start("gate")
    agree(party, other_round())
    log.append(topics.ROUNDS, dead(other_round())[how].raw)
    agree(party, offers())


def test_a_log_that_shows_a_released_round_as_void_does_not_get_its_questions_asked_again(
    log: ShakyLog, start: Callable[[str], Party]
) -> None:
    """Two releases of the same people, subtracted, are one person."""
    first = other_round()
    for name in ("gate", "aggregate"):
        party = start(name)
        log.put_back(topics.ROUNDS, 0)
        agree(party, first)
        fingerprint, story = first.composed.manifest.fingerprint, life(first)
        if name == "gate":
            party.author.say("other", Kind.CUT, cut_body(fingerprint))
            party.author.say("other", Kind.BATCH, batch_body(story[-3].digest))
        else:
            party.author.say("other", Kind.OPENING, {"batch": story[-3].digest})
            party.author.say("other", Kind.RELEASE, release_body(story[-2].digest))
        log.put_back(topics.ROUNDS, 0)
        void = first.sign(Kind.VOID, "council", {"reason": "late"})
        log.append(topics.ROUNDS, *(said.raw for said in up_to(story, Kind.MANIFEST)), void.raw)
        assert party.look().rounds["other"].phase is State.VOID
        install(log, up_to(life(offers()), Kind.MANIFEST), offers())
        party.offer(offers())
        assert "round other" in str(party.decide())
        assert party.said() == "bad-manifest"


def test_the_same_may_be_asked_again_when_the_quiet_time_is_over(log: ShakyLog, start: Callable[[str], Party]) -> None:
    later = {
        name: dates.text(dates.parse(offers().draft[name]) + 22 * 86_400)
        for name in ("opens", "answer_from", "closes", "erase_at")
    }
    party = start("gate")
    agree(party, offers())
    agree(party, other_round(**later))
    assert dates.parse(later["opens"]) > CLOSES + 14 * 86_400


# Before anything is offered.


def round_of(**changes: Any) -> Round:
    made = make_offers(2, among=offers().installed, **changes)
    log = ShakyLog()
    install(log, life(made)[:1], made)
    return RoundsReader(log, made.installed.book).refresh().rounds["spring"]


def test_a_draft_that_would_be_refused_is_told_before_anything_is_offered() -> None:
    assert acceptable_draft(round_of(), NOW) is None
    assert "future" in str(acceptable_draft(round_of(), OPENS))
    assert "grace" in str(acceptable_draft(round_of(grace=59), NOW))


def test_an_author_offers_once_and_only_while_a_round_is_drafted(log: ShakyLog, start: Callable[[str], Party]) -> None:
    drafted, offered = life(offers())[:1], up_to(life(offers()), Kind.OFFER)
    install(log, drafted, offers())
    council, gate, aggregate = (start(name) for name in ("council", "gate", "aggregate"))
    of = council.look().rounds["spring"]
    assert may_offer(of, council.author)
    council.offer(offers())
    assert not may_offer(of, council.author)
    gate.author.say("spring", Kind.VOID, {"reason": VoidReason.BAD_DRAFT})
    assert not may_offer(of, gate.author)
    log.append(topics.ROUNDS, *(said.raw for said in offered[1:]))
    assert not may_offer(aggregate.look().rounds["spring"], aggregate.author)
