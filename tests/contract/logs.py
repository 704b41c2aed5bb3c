"""The kinds of log that the contract is tested on, and a log used from another process."""

import multiprocessing
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shared.log import open_log
from shared.log.memory import MemoryLog
from shared.log.port import Log, NoSuchTopic
from tests import kafka_here

PATIENCE = 30.0
"""Seconds after which a process that does not answer has hung; starting one takes a fraction of a second."""

OPEN_FILES = Path("/proc/self/fd")

_SPAWN = multiprocessing.get_context("spawn")


@dataclass
class Place:
    """Somewhere a log is kept: `open` gives one more user of it in this process, `url` is for other processes."""

    opener: Callable[[], Log]
    address: str | None
    opened: list[Log] = field(default_factory=list)

    def open(self) -> Log:
        self.opened.append(self.opener())
        return self.opened[-1]

    @property
    def url(self) -> str:
        assert self.address is not None, "no other process can use this log"
        return self.address

    def close(self) -> None:
        for log in self.opened:
            log.close()


def _memory(_folder: Path) -> Place:
    log = MemoryLog()
    return Place(lambda: log, None)


def _sqlite(folder: Path) -> Place:
    url = f"sqlite:{folder}"
    return Place(lambda: open_log(url), url)


def _kafka(folder: Path) -> Place:
    kafka_here.empty()
    url = f"kafka:{kafka_here.address_file(folder)}"
    return Place(lambda: open_log(url), url)


KINDS: dict[str, Callable[[Path], Place]] = {"memory": _memory, "sqlite": _sqlite, "kafka": _kafka}


class Elsewhere:
    """A log in a process of its own, one call at a time; an exception there is raised here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def call(self, verb: str, *arguments: Any) -> Any:
        """`read` gives a list; `limit` lets no file of that process grow beyond so many bytes (None: no limit)."""
        self._connection.send((verb, arguments))
        worked, result = receive(self._connection)
        if not worked:
            raise result
        return result


@contextmanager
def elsewhere(url: str) -> Iterator[Elsewhere]:
    """Start such a process; it ends with the block."""
    ours, theirs = _SPAWN.Pipe()
    with running(serve, url, theirs):
        theirs.close()
        yield Elsewhere(ours)
        ours.close()


@contextmanager
def running(target: Callable[..., None], *arguments: Any) -> Iterator[Any]:
    """Run a function of this module in a process of its own, which must have ended well when the block is done."""
    process = _SPAWN.Process(target=target, args=arguments)
    process.start()
    try:
        yield process
        process.join(PATIENCE)
        assert process.exitcode is not None, "the process hangs"
    finally:
        process.kill()
        process.join()
        code = process.exitcode
        process.close()
    assert code == 0, f"the process ended with {code}"


def pipe() -> tuple[Connection, Connection]:
    return _SPAWN.Pipe(duplex=False)


def serve(url: str, connection: Connection) -> None:
    log = open_log(url)
    while True:
        try:
            verb, arguments = connection.recv()
        except EOFError:
            break
        try:
            if verb == "limit":
                (size,) = arguments
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))
                result: Any = None
            elif verb == "read":
                result = list(log.read(*arguments))
            else:
                result = getattr(log, verb)(*arguments)
            connection.send((True, result))
        except Exception as error:  # Whatever it is, `Elsewhere.call` raises it in the process of the test.
            connection.send((False, error))
    log.close()


def numbered(writer: int, number: int) -> bytes:
    """A record that shows whose it is, its number, and any byte that is missing or wrong."""
    length = (writer * 7 + number * 1009) % 20_000
    return bytes([writer]) + number.to_bytes(4) + bytes([number % 251]) * length


def number_of(record: bytes) -> tuple[int, int]:
    """The writer and number of a `numbered` record, which must be whole."""
    writer, number = record[0], int.from_bytes(record[1:5])
    assert record == numbered(writer, number), f"record {number} of writer {writer} is torn"
    return writer, number


def append_numbered(url: str, topic: str, writer: int, count: int) -> None:
    log = open_log(url)
    for number in range(count):
        log.append(topic, numbered(writer, number))
    log.close()


def receive(connection: Connection) -> Any:
    """What the other side sends next; EOFError when it is gone."""
    assert connection.poll(PATIENCE), "the process hangs"
    return connection.recv()


def append_until_killed(url: str, topic: str, writer: int, acknowledged: Connection) -> None:
    """Append three records at a time, and say so after each return."""
    log = open_log(url)
    number = 0
    while True:
        log.append(topic, *(numbered(writer, number + i) for i in range(3)))
        number += 3
        acknowledged.send(number)


def create_and_delete(url: str, topic: str, times: int, processes: int) -> None:
    """What several owners of a topic would do to each other; nothing but NoSuchTopic may come of it."""
    log = open_log(url)
    for _ in range(times):
        log.create(topic)
        with suppress(NoSuchTopic):
            log.append(topic, b"record")
            # Each process appends once between two deletions of its own.
            assert log.end(topic) <= (processes,)
        log.delete(topic)
    log.close()


def open_files() -> list[str]:
    """The names of the files that this process has open (Linux)."""
    return [str(link.readlink()) for link in OPEN_FILES.iterdir() if link.is_symlink()]


def append_from_a_fork(url: str, topic: str) -> None:
    """Use a log, fork, and use it on both sides; the parent once more when the child is gone."""
    log = open_log(url)
    log.append(topic, b"before")
    child = os.fork()
    log.append(topic, b"parent" if child else b"child")
    if child == 0:
        connections = sum(name.endswith(f"{topic}.db") for name in open_files())
        log.close()
        os._exit(0 if connections == 2 else 1)  # the parent's, which it does not touch, and its own
    assert os.waitpid(child, 0)[1] == 0
    log.append(topic, b"after")
    log.close()
