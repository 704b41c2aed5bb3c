"""Aggregate against a real log, journal and key files: from the batch to the release, and what stops it."""

import shutil
from collections.abc import Sequence

import pytest

from services.aggregate.core import Refusal
from services.aggregate.metrics import Trap
from shared import batch_items, bundle, topics
from shared.batch_items import Batch
from shared.canonical import b64
from shared.health import Word
from shared.log.port import NoSuchTopic
from shared.loop import Stopping
from shared.records import Kind
from shared.release_items import NOTHING
from shared.rounds import State
from shared.secret_files import RoundSecrets
from tests.batches_made import hand_over, said
from tests.rounds_made import CLOSES
from tests.services.aggregate.running import RESULTS_UNTIL, WORDS_UNTIL, Party, batch, released


def test_a_batch_becomes_an_opening_and_then_a_release_and_the_key_goes(party: Party) -> None:
    hand_over(party.made, batch())
    running = party.start()
    running.ticks()
    assert party.phase() is State.RELEASED
    assert not party.has_key
    of = released(party)
    assert [(cell.part, cell.node, cell.n) for cell in of.numbers.cells] == [(0, 1, 12), (0, 2, 6), (1, 0, 18)]
    assert sorted(comment.text for comment in of.words) == sorted(f"Words {number}" for number in range(18))
    assert len(of.counted.counted) == 36
    assert running.value("batch_answers") == 25
    assert running.value("batches", work="open") == 1
    assert running.value("round_keys") == 0
    assert running.value("rounds", state="released") == 1


def test_many_ticks_and_restarts_after_the_release_change_nothing(party: Party) -> None:
    hand_over(party.made, batch())
    party.start().ticks()
    before = list(party.made.log.read(topics.ROUNDS)), released(party)
    for _ in range(3):
        party.start().ticks(3)
    assert (list(party.made.log.read(topics.ROUNDS)), released(party)) == before


@pytest.mark.parametrize("topic_there", [True, False])
def test_chunks_that_are_not_there_are_waited_for_with_an_alarm(party: Party, *, topic_there: bool) -> None:
    hand_over(party.made, batch(), chunks=False)
    if not topic_there:
        party.made.log.delete(topics.batches("spring"))
    running = party.start()
    running.ticks(3)
    assert party.phase() is State.COUNTED
    assert running.value("alarms", reason=Trap.NO_BATCH) == 1
    party.made.log.create(topics.batches("spring"))
    items = list(batch_items.encode(batch().lots, batch().held_back))
    party.made.log.append(topics.batches("spring"), *bundle.pack(items).records)
    running.ticks()
    assert party.phase() is State.RELEASED


def test_groups_that_are_gone_are_waited_for_and_nobody_is_blamed(party: Party) -> None:
    hand_over(party.made, batch())
    nodes = [entry.value for entry in party.made.log.read(topics.nodes("spring"))]
    party.made.log.delete(topics.nodes("spring"))
    running = party.start()
    running.ticks(3)
    assert party.phase() is State.COUNTED
    assert running.value("alarms", reason=Trap.NO_NODES) == 1
    assert running.value("alarms", reason=Trap.NO_BATCH) == 0
    party.made.log.create(topics.nodes("spring"))
    party.made.log.append(topics.nodes("spring"), *nodes)
    running.ticks()
    assert party.phase() is State.RELEASED


def test_an_empty_batch_needs_no_topic(party: Party) -> None:
    """Nobody answered, and the log was put back to before the gate had made the topics; it has nothing to append."""
    nobody = Batch((), {})
    hand_over(party.made, nobody)
    party.made.log.delete(topics.batches("spring"))
    party.start().ticks()
    assert party.phase() is State.RELEASED


def test_with_an_empty_journal_nothing_is_opened_that_another_one_accepted(party: Party) -> None:
    party.end()
    shutil.rmtree(party.home / "journal" / "spring")
    hand_over(party.made, batch())
    running = party.start()
    running.ticks(3)
    assert party.phase() is State.COUNTED
    assert running.value("alarms", reason=Trap.FOREIGN_ACCEPT) == 1


def test_nothing_is_opened_before_closing_by_its_own_clock(party: Party) -> None:
    hand_over(party.made, batch())
    party.now = CLOSES - 1
    running = party.start()
    running.ticks(3)
    assert party.phase() is State.COUNTED
    party.now = CLOSES
    running.ticks()
    assert party.phase() is State.RELEASED


def test_a_batch_that_breaks_a_rule_stops_the_round_and_its_key_goes(party: Party) -> None:
    numbers = said(party.made, batch())
    numbers[0]["counted"] += 1
    hand_over(party.made, batch(), numbers)
    running = party.start()
    running.ticks()
    stop = party.of.record(Kind.STOP)
    assert stop is not None
    assert (stop.author, stop.body) == ("aggregate", {"reason": Refusal.NUMBERS})
    assert party.phase() is State.STOPPED
    assert not party.has_key
    assert running.value("refused", reason="wrong-numbers") == 1
    assert not party.of_kind(Kind.OPENING)


@pytest.mark.parametrize("items", [[b""], [b"\1"], [b"\2" * 500], [b"\3\0" + bytes(15)]])
def test_a_bundle_that_is_no_batch_stops_the_round(party: Party, items: Sequence[bytes]) -> None:
    hand_over(party.made, items, said(party.made, batch()))
    party.start().ticks()
    stop = party.of.record(Kind.STOP)
    assert stop is not None
    assert stop.body == {"reason": Refusal.MALFORMED}


def test_a_bundle_that_contradicts_itself_stops_the_round(party: Party) -> None:
    """The index names another number of chunks than the record: waiting mends nothing."""
    items = list(batch_items.encode(batch().lots, batch().held_back))
    packed = bundle.pack(items)
    party.made.log.append(topics.batches("spring"), *packed.records)
    cut = party.made.say(
        Kind.CUT,
        "gate",
        {
            "manifest": party.made.manifest.fingerprint,
            "partitions": [{"end": 0, "count": 0, "sha256": b64(bytes(32))}],
        },
    )
    reference = packed.reference | {"chunks": packed.reference["chunks"] + 1}
    body = {"cut": cut.digest, "bundle": reference, "parts": said(party.made, batch())}
    party.made.say(Kind.BATCH, "gate", body)
    party.start().ticks()
    assert party.phase() is State.STOPPED


def test_without_its_key_the_release_says_nothing_but_the_counted_entries(party: Party) -> None:
    hand_over(party.made, batch())
    RoundSecrets(party.home / "rounds").destroy("spring")
    running = party.start()
    running.ticks()
    of = released(party)
    assert (of.numbers, of.words, of.counted.counted) == (NOTHING, (), ())
    assert len(of.counted.held_back) == 36
    assert running.value("unpublished", reason="key-lost") == 1


def test_comments_and_results_are_deleted_at_their_dates_and_never_come_back(party: Party) -> None:
    hand_over(party.made, batch())
    party.start().ticks()
    log = party.made.log
    party.now = WORDS_UNTIL
    party.start().ticks(2)
    with pytest.raises(NoSuchTopic):
        log.end(topics.words("spring"))
    assert log.end(topics.releases("spring"))
    party.now = RESULTS_UNTIL
    party.start().ticks(2)
    with pytest.raises(NoSuchTopic):
        log.end(topics.releases("spring"))
    journal = [path.name for path in (party.home / "journal" / "spring").iterdir()]
    assert not [name for name in journal if "words" in name or "releases" in name]
    assert "release.jws" in journal


def test_a_stop_signal_ends_long_work_and_it_is_done_again(party: Party) -> None:
    hand_over(party.made, batch())
    party.stop.set()
    with pytest.raises(Stopping):
        party.start().ticks()
    assert party.phase() is State.COUNTED
    party.stop.clear()
    party.start().ticks()
    assert party.phase() is State.RELEASED


def test_the_journal_and_log_hold_no_secret(party: Party) -> None:
    hand_over(party.made, batch())
    party.start().ticks()
    secret = party.made.aggregate_key.to_bytes()
    for path in party.home.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes()
            assert b64(secret).encode() not in path.read_bytes()
            assert path.stat().st_mode & 0o077 == 0
    for topic in (topics.ROUNDS, topics.releases("spring"), topics.words("spring")):
        assert all(secret not in entry.value for entry in party.made.log.read(topic))


def test_metrics_move_in_steps_and_name_no_group(party: Party) -> None:
    hand_over(party.made, batch())
    running = party.start()
    running.ticks()
    names = {label for metric in running.metrics.registry.collect() for s in metric.samples for label in s.labels}
    assert names == {"reason", "state", "work"}
    for n, step in ((0, 0), (4, 0), (36, 25), (99, 50), (1000, 1000), (99_999, 50_000)):
        running.metrics.answers(n)
        assert running.value("batch_answers") == step
    assert running.metrics.word(2) is Word.READY
