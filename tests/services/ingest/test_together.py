"""Envelopes that come at the same time share one append, and each hears what became of its own."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from services.ingest.together import Together
from shared.log.memory import MemoryLog
from shared.log.port import Log, NoSuchTopic

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


def behind_the_door(log: Door, them: Together, topics_and_records: list[tuple[str, bytes]]) -> list[Future[None]]:
    """The futures of the first, which is being appended alone, and of all that come meanwhile."""
    (topic, record), *others = topics_and_records
    first = them.append(topic, record)
    assert log.entered.wait(PATIENCE)
    return [first, *(them.append(*other) for other in others)]


def errors(futures: list[Future[None]]) -> list[str]:
    return [type(one.exception(PATIENCE)).__name__ for one in futures]


def test_those_who_come_during_one_append_share_the_next() -> None:
    log = Door()
    log.create(SPRING)
    with together(log) as them:
        futures = behind_the_door(log, them, [(SPRING, bytes([n])) for n in range(11)])
        assert not any(one.done() for one in futures)
        log.open.set()
        assert [one.result(PATIENCE) for one in futures] == [None] * 11
    assert log.appends == [1, 10]
    assert [entry.value for entry in log.read(SPRING)] == [bytes([n]) for n in range(11)]


def test_an_error_is_heard_by_those_whose_topic_it_is() -> None:
    log = Door()
    log.create(SPRING)
    with together(log) as them:
        futures = behind_the_door(log, them, [(SPRING, b"1"), (AUTUMN, b"2"), (SPRING, b"3"), (AUTUMN, b"4")])
        log.open.set()
        assert errors(futures) == ["NoneType", "NoSuchTopic", "NoneType", "NoSuchTopic"]


def test_if_an_append_breaks_nobody_believes_that_it_was_done_and_others_go_on() -> None:
    class Broken(Door):
        def append(self, topic: str, *records: bytes) -> None:
            if len(records) > 1:
                raise ZeroDivisionError
            super().append(topic, *records)

    log = Broken()
    log.create(SPRING)
    with together(log) as them:
        futures = behind_the_door(log, them, [(SPRING, bytes([n])) for n in range(4)])
        log.open.set()
        assert errors(futures) == ["NoneType", *["ZeroDivisionError"] * 3]
        assert them.append(SPRING, b"later").exception(PATIENCE) is None


def test_an_error_of_one_append_does_not_linger() -> None:
    log = MemoryLog()
    with together(log) as them:
        with pytest.raises(NoSuchTopic):
            them.append(SPRING, b"x").result(PATIENCE)
        log.create(SPRING)
        them.append(SPRING, b"x").result(PATIENCE)
    assert log.end(SPRING) == (1,)


def test_what_was_brought_before_the_end_is_appended() -> None:
    log = Door()
    log.create(SPRING)
    them = Together(log)
    futures = behind_the_door(log, them, [(SPRING, bytes([n])) for n in range(3)])
    threading.Timer(0.05, log.open.set).start()
    them.close()
    assert errors(futures) == ["NoneType"] * 3
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
        log.open.set()
        assert them.append(SPRING, b"somebody does").exception(PATIENCE) is None
