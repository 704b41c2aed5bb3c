"""One round's broken topic, and aggregate's work on the other rounds."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.apart import RoundsWait
from shared.records import Kind
from shared.rounds import State
from shared.topics import batches, releases
from tests.batches_made import hand_over, honest
from tests.broken_topics import damaged, locked, log_in
from tests.rounds_made import make_round
from tests.services.aggregate.running import Party, Running

BROKEN = "autumn"


@dataclass
class Two:
    """One aggregate that has agreed to two rounds, counted by now; the log shows the one that will be broken first."""

    folder: Path
    broken: Party
    other: Party

    def phases(self) -> tuple[State, State]:
        return self.broken.phase(), self.other.phase()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    log = log_in(tmp_path / "log")
    first = make_round(round_id=BROKEN, log=log)
    second = make_round(among=first.installation, log=log, first_key=first.next_key)
    for made in (first, second):
        made.reader.refresh()
        hand_over(made, honest(made, {f"p{n}": made.closed(1) for n in range(5)}))
    parties = Two(tmp_path / "log", Party(first, tmp_path), Party(second, tmp_path))
    parties.broken.keep_key()
    parties.other.keep_key()
    yield parties
    parties.other.end()
    log.close()


def look(running: Running, times: int = 6) -> None:
    for _ in range(times):
        with suppress(RoundsWait):
            running.aggregate.tick()


@pytest.mark.parametrize("broken", [damaged, locked])
def test_a_round_whose_batch_cannot_be_read_waits_alone(
    two: Two, broken: Callable[[Path, str], AbstractContextManager[None]]
) -> None:
    running = two.other.start()
    two.other.made.log.close()
    with broken(two.folder, batches(BROKEN)):
        with pytest.raises(RoundsWait, match=f"^{batches(BROKEN)}: "):
            running.aggregate.tick()
        look(running)
        assert two.phases() == (State.COUNTED, State.RELEASED)
        assert (two.broken.has_key, two.other.has_key) == (True, False)
        assert running.value("waiting_rounds") == 1
    running.ticks()
    assert two.phases() == (State.RELEASED, State.RELEASED)
    assert running.value("waiting_rounds") == 0


def test_a_release_that_its_topic_does_not_take_keeps_no_other_one_from_being_published(two: Two) -> None:
    two.other.made.log.create(releases(BROKEN))
    with damaged(two.folder, releases(BROKEN)):
        look(two.other.start())
        assert two.phases() == (State.OPENING, State.RELEASED)
        assert not two.broken.has_key, "the release is stored"
        look(two.other.start())
        assert two.phases() == (State.OPENING, State.RELEASED)
    two.other.start().ticks()
    assert two.phases() == (State.RELEASED, State.RELEASED)
    assert len(two.broken.of_kind(Kind.RELEASE)) == 2, "one of each round"
