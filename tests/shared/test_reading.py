import logging
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import topics
from shared.bundle import MissingChunk, pack
from shared.log.memory import MemoryLog
from shared.log.port import Entry, LogDamaged, LogUnavailable
from shared.reading import Bundles, RoundsReader
from shared.records import Kind
from shared.rounds import AlarmReason, State, fold
from tests.lives_made import Offers, Said, cut_body, life, make_offers, up_to
from tests.shaky_log import ShakyLog

TOPIC = "releases.spring"


@cache
def offers() -> Offers:
    return make_offers()


@cache
def story() -> tuple[bytes, ...]:
    return tuple(said.raw for said in life(offers()))


@pytest.fixture
def log() -> ShakyLog:
    made = ShakyLog()
    made.create(topics.ROUNDS)
    return made


def reader_of(log: ShakyLog) -> RoundsReader:
    return RoundsReader(log, offers().installed.book)


def test_each_look_adds_what_is_new(log: ShakyLog) -> None:
    reader = reader_of(log)
    for number, raw in enumerate(story(), 1):
        log.append(topics.ROUNDS, raw)
        assert reader.refresh().rounds == fold(story()[:number], offers().installed.book).rounds
    assert reader.fold.rounds["spring"].phase is State.RELEASED
    assert reader.changed_pasts == 0


def test_a_look_without_news_changes_nothing_but_says_that_it_was_taken(log: ShakyLog) -> None:
    log.append(topics.ROUNDS, *story())
    reader = reader_of(log)
    before, reading = reader.refresh(), reader.fold.reading
    spring = before.rounds["spring"]
    assert reader.refresh() is before
    assert before.rounds["spring"] is spring
    assert before.reading is not reading


def test_a_log_without_the_topic_is_empty() -> None:
    reader = reader_of(ShakyLog())
    assert reader.refresh().rounds == {}
    assert reader.changed_pasts == 0


@pytest.mark.parametrize("length", [None, 0, 1, 5, 8])
def test_a_log_that_was_rolled_back_is_noticed_once_and_shown_as_it_is(log: ShakyLog, length: int | None) -> None:
    log.append(topics.ROUNDS, *story())
    reader = reader_of(log)
    reader.refresh()
    log.put_back(topics.ROUNDS, length)
    assert reader.refresh().rounds == fold(story()[: length or 0], offers().installed.book).rounds
    assert reader.changed_pasts == 1
    reader.refresh()
    assert reader.changed_pasts == 1
    log.put_back(topics.ROUNDS, length or 0, story()[length or 0 :])
    assert reader.refresh().rounds["spring"].phase is State.RELEASED
    assert reader.changed_pasts == 1, "what comes back where it was is only new"


def test_a_replaced_record_is_noticed_although_the_log_is_as_long_as_before(log: ShakyLog) -> None:
    said = life(offers())
    before_cut = up_to(said, Kind.ACCEPT)
    log.append(topics.ROUNDS, *(one.raw for one in up_to(said, Kind.CUT)))
    reader = reader_of(log)
    assert reader.refresh().rounds["spring"].phase is State.CUT
    other = offers().sign(Kind.CUT, "gate", cut_body(offers().composed.manifest.fingerprint, end=9))
    log.put_back(topics.ROUNDS, len(before_cut), (other.raw,))
    cut = reader.refresh().rounds["spring"].record(Kind.CUT)
    assert cut is not None
    assert cut.digest == other.digest
    assert reader.changed_pasts == 1


def test_a_past_that_was_turned_around_is_noticed(log: ShakyLog) -> None:
    said = life(offers())
    other = Said(Kind.CANCEL, "hr", offers().sign(Kind.CANCEL, "hr", {}).raw)
    first, second = [*up_to(said, Kind.ACCEPT), other, *said[-4:]], [*up_to(said, Kind.CUT), other]
    log.append(topics.ROUNDS, *(one.raw for one in first))
    reader = reader_of(log)
    assert reader.refresh().rounds["spring"].phase is State.CANCELLED
    log.put_back(topics.ROUNDS, 0, tuple(one.raw for one in second))
    assert reader.refresh().rounds["spring"].phase is State.CUT
    assert reader.changed_pasts == 1


def test_while_the_log_is_away_the_fold_is_that_of_the_past(log: ShakyLog) -> None:
    log.append(topics.ROUNDS, *story()[:-1])
    reader = reader_of(log)
    held, reading = reader.refresh(), reader.fold.reading
    log.put_back(topics.ROUNDS, 3)
    log.away = True
    with pytest.raises(LogUnavailable):
        reader.refresh()
    assert reader.fold is held
    assert reader.fold.reading is reading, "nothing was read, so nobody may think that something is missing"
    assert reader.fold.rounds["spring"].phase is State.OPENING
    assert reader.changed_pasts == 0


class _Breaks(ShakyLog):
    """Goes away in the middle of a read."""

    after: int | None = None

    def read(self, topic: str, start: object = None, stop: object = None) -> Iterator[Entry]:
        for number, entry in enumerate(super().read(topic)):
            if number == self.after:
                raise LogUnavailable("away")
            yield entry


@settings(max_examples=40, deadline=None)
@given(known=st.integers(0, 12), after=st.integers(0, 11), back=st.integers(0, 12))
def test_a_read_that_breaks_off_never_leaves_a_state_that_no_log_ever_had(known: int, after: int, back: int) -> None:
    log = _Breaks()
    log.create(topics.ROUNDS)
    log.append(topics.ROUNDS, *story()[:known])
    reader = reader_of(log)
    reader.refresh()
    kept = min(back, known)
    log.put_back(topics.ROUNDS, kept, story()[kept:])
    log.after = after
    with pytest.raises(LogUnavailable):
        reader.refresh()
    shown = reader.fold.rounds
    assert any(shown == fold(story()[:length], offers().installed.book).rounds for length in range(known, 13))
    log.after = None
    assert reader.refresh().rounds == fold(log.values(topics.ROUNDS), offers().installed.book).rounds


def test_alarms_of_a_past_that_is_gone_are_gone_with_it(log: ShakyLog) -> None:
    other = offers().sign(Kind.CUT, "gate", cut_body(offers().composed.manifest.fingerprint, end=9))
    log.append(topics.ROUNDS, *story(), other.raw)
    reader = reader_of(log)
    assert [alarm.reason for alarm in reader.refresh().alarms] == [AlarmReason.CONTRADICTION]
    log.put_back(topics.ROUNDS, len(story()))
    assert reader.refresh().alarms == ()


def test_records_of_nobody_are_told_once_with_their_place(log: ShakyLog, caplog: pytest.LogCaptureFixture) -> None:
    log.append(topics.ROUNDS, story()[0], b"", story()[1], b"{}")
    reader = reader_of(log)
    for _ in range(3):
        reader.refresh()
    log.append(topics.ROUNDS, story()[0], b"again")
    reader.refresh()
    log.append(topics.ROUNDS, b"a fourth")
    reader.refresh()
    assert [record.getMessage() for record in caplog.records] == [
        "rounds: 2 records that no party signed, the last one at offset 3; nothing follows from them",
        "rounds: 4 records that no party signed, the last one at offset 6; nothing follows from them",
    ]


def test_a_past_that_changed_and_a_topic_that_is_not_there_yet_are_told_once(
    log: ShakyLog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    log.put_back(topics.ROUNDS, None)
    reader = reader_of(log)
    for _ in range(3):
        reader.refresh()
    log.put_back(topics.ROUNDS, 0, story())
    reader.refresh()
    log.put_back(topics.ROUNDS, None)
    for _ in range(3):
        reader.refresh()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "rounds: there is no such topic; it begins with the first round"),
        ("ERROR", "the log has lost or replaced records that were read before"),
    ]


def test_what_lies_beside_the_bundles_of_a_topic_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    log, one, other = MemoryLog(), pack([b"one"]), pack([b"other"])
    log.create(TOPIC)
    log.append(TOPIC, *one.records, b"foreign", *other.records, b"", *one.records)
    bundles = Bundles(log)
    for _ in range(3):
        assert bundles.unpack(TOPIC, one.reference, other.reference) == [[b"one"], [b"other"]]
    assert [record.getMessage() for record in caplog.records] == [
        f"{TOPIC}: 2 records that no signed record names; nothing follows from them"
    ]
    with pytest.raises(MissingChunk):
        bundles.unpack("releases.autumn", one.reference)


def test_rounds_with_several_partitions_have_no_order_and_are_refused() -> None:
    log = MemoryLog()
    log.create(topics.ROUNDS, 3)
    log.append(topics.ROUNDS, *story() * 10)
    with pytest.raises(LogDamaged, match="rounds has more than one partition"):
        RoundsReader(log, offers().installed.book).refresh()
