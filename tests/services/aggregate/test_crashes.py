"""When things go wrong around aggregate: crashes at every step, a log that lies or forgets, keys that must go."""

from pathlib import Path

import pytest

from services.aggregate.metrics import Trap
from shared import topics
from shared.author import Trouble
from shared.log.memory import MemoryLog
from shared.log.port import LogUnavailable, NoSuchTopic
from shared.records import Kind
from shared.rounds import State
from tests.batches_made import hand_over, honest
from tests.rounds_made import ERASE_AT, OPENS
from tests.services.aggregate.running import WORDS_UNTIL, Crash, Party, agreed, batch, copy, on, released


def test_a_crash_at_any_step_gives_exactly_one_release_with_the_same_bytes(tmp_path: Path) -> None:
    undisturbed = Party(agreed(), tmp_path / "whole")
    undisturbed.keep_key()
    hand_over(undisturbed.made, batch())
    steps: list[str] = []
    undisturbed.guard = steps.append
    undisturbed.start().ticks()
    undisturbed.end()
    assert len(steps) >= 12
    for at in range(len(steps)):
        party = Party(agreed(), tmp_path / str(at))
        party.keep_key()
        hand_over(party.made, batch())
        left = [at]

        def crash(_what: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == -1:
                raise Crash

        party.guard = crash
        with pytest.raises(Crash):
            party.start().ticks()
        party.start().ticks()
        party.end()
        assert released(party) == released(undisturbed), steps[at]
        assert len(party.of_kind(Kind.OPENING)) >= 1
        assert not party.fold.alarms
        assert not party.has_key


def test_the_key_is_destroyed_before_anything_of_the_release_is_appended(party: Party) -> None:
    hand_over(party.made, batch())

    def watch(what: str) -> None:
        if what in ("before append releases.spring", "before append words.spring"):
            assert not party.has_key
        if what == "before say release":
            assert party.phase() is State.OPENING
            assert party.has_key

    party.guard = watch
    party.start().ticks()
    assert party.phase() is State.RELEASED


def test_the_key_stays_until_the_stop_is_effective_in_the_log(party: Party) -> None:
    hand_over(party.made, [b"no batch"], [])

    def refuse(what: str) -> None:
        if what.startswith("before append"):
            raise LogUnavailable("away")

    running = party.start()
    party.guard = refuse
    with pytest.raises(LogUnavailable):
        running.ticks(2)
    assert party.has_key
    party.guard = lambda _what: None
    running.ticks(3)
    assert party.phase() is State.STOPPED
    assert not party.has_key


def test_keys_go_with_a_cancelled_round_and_at_the_date_in_the_key_itself(party: Party) -> None:
    party.now = OPENS
    running = party.start()
    running.ticks(2)
    assert party.has_key
    party.made.say(Kind.CANCEL, "hr", {})
    running.ticks(1)
    assert not party.has_key
    party.keep_key()
    party.made.log = MemoryLog()  # The round is gone from the log, and nothing tells the date but the key.
    party.now = ERASE_AT - 1
    running = party.start()
    running.ticks(1)
    assert party.has_key
    party.now = ERASE_AT
    running.ticks(1)
    assert not party.has_key


def test_a_second_batch_is_ignored_with_an_alarm(party: Party) -> None:
    hand_over(party.made, batch())
    running = party.start()
    running.ticks()
    before = released(party)
    fewer = honest(party.made, {f"p{number}": party.made.closed(1, 2, number % 2) for number in range(17)}, {})
    hand_over(party.made, fewer)
    running.ticks()
    assert released(party) == before
    assert running.value("alarms", reason="contradiction") == 1


def test_a_log_that_is_rolled_back_to_show_another_batch_gets_nothing(party: Party) -> None:
    before = copy(party.made.log)
    hand_over(party.made, batch())
    party.start().ticks()
    party.made = on(party.made, before)
    fewer = honest(party.made, {f"p{number}": party.made.closed(1, 2, number % 2) for number in range(17)}, {})
    hand_over(party.made, fewer)
    running = party.start()
    running.ticks()
    assert party.phase() is State.COUNTED
    assert not party.of_kind(Kind.OPENING)
    assert not party.of_kind(Kind.RELEASE)
    assert running.value("alarms", reason=Trouble.OTHER_PREDECESSOR) == 1
    assert running.value("alarms", reason=Trouble.MISSING_PREDECESSOR) == 1


def test_a_log_that_lost_the_release_gets_the_same_one_again_with_an_alarm(party: Party) -> None:
    hand_over(party.made, batch())
    party.start().ticks()
    before = released(party)
    party.made = on(party.made, copy(party.made.log, lambda of: of.kind is not Kind.RELEASE))
    running = party.start()
    running.ticks()
    assert released(party) == before
    assert running.value("alarms", reason=Trouble.LOST) == 1


def test_nothing_is_opened_twice_with_a_lost_journal(party: Party) -> None:
    """The log shows an opening under this name that the journal does not know."""
    record = hand_over(party.made, batch())
    party.made.say(Kind.OPENING, "aggregate", {"batch": record.digest})
    running = party.start()
    running.ticks()
    assert party.phase() is State.OPENING
    assert not party.of_kind(Kind.RELEASE)
    assert running.value("alarms", reason=Trap.FOREIGN_OPENING) == 1


def test_a_release_whose_comments_came_too_late_is_still_published(party: Party) -> None:
    hand_over(party.made, batch())

    def crash(what: str) -> None:
        if what == "after say release":
            raise Crash

    party.guard = crash
    with pytest.raises(Crash):
        party.start().ticks()
    party.guard = lambda _what: None
    party.now = WORDS_UNTIL
    party.start().ticks()
    assert party.phase() is State.RELEASED
    with pytest.raises(NoSuchTopic):
        party.made.log.end(topics.words("spring"))
