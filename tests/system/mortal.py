"""Processes that die: each service of a house has one, which is asked before everything that outlives it.

    process = Mortal("gate")
    process.dies_after(3)           three durable operations from now still happen, the fourth and all later ones do not
    process.fails_after(3)          the fourth fails, as on a full disk, and all later ones happen; the process goes on
    MortalLog(log, process)         the log as this process uses it; `MortalDatabase` likewise
    with process.at_work(): ...     files that are put in place or removed in the block ask it, too

Nothing is ever half-done by a dead process except what a power cut would leave half-done, too: some records of an
append, a file that was written but not yet renamed, a transaction that was not committed.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, event

from services.issuer import migrating
from services.issuer.database import Database
from services.issuer.unavailable import DatabaseUnavailable
from shared import topics
from shared.log.memory import MemoryLog
from shared.log.port import End, Entry, LogUnavailable, NoSuchTopic


class Crash(BaseException):
    """The process ends here, as if the power had failed."""


class Mortal:
    """One process of a service, or, after a crash and a restart, its next ones."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.operations: list[str] = []
        """Every durable operation that happened, in words."""
        self.dead = False
        self.crashes = 0
        self.failures = 0
        self._left: int | None = None
        self._only_fails = False

    def dies_after(self, operations: int) -> None:
        """Let so many more durable operations happen."""
        self._left, self._only_fails = operations, False

    def fails_after(self, operations: int) -> None:
        """Let so many more durable operations happen, and then one fail."""
        self._left, self._only_fails = operations, True

    def lives_on(self) -> None:
        """No crash from now on; a dead process begins anew."""
        self._left, self.dead = None, False

    def before(self, what: str) -> None:
        """A durable operation is about to happen: Crash if the process does not live to see it, OSError if it fails."""
        if not self.dead and self._left == 0 and self._only_fails:
            self._left, self.failures = None, self.failures + 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if not self.dead and self._left == 0:
            self.dead, self.crashes = True, self.crashes + 1
        if self.dead:
            raise Crash(f"{self.name}: {what}")
        if self._left is not None:
            self._left -= 1
        self.operations.append(what)

    def check(self) -> None:
        """Crash if another thread of the process has met its end."""
        if self.dead:
            raise Crash(self.name)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Files under any path ask this process while the block runs; one process works at a time."""
        replace, unlink = Path.replace, Path.unlink

        def asking_replace(path: Path, target: Path) -> Path:
            self.before(f"rename to {target.name}")
            return replace(path, target)

        def asking_unlink(path: Path, missing_ok: bool = False) -> None:
            if path.exists():
                self.before(f"remove {path.name}")
            unlink(path, missing_ok)

        with (
            patch.object(Path, "replace", asking_replace),
            patch.object(Path, "unlink", asking_unlink),
            # The power does not really fail, and waiting for the disk is half of the time that all this takes.
            patch.object(os, "fsync", lambda _descriptor: None),
        ):
            yield


Copy = dict[str, tuple[tuple[bytes, ...], ...]]
"""All that a log holds: by topic the records of each partition."""


class OperatedLog(MemoryLog):
    """A log in memory whose operator can copy it and put an earlier copy in its place."""

    def copy(self) -> Copy:
        with self._lock:
            return {topic: tuple(map(tuple, partitions)) for topic, partitions in self._topics.items()}

    def put_back(self, copy: Copy) -> None:
        with self._lock:
            self._topics = {topic: tuple(map(list, partitions)) for topic, partitions in copy.items()}

    def records(self) -> list[bytes]:
        """What stands in the topic `rounds`."""
        return [record for partition in self.copy().get(topics.ROUNDS, ()) for record in partition]


Watcher = Callable[[str, bytes], None]
"""Told the topic and every record before it is appended."""


class MortalLog:
    """Implements `shared.log.port.Log` for one process."""

    def __init__(self, log: OperatedLog, process: Mortal, watch: Watcher) -> None:
        self._log = log
        self._process = process
        self._watch = watch

    def append(self, topic: str, *records: bytes) -> None:
        """One by one: the port promises nothing about how many are there after an error."""
        for record in records:
            self._before(f"append to {topic}")
            self._watch(topic, record)
            self._log.append(topic, record)

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        return self._log.read(topic, start, stop)

    def end(self, topic: str) -> End:
        return self._log.end(topic)

    def create(self, topic: str, partitions: int = 1) -> None:
        if not self._exists(topic):
            self._before(f"create {topic}")
        self._log.create(topic, partitions)

    def delete(self, topic: str) -> None:
        if self._exists(topic):
            self._before(f"delete {topic}")
        self._log.delete(topic)

    def close(self) -> None:
        pass

    def _before(self, what: str) -> None:
        try:
            self._process.before(what)
        except OSError as error:
            raise LogUnavailable(what) from error

    def _exists(self, topic: str) -> bool:
        try:
            self._log.end(topic)
        except NoSuchTopic:
            return False
        return True


class MortalDatabase(Database):
    """A database whose commits ask the process."""

    def __init__(self, url: str, process: Mortal) -> None:
        super().__init__(url)
        self._process = process
        event.listen(self._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        migrating.prepare(self)

    @contextmanager
    def writing(self, **arguments: Any) -> Iterator[Connection]:
        with super().writing(**arguments) as connection:
            yield connection
            try:
                self._process.before("commit")
            except OSError as error:
                raise DatabaseUnavailable("commit") from error
            except Crash:
                if threading.current_thread() is threading.main_thread():
                    raise
                # The thread that makes keys dies quietly; whoever waits for it asks `check`.
                raise DatabaseUnavailable("the process has died") from None


Registry = Any
"""A prometheus_client.CollectorRegistry, which only metrics.py of the services may import."""


def alarms_of(registry: Registry) -> set[str]:
    """The reasons of all alarms that a service's metrics show."""
    samples = (sample for family in registry.collect() for sample in family.samples if family.name.endswith("_alarms"))
    return {sample.labels["reason"] for sample in samples if sample.value}
