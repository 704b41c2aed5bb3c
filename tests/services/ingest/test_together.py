"""Requests that wait at the same time share one append, and each hears what became of its own."""

import threading

import pytest

from services.ingest.together import Together
from shared.log.memory import MemoryLog
from shared.log.port import NoSuchTopic

PATIENCE = 10.0
"""Seconds after which a thread hangs."""


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


def run(together: Together, topic: str, record: bytes, heard: dict[bytes, BaseException | None]) -> threading.Thread:
    def append() -> None:
        try:
            together.append(topic, record)
            heard[record] = None
        except Exception as error:
            heard[record] = error

    thread = threading.Thread(target=append)
    thread.start()
    return thread


def join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def waiting(together: Together, number: int) -> None:
    done = threading.Event()
    while len(together._waiting) < number:
        assert not done.wait(0.001)


def test_those_who_wait_for_one_append_share_the_next() -> None:
    log, heard = Door(), dict[bytes, BaseException | None]()
    log.create("envelopes.spring")
    together = Together(log)
    first = run(together, "envelopes.spring", b"first", heard)
    assert log.entered.wait(PATIENCE)
    others = [run(together, "envelopes.spring", bytes([n]), heard) for n in range(10)]
    waiting(together, 10)
    log.open.set()
    join([first, *others])
    assert log.appends == [1, 10]
    assert set(heard.values()) == {None}
    assert {entry.value for entry in log.read("envelopes.spring")} == heard.keys()


def test_an_error_is_heard_by_those_whose_topic_it_is() -> None:
    log, heard = Door(), dict[bytes, BaseException | None]()
    log.create("envelopes.spring")
    together = Together(log)
    first = run(together, "envelopes.spring", b"first", heard)
    assert log.entered.wait(PATIENCE)
    others = [
        run(together, "envelopes.autumn", b"autumn", heard),
        run(together, "envelopes.spring", b"spring", heard),
        run(together, "envelopes.autumn", b"late", heard),
    ]
    waiting(together, 3)
    log.open.set()
    join([first, *others])
    assert isinstance(heard.pop(b"autumn"), NoSuchTopic)
    assert isinstance(heard.pop(b"late"), NoSuchTopic)
    assert heard == {b"first": None, b"spring": None}


def test_if_the_one_who_appends_breaks_nobody_believes_that_it_was_done() -> None:
    class Broken(Door):
        def append(self, topic: str, *records: bytes) -> None:
            if len(records) > 1:
                raise ZeroDivisionError
            super().append(topic, *records)

    log, heard = Broken(), dict[bytes, BaseException | None]()
    log.create("envelopes.spring")
    together = Together(log)
    first = run(together, "envelopes.spring", b"first", heard)
    assert log.entered.wait(PATIENCE)
    others = [run(together, "envelopes.spring", bytes([n]), heard) for n in range(4)]
    waiting(together, 4)
    log.open.set()
    join([first, *others])
    assert heard.pop(b"first") is None
    kinds = sorted(type(error).__name__ for error in heard.values())
    assert kinds == ["LogUnavailable"] * 3 + ["ZeroDivisionError"]


def test_an_error_of_one_append_does_not_linger() -> None:
    log = MemoryLog()
    together = Together(log)
    with pytest.raises(NoSuchTopic):
        together.append("envelopes.spring", b"x")
    log.create("envelopes.spring")
    together.append("envelopes.spring", b"x")
    assert log.end("envelopes.spring") == (1,)
