"""Long work on the log ends between any two records."""

import threading

import pytest

from shared.log.memory import MemoryLog
from shared.loop import Stopping
from shared.stopping import StoppingChunks, StoppingLog, check


def test_until_the_stop_it_is_the_log_itself() -> None:
    log = StoppingLog(MemoryLog(), threading.Event())
    log.create("topic")
    log.append("topic", b"a", b"b", b"c")
    assert [entry.value for entry in log.read("topic", (1,), (2,))] == [b"b"]
    assert log.end("topic") == (3,)
    log.delete("topic")
    log.close()


def test_after_it_every_verb_and_a_read_under_way_end() -> None:
    stop = threading.Event()
    log = StoppingLog(MemoryLog(), stop)
    log.create("topic")
    log.append("topic", b"a", b"b")
    under_way = log.read("topic")
    assert next(under_way).value == b"a"
    stop.set()
    with pytest.raises(Stopping):
        next(under_way)
    for verb in (log.create, log.delete, log.end, log.read):
        with pytest.raises(Stopping):
            verb("topic")
    with pytest.raises(Stopping):
        log.append("topic", b"c")


def test_chunks_on_their_way_to_the_disk_end_too() -> None:
    stop = threading.Event()
    chunks = StoppingChunks([b"a", b"b", b"c"], stop)
    assert (len(chunks), list(chunks), chunks[1:]) == (3, [b"a", b"b", b"c"], [b"b", b"c"])
    under_way = iter(chunks)
    assert next(under_way) == b"a"
    stop.set()
    with pytest.raises(Stopping):
        next(under_way)
    with pytest.raises(Stopping):
        check(stop)
