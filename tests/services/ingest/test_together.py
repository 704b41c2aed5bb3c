"""Envelopes that come at the same time share one append, and each hears what became of its own."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from services.ingest.together import MOST, WAITING, Together
from shared.log.memory import MemoryLog
from shared.log.port import Log, LogDamaged, LogUnavailable

PATIENCE = 10.0
"""Seconds after which a thread hangs."""

SPRING, AUTUMN = "envelopes.spring", "envelopes.autumn"


class Door(MemoryLog):
    """Appends wait until the door is open; `appends` are the sizes of the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.entered = threading.Event()
        self.appends: list[int] = []

    def append(self, topic: str, *records: bytes) -> None:
        self.entered.set()
        assert self.open.wait(PATIENCE)
        self.appends.append(len(records))
        super().append(topic, *records)


@contextmanager
def together(log: Log) -> Iterator[Together]:
    them = Together(log)
    try:
        yield them
    finally:
        them.close()


def behind_the_door(log: Door, them: Together, topics_and_records: list[tuple[str, bytes]]) -> list[Future[bool]]:
    """The futures of the first, which is being appended alone, and of all that come meanwhile."""
    (topic, record), *others = topics_and_records
    first = them.append(topic, record)
    assert log.entered.wait(PATIENCE)
    return [first, *(them.append(*other) for other in others)]


def outcomes(futures: list[Future[bool]]) -> list[bool]:
    return [one.result(PATIENCE) for one in futures]


def test_those_who_come_during_one_append_share_the_next() -> None:
    log = Door()
    log.create(SPRING)
    with together(log) as them:
        futures = behind_the_door(log, them, [(SPRING, bytes([n])) for n in range(11)])
        assert not any(one.done() for one in futures)
        log.open.set()
        assert outcomes(futures) == [True] * 11
    assert log.appends == [1, 10]
    assert [entry.value for entry in log.read(SPRING)] == [bytes([n]) for n in range(11)]


def test_no_append_is_so_large_that_everybody_hears_of_one_error() -> None:
    log = Door()
    log.create(SPRING)
    with together(log) as them:
        futures = behind_the_door(log, them, [(SPRING, n.to_bytes(2)) for n in range(2 + 2 * MOST)])
        log.open.set()
        assert outcomes(futures) == [True] * (2 + 2 * MOST)
    assert log.appends == [1, MOST, MOST, 1]


def test_while_the_log_is_slow_only_so_many_wait_and_others_hear_it_at_once() -> None:
    log = Door()
    log.create(SPRING)
    with together(log) as them:
        futures = behind_the_door(log, them, [(SPRING, n.to_bytes(2)) for n in range(1 + WAITING)])
        late = them.append(SPRING, b"late")
        assert late.done() and not late.result()
        assert not futures[-1].done()
        log.open.set()
        assert outcomes(futures) == [True] * (1 + WAITING)
        assert them.append(SPRING, b"later").result(PATIENCE)


def test_a_failure_is_heard_by_those_whose_topic_it_is() -> None:
    log = Door()
    log.create(SPRING)
    with together(log) as them:
        futures = behind_the_door(log, them, [(SPRING, b"1"), (AUTUMN, b"2"), (SPRING, b"3"), (AUTUMN, b"4")])
        log.open.set()
        assert outcomes(futures) == [True, False, True, False]


class Broken(Door):
    """What it does with more than one record at once."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def append(self, topic: str, *records: bytes) -> None:
        if len(records) > 1:
            raise self.error
        super().append(topic, *records)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("secret"), ["broken: ZeroDivisionError"]),
        (LogDamaged("torn"), ["the log is damaged: torn"]),
        (LogUnavailable("away"), []),
    ],
)
def test_if_appends_fail_nobody_believes_they_were_done_and_it_is_said_once(
    error: Exception, said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    log = Broken(error)
    log.create(SPRING)
    with together(log) as them:
        for _ in range(2):
            log.open.clear()
            log.entered.clear()
            futures = behind_the_door(log, them, [(SPRING, bytes([n])) for n in range(4)])
            log.open.set()
            assert outcomes(futures) == [True, False, False, False]
        assert them.append(SPRING, b"later").result(PATIENCE)
    assert [record.getMessage() for record in caplog.records] == said * 2


class Torn(MemoryLog):
    """One topic is damaged."""

    def append(self, topic: str, *records: bytes) -> None:
        if topic == SPRING:
            raise LogDamaged(f"{SPRING}: torn")
        super().append(topic, *records)


def test_a_damaged_topic_is_said_once_also_while_envelopes_of_another_round_come(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A line for each would tell when somebody has answered."""
    log = Torn()
    log.create(AUTUMN)
    with together(log) as them:
        for _ in range(3):
            assert outcomes([them.append(SPRING, b"lost")]) == [False]
            assert outcomes([them.append(AUTUMN, b"kept")]) == [True]
    assert [record.getMessage() for record in caplog.records] == [f"the log is damaged: {SPRING}: torn"]


def test_who_waits_while_the_process_ends_is_not_left_waiting() -> None:
    log = Broken(SystemExit())
    log.create(SPRING)
    with together(log) as them:
        futures = behind_the_door(log, them, [(SPRING, bytes([n])) for n in range(3)])
        log.open.set()
        assert [type(one.exception(PATIENCE)) for one in futures] == [type(None), SystemExit, SystemExit]


def test_who_no_longer_wants_to_know_keeps_nobody_else_from_it() -> None:
    log = Door()
    log.create(SPRING)
    with together(log) as them:
        first, gone, other = behind_the_door(log, them, [(SPRING, bytes([n])) for n in range(3)])
        assert gone.cancel()
        log.open.set()
        assert outcomes([first, other]) == [True, True]
        assert them.append(SPRING, b"later").result(PATIENCE)


def test_what_was_brought_before_the_end_is_appended_and_nothing_after_it() -> None:
    log = Door()
    log.create(SPRING)
    them = Together(log)
    futures = behind_the_door(log, them, [(SPRING, bytes([n])) for n in range(3)])
    ending = threading.Thread(target=them.close)
    ending.start()
    log.open.set()
    ending.join(PATIENCE)
    assert outcomes(futures) == [True] * 3
    assert not them.append(SPRING, b"later").result(PATIENCE)
    assert log.end(SPRING) == (3,)


def test_who_brings_it_from_an_event_loop_is_told_there() -> None:
    log = MemoryLog()
    log.create(SPRING)
    told: list[int] = []

    async def bring(them: Together) -> None:
        futures = [them.append(SPRING, bytes([n])) for n in range(3)]
        for one in futures:
            one.add_done_callback(lambda _: told.append(threading.get_ident()))
        await asyncio.gather(*map(asyncio.wrap_future, futures))

    with together(log) as them:
        asyncio.run(bring(them))
    assert told == [threading.get_ident()] * 3


def test_a_loop_that_has_ended_stops_nobody_else() -> None:
    log = Door()
    log.create(SPRING)

    async def bring(them: Together) -> None:
        them.append(SPRING, b"nobody waits for it")

    with together(log) as them:
        asyncio.run(bring(them))
        assert log.entered.wait(PATIENCE)
        log.open.set()
        assert them.append(SPRING, b"somebody does").result(PATIENCE)
    assert log.end(SPRING) == (2,)
