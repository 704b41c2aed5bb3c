import threading
from functools import cache

import pytest

from shared import topics
from shared.bundle import MissingChunk
from shared.compositions import KEPT, Compositions
from shared.manifest import BadManifest, Composed
from shared.reading import RoundsReader
from shared.records import Kind
from shared.rounds import Round
from tests.damaged_log import damage
from tests.lives_made import Offers, install, life, make_offers, up_to
from tests.shaky_log import ShakyLog


@cache
def offers() -> Offers:
    return make_offers(2)


@pytest.fixture
def log() -> ShakyLog:
    made = ShakyLog()
    install(made, up_to(life(offers()), Kind.ACCEPT), offers())
    return made


def round_of(log: ShakyLog, round_id: str = "spring") -> Round:
    return RoundsReader(log, offers().installed.book).refresh().rounds[round_id]


def test_the_nodes_behind_a_manifest_are_found_in_the_log(log: ShakyLog) -> None:
    composed = Compositions(log).of(round_of(log))
    assert composed.manifest == offers().composed.manifest
    assert composed.items == offers().composed.items


def test_they_are_computed_once_as_long_as_they_are_kept(log: ShakyLog) -> None:
    compositions, of = Compositions(log), round_of(log)
    first = compositions.of(of)
    log.put_back(topics.nodes("spring"), None)
    assert compositions.of(of) is first
    for number in range(KEPT):
        other = make_offers(2, round_id=f"r{number}", among=offers().installed, first_key=100)
        install(log, up_to(life(other), Kind.ACCEPT), other)
        compositions.of(round_of(log, other.round_id))
    with pytest.raises(MissingChunk):
        compositions.of(of)


@pytest.mark.parametrize("left", [None, 0, 1, 3])
def test_nodes_that_are_not_there_are_told_from_nodes_that_do_not_fit(log: ShakyLog, left: int | None) -> None:
    log.put_back(topics.nodes("spring"), left)
    with pytest.raises(MissingChunk):
        Compositions(log).of(round_of(log))


def test_a_manifest_that_does_not_follow_is_refused(log: ShakyLog) -> None:
    said = up_to(life(offers()), Kind.OFFER)
    shadow = offers().composed.manifest.body | {"gate_key": "A" * 43}
    said.append(offers().sign(Kind.MANIFEST, "hr", {"manifest": shadow}))
    log.put_back(topics.ROUNDS, 0, tuple(one.raw for one in said))
    with pytest.raises(BadManifest, match="follow"):
        Compositions(log).of(round_of(log))


def test_a_round_without_a_manifest_has_no_nodes(log: ShakyLog) -> None:
    log.put_back(topics.ROUNDS, len(up_to(life(offers()), Kind.OFFER)))
    with pytest.raises(BadManifest, match="no manifest"):
        Compositions(log).of(round_of(log))
    assert Compositions(log).keys_of(round_of(log)) == frozenset()


def test_all_keys_of_a_round_are_known_while_its_nodes_are_in_the_log(log: ShakyLog) -> None:
    body = offers().composed.manifest.body
    top = {body["gate_key"], body["aggregate_key"], *body["admission_keys"].values()}
    assert Compositions(log).keys_of(round_of(log)) == {*top, *offers().composed.moduli}
    log.put_back(topics.nodes("spring"), None)
    assert Compositions(log).keys_of(round_of(log)) == top


def test_threads_share_one_computation(log: ShakyLog) -> None:
    compositions, of, found = Compositions(log), round_of(log), list[Composed]()
    threads = [threading.Thread(target=lambda: found.append(compositions.of(of))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 5
    assert len({id(one) for one in found}) == 1


def test_the_keys_of_a_round_whose_nodes_are_damaged_are_those_that_stand_in_records(
    log: ShakyLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else whoever may delete them could keep every later round from being agreed, for ever."""
    of, compositions = round_of(log), Compositions(log)
    damage(monkeypatch, log, topics.nodes("spring"))
    for _ in range(2):
        known = compositions.keys_of(of)
    body = offers().composed.manifest.body
    assert known == {body["gate_key"], body["aggregate_key"], *body["admission_keys"].values()}
    assert caplog.messages == ["nodes.spring is damaged; the keys of its groups are compared with no others"]
    monkeypatch.undo()
    assert compositions.keys_of(of) > known
