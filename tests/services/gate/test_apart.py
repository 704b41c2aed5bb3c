"""One round's broken topic, and the gate's work on the other rounds."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.gate.loop import AGAIN, Gate
from shared.apart import RoundsWait
from shared.health import Word
from shared.log.port import NoSuchTopic
from shared.records import Kind
from shared.rounds import State
from shared.topics import batches, envelopes
from tests.broken_topics import damaged, locked, log_in
from tests.rounds_made import ERASE_AT, make_round
from tests.services.gate.gates import House, agreed

BROKEN = "autumn"


@dataclass
class Two:
    """The houses of one gate that has agreed to two rounds; the log shows the one that will be broken first."""

    folder: Path
    broken: House
    other: House

    def gate(self) -> Gate:
        return self.other.started()

    @property
    def waiting(self) -> float | None:
        return self.other.metrics.registry.get_sample_value("klankbord_gate_waiting_rounds")

    def phases(self) -> tuple[State, State]:
        return self.broken.round().phase, self.other.round().phase


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """Five people have answered in each round."""
    log = log_in(tmp_path / "log")
    first = make_round(round_id=BROKEN, log=log)
    second = make_round(among=first.installation, log=log, first_key=first.next_key)
    for made in (first, second):
        log.append(envelopes(made.id), *(made.member(f"p{n}").encoded(0, made.closed(1)) for n in range(5)))
    houses = Two(tmp_path / "log", agreed(first, tmp_path, log), agreed(second, tmp_path, log))
    yield houses
    houses.other.close()
    log.close()


def look(gate: Gate, times: int = 6) -> None:
    for _ in range(times):
        with suppress(RoundsWait):
            gate.tick()


@pytest.mark.parametrize(("broken", "word"), [(damaged, Word.DAMAGED), (locked, Word.UNAVAILABLE)])
def test_a_round_whose_envelopes_cannot_be_read_waits_alone(
    two: Two, broken: Callable[[Path, str], AbstractContextManager[None]], word: Word
) -> None:
    gate = two.gate()
    two.other.log.close()
    with broken(two.folder, envelopes(BROKEN)):
        with pytest.raises(RoundsWait, match=f"^{envelopes(BROKEN)}: ") as wait:
            gate.tick()
        look(gate)
        assert two.phases() == (State.SCHEDULED, State.COUNTED)
        assert (two.broken.key() is None, two.other.key() is None) == (False, True)
        assert two.waiting == 1
        two.other.metrics.health.troubled(*wait.value.errors)
        assert two.other.metrics.word(-60) is word, "no look was a whole one"
    two.other.settle(gate)
    assert two.phases() == (State.COUNTED, State.COUNTED)
    assert two.waiting == 0
    assert not two.other.alarms()


def test_what_was_signed_for_a_round_waits_until_its_topic_takes_it_and_nothing_is_signed_twice(two: Two) -> None:
    gate = two.gate()
    gate.tick()  # The cuts are in the journal.
    with damaged(two.folder, batches(BROKEN)):
        look(gate)
        assert two.phases() == (State.CUT, State.COUNTED)
        assert two.broken.key() is None, "the batch is stored"
        look(two.gate())
        assert two.phases() == (State.CUT, State.COUNTED)
    two.other.settle(two.gate())
    assert two.phases() == (State.COUNTED, State.COUNTED)
    assert len(two.broken.said(Kind.BATCH)) == 2, "one of each round"


def test_keys_go_and_topics_are_deleted_at_their_date_whatever_is_broken(two: Two) -> None:
    gate = two.gate()
    look(gate, 1)
    with damaged(two.folder, envelopes(BROKEN)):
        look(gate)
        two.other.now = ERASE_AT
        look(gate)
        assert two.broken.key() is None
        for topic in (envelopes(BROKEN), batches(BROKEN), envelopes("spring"), batches("spring")):
            with pytest.raises(NoSuchTopic):
                two.other.log.end(topic)


def test_damaged_envelopes_of_a_cut_are_opened_again_only_after_a_while(two: Two) -> None:
    gate = two.gate()
    look(gate, 1)
    with damaged(two.folder, envelopes(BROKEN)):
        look(gate)
        assert two.phases() == (State.CUT, State.COUNTED)
    two.other.now += AGAIN - 1
    with pytest.raises(RoundsWait, match=f"^{envelopes(BROKEN)}: "):
        gate.tick()
    two.other.now += 1
    two.other.settle(gate)
    assert two.phases() == (State.COUNTED, State.COUNTED)
