"""What one round waits for, and what all wait for."""

from pathlib import Path

import pytest

from shared.apart import Apart, RoundsWait
from shared.log.port import LogDamaged, LogError, LogForbidden, LogUnavailable, NoSuchTopic
from shared.topics import ROUNDS
from tests.broken_topics import locked, log_in

TROUBLE = (LogUnavailable("locked"), LogForbidden("refused"), LogDamaged("torn"), NoSuchTopic("words.spring"))


def fine() -> None:
    pass


@pytest.mark.parametrize("error", TROUBLE)
def test_a_round_waits_for_what_the_log_does_not_do_and_is_named_at_the_end(error: LogError) -> None:
    apart = Apart(fine)
    done = []
    for round_id in ("autumn", "spring", "summer"):
        with apart.round(round_id):
            if round_id == "spring":
                raise error
            done.append(round_id)
    assert done == ["autumn", "summer"]
    assert apart.waiting == {"spring": error}
    with pytest.raises(RoundsWait) as wait:
        apart.finish()
    assert wait.value.errors == (error,)


def test_where_no_round_waits_nothing_is_raised() -> None:
    apart = Apart(fine)
    with apart.round("spring"):
        pass
    apart.finish()


def test_the_first_reason_of_a_round_is_the_one_that_is_told() -> None:
    apart = Apart(fine)
    for error in TROUBLE:
        with apart.round("spring"):
            raise error
    assert apart.waiting == {"spring": TROUBLE[0]}


def test_while_the_log_is_away_as_a_whole_no_further_round_is_tried(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.create(ROUNDS)
    log.close()
    apart = Apart(lambda: log.append(ROUNDS))
    with locked(tmp_path, ROUNDS), pytest.raises(LogUnavailable, match=r"^rounds: "), apart.round("spring"):
        raise LogUnavailable("envelopes.spring: locked")
    assert not apart.waiting
    log.close()


def test_what_is_no_trouble_of_the_log_is_raised_as_it_is() -> None:
    apart = Apart(fine)
    with pytest.raises(OSError, match="full"), apart.round("spring"):
        raise OSError("full")
    assert not apart.waiting
