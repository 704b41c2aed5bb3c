"""What every log promises (shared/log/port.py), on each kind of log, with one partition and with several."""

import threading
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from shared.log import port
from shared.log.port import End, Entry, Log, LogDamaged, LogUnavailable, NoSuchTopic, RecordTooLarge
from tests.contract.logs import (
    KINDS,
    PATIENCE,
    Place,
    append_numbered,
    append_until_killed,
    elsewhere,
    number_of,
    numbered,
    pipe,
    receive,
    running,
)

TOPIC = "envelopes.2026-q4"
ALONE = pytest.param("memory", marks=pytest.mark.xfail(strict=True, reason="the twin lives within one process"))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(kind: str, tmp_path: Path) -> Iterator[Place]:
    place = KINDS[kind](tmp_path / "log")
    yield place
    place.close()


@pytest.fixture
def log(place: Place) -> Log:
    return place.open()


@pytest.fixture(params=[1, 3])
def topic(request: pytest.FixtureRequest, log: Log) -> str:
    log.create(TOPIC, request.param)
    return TOPIC


def values(entries: Iterable[Entry]) -> list[bytes]:
    return [entry.value for entry in entries]


def by_partition(entries: Iterable[Entry]) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = defaultdict(list)
    for entry in entries:
        found[entry.partition].append(entry.value)
    return found


def assert_complete(entries: list[Entry], writers: int, count: int) -> None:
    """Every record of every writer once, and within a partition each writer's in the order of writing."""
    found = [number_of(entry.value) for entry in entries]
    assert sorted(found) == [(writer, number) for writer in range(writers) for number in range(count)]
    for records in by_partition(entries).values():
        numbers = [number_of(record) for record in records]
        for writer in range(writers):
            mine = [number for by, number in numbers if by == writer]
            assert mine == sorted(mine)


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_new_topic_is_empty(log: Log, partitions: int) -> None:
    log.create(TOPIC, partitions)
    assert log.end(TOPIC) == (0,) * partitions
    assert list(log.read(TOPIC)) == []


def test_whatever_bytes_were_appended_are_read_back(log: Log, topic: str) -> None:
    records = [b"", b"\0", bytes(range(256)), "één".encode(), b"x" * port.MAX_RECORD]
    log.append(topic, *records)
    assert sorted(values(log.read(topic))) == sorted(records)


def test_entries_come_partition_by_partition_with_offsets_from_zero_to_the_end(log: Log, topic: str) -> None:
    for number in range(50):
        log.append(topic, numbered(0, number))
    end = log.end(topic)
    assert sum(end) == 50
    places = [(entry.partition, entry.offset) for entry in log.read(topic)]
    assert places == [(partition, offset) for partition, next_ in enumerate(end) for offset in range(next_)]


def test_a_topic_with_several_partitions_uses_all_of_them(log: Log) -> None:
    log.create(TOPIC, 3)
    for _ in range(60):
        log.append(TOPIC, b"record")
    assert min(log.end(TOPIC)) > 0


def test_records_of_one_call_keep_their_order_within_a_partition(log: Log, topic: str) -> None:
    log.append(topic, *(numbered(0, number) for number in range(100)))
    assert_complete(list(log.read(topic)), writers=1, count=100)


def test_thousands_of_records_in_one_call_are_all_there_in_their_order(log: Log, topic: str) -> None:
    log.append(topic, *(number.to_bytes(2) for number in range(2_500)))
    log.append(topic, *(number.to_bytes(2) for number in range(2_500, 5_000)))
    entries = list(log.read(topic))
    assert sorted(values(entries)) == [number.to_bytes(2) for number in range(5_000)]
    for before, after in pairwise(entries):
        assert after.partition > before.partition or (after.offset == before.offset + 1 and after.value > before.value)


def test_appending_nothing_tells_whether_something_could_be_appended(log: Log, topic: str) -> None:
    log.append(topic)
    log.append(topic, b"record")
    log.append(topic)
    assert values(log.read(topic)) == [b"record"]
    log.delete(topic)
    with pytest.raises(NoSuchTopic, match=f"^{topic}: there is no such topic$"):
        log.append(topic)


def test_one_record_that_is_too_large_keeps_the_others_of_the_call_out(log: Log, topic: str) -> None:
    with pytest.raises(RecordTooLarge):
        log.append(topic, b"small", b"x" * (port.MAX_RECORD + 1), b"small")
    assert list(log.read(topic)) == []


def test_a_read_ends_where_the_log_ended_when_it_was_called(log: Log, topic: str) -> None:
    log.append(topic, *[b"early"] * 50)
    reading = log.read(topic)
    log.append(topic, b"late")
    seen = []
    for entry in reading:
        seen.append(entry.value)
        log.append(topic, b"later still")
    assert seen == [b"early"] * 50


def test_reading_between_two_ends_gives_what_was_appended_between_them(log: Log, topic: str) -> None:
    ends = [log.end(topic)]
    for number in range(5):
        log.append(topic, *(numbered(number, each) for each in range(10)))
        ends.append(log.end(topic))
    for number, (start, stop) in enumerate(pairwise(ends)):
        between = list(log.read(topic, start, stop))
        assert sorted(values(between)) == sorted(numbered(number, each) for each in range(10))
        assert [entry for entry in log.read(topic) if entry in between] == between


def test_appending_nothing_changes_nothing(log: Log, topic: str) -> None:
    before = log.end(topic)
    log.append(topic)
    assert log.end(topic) == before


def test_reading_from_beyond_the_end_gives_nothing(log: Log, topic: str) -> None:
    log.append(topic, b"record")
    beyond = tuple(offset + 1 for offset in log.end(topic))
    assert list(log.read(topic, beyond)) == []
    assert values(log.read(topic, stop=beyond)) == [b"record"]


def test_a_position_with_another_number_of_partitions_is_not_of_this_topic(log: Log, topic: str) -> None:
    other: End = (0,) * (len(log.end(topic)) + 1)
    with pytest.raises(LogDamaged):
        log.read(topic, other)
    with pytest.raises(LogDamaged):
        log.read(topic, stop=other)


def test_creating_a_topic_again_changes_nothing(log: Log, topic: str) -> None:
    log.append(topic, b"record")
    end = log.end(topic)
    log.create(topic, 7)
    assert log.end(topic) == end
    assert values(log.read(topic)) == [b"record"]


def test_topics_do_not_mix(log: Log) -> None:
    for name in ("rounds", "nodes.a", "nodes.a-b", "nodes.b"):
        log.create(name)
        log.append(name, name.encode())
    for name in ("rounds", "nodes.a", "nodes.a-b", "nodes.b"):
        assert values(log.read(name)) == [name.encode()]


def assert_gone(log: Log, topic: str) -> None:
    for use in (lambda: log.append(topic, b"record"), lambda: log.read(topic), lambda: log.end(topic)):
        with pytest.raises(NoSuchTopic):
            use()


def test_a_topic_that_was_never_created_does_not_exist(log: Log) -> None:
    assert_gone(log, TOPIC)


def test_a_deleted_topic_is_gone_and_can_be_deleted_again(place: Place, log: Log, topic: str) -> None:
    other = place.open()
    other.append(topic, b"record")
    log.delete(topic)
    assert_gone(log, topic)
    assert_gone(other, topic)
    log.delete(topic)
    other.delete(topic)


def test_a_topic_that_was_deleted_and_created_again_is_a_new_one_for_everybody(
    place: Place, log: Log, topic: str
) -> None:
    other = place.open()
    other.append(topic, b"old")
    log.delete(topic)
    log.create(topic, 2)
    assert other.end(topic) == (0, 0)
    other.append(topic, b"new")
    assert values(log.read(topic)) == [b"new"]


def test_a_reader_of_a_topic_that_is_deleted_gets_no_more_than_what_was_in_it(log: Log, topic: str) -> None:
    log.append(topic, *(numbered(0, number) for number in range(100)))
    before = list(log.read(topic))
    reading = log.read(topic)
    seen = [next(reading)]
    log.delete(topic)
    try:
        seen.extend(reading)
    except NoSuchTopic:
        pass
    else:
        assert len(seen) == 100
    assert seen == before[: len(seen)]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])  # These fetch little ahead (Kafka: test_log_kafka.py).
def test_a_reader_finds_out_that_its_topic_was_deleted_or_replaced(log: Log, topic: str) -> None:
    log.append(topic, *[b"record"] * 200)
    first, second = log.read(topic), log.read(topic)
    next(first), next(second)
    log.delete(topic)
    with pytest.raises(NoSuchTopic):
        list(first)
    log.create(topic, 3)
    with pytest.raises(LogUnavailable):
        list(second)


@pytest.mark.parametrize(
    "name",
    ["", "Rounds", "1st", "a b", "../rounds", "a/b", "/a", "a.", ".a", "a..b", "a.b.c", "a.-", "rounds\n", "é", "a\0"],
)
def test_what_is_no_name_of_a_topic_is_refused_by_every_verb(log: Log, name: str) -> None:
    verbs: list[Callable[[], object]] = [
        lambda: log.append(name, b"record"),
        lambda: log.read(name),
        lambda: log.end(name),
        lambda: log.create(name),
        lambda: log.delete(name),
    ]
    for verb in verbs:
        with pytest.raises(ValueError, match="not the name of a topic"):
            verb()


def test_a_name_that_is_too_long_for_a_file_is_refused(log: Log) -> None:
    with pytest.raises(ValueError, match="not the name of a topic"):
        log.create("x" * (port.MAX_TOPIC + 1))


@pytest.mark.parametrize("name", ["r", "rounds", "nodes.2026-q4", "words.0", "x" * port.MAX_TOPIC])
def test_what_is_a_name_of_a_topic_works(log: Log, name: str) -> None:
    log.create(name)
    log.append(name, b"record")
    assert values(log.read(name)) == [b"record"]


@pytest.mark.parametrize("partitions", [-1, 0, port.MAX_PARTITIONS + 1])
def test_a_number_of_partitions_that_no_log_takes_is_refused(log: Log, partitions: int) -> None:
    with pytest.raises(ValueError, match="partitions"):
        log.create(TOPIC, partitions)
    assert_gone(log, TOPIC)


def test_a_topic_can_have_as_many_partitions_as_the_port_allows(log: Log) -> None:
    log.create(TOPIC, port.MAX_PARTITIONS)
    log.append(TOPIC, b"record")
    assert sum(log.end(TOPIC)) == 1
    assert len(log.end(TOPIC)) == port.MAX_PARTITIONS
    assert values(log.read(TOPIC)) == [b"record"]


def test_what_is_printed_of_an_entry_does_not_show_the_record(log: Log, topic: str) -> None:
    log.append(topic, b"sealed")
    assert "sealed" not in repr(list(log.read(topic)))


def test_a_read_holds_only_a_few_records_at_a_time(log: Log, topic: str) -> None:
    for _ in range(12):
        log.append(topic, *[b"x" * port.MAX_RECORD] * 8)
    tracemalloc.start()
    try:
        total = sum(len(entry.value) for entry in log.read(topic))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 96 * port.MAX_RECORD
    assert peak < total // 2


def test_threads_append_at_once_and_readers_meanwhile_see_the_log_only_grow(log: Log, topic: str) -> None:
    done = threading.Event()

    def append(writer: int) -> None:
        for number in range(40):
            log.append(topic, numbered(writer, number))

    def watch() -> None:
        seen: dict[int, list[bytes]] = {}
        finished = False
        while not finished:
            finished = done.is_set()
            now = by_partition(log.read(topic))
            assert all(now[partition][: len(old)] == old for partition, old in seen.items())
            seen = now

    with ThreadPoolExecutor() as pool:
        watching = [pool.submit(watch) for _ in range(2)]
        try:
            for appending in [pool.submit(append, writer) for writer in range(4)]:
                appending.result()
        finally:
            done.set()
        for each in watching:
            each.result()
    assert_complete(list(log.read(topic)), writers=4, count=40)


@pytest.mark.parametrize("kind", [ALONE, "sqlite", "kafka"])
def test_processes_append_at_once_and_a_reader_meanwhile_sees_the_log_only_grow(
    place: Place, log: Log, topic: str
) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(running(append_numbered, place.url, topic, writer, 60)) for writer in range(3)]
        seen: dict[int, list[bytes]] = {}
        deadline = time.monotonic() + PATIENCE
        while any(writer.is_alive() for writer in writers):
            assert time.monotonic() < deadline, "the processes hang"
            now = by_partition(log.read(topic))
            assert all(now[partition][: len(old)] == old for partition, old in seen.items())
            seen = now
    assert_complete(list(log.read(topic)), writers=3, count=60)


@pytest.mark.parametrize("kind", [ALONE, "sqlite", "kafka"])
def test_what_one_process_creates_appends_or_deletes_is_there_or_gone_for_another_at_once(
    place: Place, log: Log
) -> None:
    with elsewhere(place.url) as other:
        log.create(TOPIC, 2)
        assert other.call("end", TOPIC) == (0, 0)
        log.append(TOPIC, b"ours")
        assert values(other.call("read", TOPIC)) == [b"ours"]
        other.call("append", TOPIC, b"theirs")
        assert sorted(values(log.read(TOPIC))) == [b"ours", b"theirs"]
        other.call("delete", TOPIC)
        assert_gone(log, TOPIC)
        other.call("create", TOPIC)
        log.append(TOPIC, b"new")
        assert values(other.call("read", TOPIC)) == [b"new"]
        log.delete(TOPIC)
        for verb in (("append", TOPIC, b"record"), ("read", TOPIC), ("end", TOPIC)):
            with pytest.raises(NoSuchTopic):
                other.call(*verb)


@pytest.mark.parametrize("kind", [ALONE, "sqlite", "kafka"])
def test_what_was_acknowledged_survives_the_death_of_the_process_and_no_record_is_torn(
    place: Place, log: Log, topic: str
) -> None:
    acknowledged = []
    for writer in range(4):
        ours, theirs = pipe()
        count = 0
        with (
            pytest.raises(AssertionError, match="ended with -9"),
            running(append_until_killed, place.url, topic, writer, theirs) as process,
        ):
            theirs.close()
            while count < 60:
                count = receive(ours)
            process.kill()
        try:
            while True:
                count = receive(ours)
        except EOFError:
            ours.close()
        acknowledged.append(count)
    entries = list(log.read(topic))
    for writer, count in enumerate(acknowledged):
        found = [number for by, number in map(number_of, values(entries)) if by == writer]
        assert len(found) == len(set(found))
        assert set(range(count)) <= set(found) <= set(range(count + 3))
    log.append(topic, b"still in use")
    assert sum(log.end(topic)) == len(entries) + 1
