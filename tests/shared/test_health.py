"""What /ready says, in one word."""

import pytest

from shared.health import OLD, Health, Word
from shared.log.port import LogDamaged, LogForbidden, LogUnavailable, NoSuchTopic

AWAY = LogUnavailable("away")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock)


def test_it_is_ready_from_the_first_whole_look_until_there_was_none_for_half_a_minute(
    health: Health, clock: Clock
) -> None:
    assert health.word(2) is Word.STARTING
    health.alive()
    assert health.word(2) is Word.READY
    clock.now += OLD + 1.9
    assert health.word(2) is Word.READY
    clock.now += 0.2
    assert health.word(2) is Word.SILENT
    health.alive()
    assert health.word(2) is Word.READY


def test_who_looks_more_often_is_missed_sooner_and_who_looks_seldom_has_time_for_one_look(
    health: Health, clock: Clock
) -> None:
    health.alive()
    clock.now += 3.3
    assert (health.word(0.2), health.word(2)) == (Word.SILENT, Word.READY)
    clock.now += 80
    assert (health.word(60), health.word(50)) == (Word.READY, Word.SILENT)


@pytest.mark.parametrize("error", [AWAY, OSError(28, "full")])
def test_what_may_pass_is_told_when_it_lasts(health: Health, clock: Clock, error: Exception) -> None:
    health.troubled(error)
    assert health.word(2) is Word.UNAVAILABLE
    health.alive()
    health.troubled(error)
    assert health.word(2) is Word.READY
    clock.now += OLD + 2
    assert health.word(2) is Word.UNAVAILABLE


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (LogForbidden("password"), Word.FORBIDDEN),
        (LogDamaged("torn"), Word.DAMAGED),
        (NoSuchTopic("rounds"), Word.MISSING),
    ],
)
def test_what_needs_somebody_is_told_at_once_and_until_it_is_mended(
    health: Health, error: Exception, word: Word
) -> None:
    health.alive()
    health.troubled(error)
    assert health.word(2) is word
    health.troubled(AWAY)
    assert health.word(2) is word, "nobody has seen that it is mended"
    health.alive()
    assert health.word(2) is Word.READY
