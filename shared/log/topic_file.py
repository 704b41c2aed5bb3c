"""One topic in one SQLite file, for one caller at a time: `shared.log.sqlite` sees to that.

<topic>.db        application_id 0x4b6c6f67 ("Klog"); for each partition a table partition_<number>:
                      offset INTEGER PRIMARY KEY, value BLOB NOT NULL
<topic>.db-wal    what was appended and is not yet in the file above
<topic>.db-shm    SQLite's index of it
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from shared.log.port import End, LogDamaged, LogError, LogUnavailable, NoSuchTopic

_APPLICATION_ID = 0x4B6C6F67

_PAGE = 16
"""Records read at a time: at most 8 MiB, and few enough queries to read 100,000 envelopes in a second or two."""

_TOGETHER = 400
"""Records per statement, with two variables each, of which SQLite before 3.32 takes no more than 999. One statement for
many is faster than one for each: every statement hands Python's lock over and takes it back."""

_RETRY = 0.001
"""Seconds between two tries for another process's lock. SQLite itself would sleep up to 0.1 s: with four processes that
append all the time one of them then waits for seconds, with this for tenths of one (see benchmarks/log.py)."""

_CREATE = "CREATE TABLE partition_{} (offset INTEGER PRIMARY KEY, value BLOB NOT NULL)"
_APPEND = "INSERT INTO partition_{} VALUES {}"
_END = "(SELECT coalesce(max(offset) + 1, 0) FROM partition_{})"
_PARTITIONS = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name GLOB 'partition_*'"
_READ = "SELECT offset, value FROM partition_{} WHERE offset >= ? AND offset < ? ORDER BY offset LIMIT ?"

_Identity = tuple[tuple[int, int] | None, ...]

_PRIMARY = 0xFF
"""The part of SQLite's code for an error that says what kind it is; the rest are details."""

_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""SQLite's codes for what the machine or another process did. The rest is about the content of the file."""


@dataclass(frozen=True)
class TopicFile:
    """An open topic. All methods may raise sqlite3.Error and OSError; `failure` gives the log's error for them."""

    path: Path
    connection: sqlite3.Connection
    timeout: float
    partitions: int
    identity: _Identity

    @classmethod
    def open(cls, path: Path, timeout: float) -> "TopicFile":
        """Open an existing topic; `timeout` in seconds is how long to wait for another's lock. Raises NoSuchTopic."""
        if not path.exists():
            raise NoSuchTopic(path.stem)
        connection = connect(path)
        try:
            ((application_id,),) = _patiently(connection, timeout, "PRAGMA application_id")
            ((partitions,),) = _patiently(connection, timeout, _PARTITIONS)
            if application_id != _APPLICATION_ID or not partitions:
                raise LogDamaged(f"{path.name} is no topic of this log")
        except BaseException:
            connection.close()
            raise
        # SQLite has opened all three files with the first query, and keeps them as long as the connection lives.
        return cls(path, connection, timeout, partitions, _identity(path))

    @staticmethod
    def make(path: Path, partitions: int) -> None:
        """Make an empty topic that is complete when it gets its name, whatever happens in between.

        A file that lost its name may have left a write-ahead file, which SQLite would replay into a new one.
        """
        unfinished = path.with_name(f"{path.name}.new")
        TopicFile.remove(path)
        TopicFile.remove(unfinished)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(connect(unfinished)) as connection:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute("PRAGMA journal_mode = WAL")
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                for partition in range(partitions):
                    connection.execute(_CREATE.format(partition))
        unfinished.rename(path)

    @staticmethod
    def remove(path: Path) -> None:
        """Delete a topic's files, the one that makes it exist first."""
        for file in (*_files(path), path.with_name(f"{path.name}-journal")):
            file.unlink(missing_ok=True)

    def unchanged(self) -> bool:
        """Whether the open files are still those that have the names.

        A connection goes on working on files that were deleted or replaced: it would acknowledge what nobody can read.
        The operating system gives no other file the number of one that is open.
        """
        return _identity(self.path) == self.identity

    def append(self, records: Iterable[bytes]) -> None:
        """Append in one transaction, each record to a partition chosen at random."""
        with self.connection:  # commits, or undoes everything after an error
            self._patiently("BEGIN IMMEDIATE")
            for partition, chosen in self._scattered(records).items():
                ((offset,),) = self.connection.execute(f"SELECT {_END.format(partition)}").fetchall()
                for start in range(0, len(chosen), _TOGETHER):
                    rows = list(enumerate(chosen[start : start + _TOGETHER], offset + start))
                    statement = _APPEND.format(partition, ", ".join(["(?, ?)"] * len(rows)))
                    self.connection.execute(statement, list(chain.from_iterable(rows)))

    def _scattered(self, records: Iterable[bytes]) -> dict[int, list[bytes]]:
        """The records by partition, chosen at random for each."""
        scattered: dict[int, list[bytes]] = {}
        for record in records:
            scattered.setdefault(secrets.randbelow(self.partitions), []).append(record)
        return scattered

    def end(self) -> End:
        """The next offset of each partition, all at one moment."""
        columns = ", ".join(_END.format(partition) for partition in range(self.partitions))
        (end,) = self._patiently(f"SELECT {columns}")
        return tuple(end)

    def page(self, partition: int, offsets: range) -> Sequence[tuple[int, bytes]]:
        """The first few offsets of a partition in that range, with their records."""
        return self._patiently(_READ.format(partition), (offsets.start, offsets.stop, _PAGE))

    def _patiently(self, statement: str, values: tuple[int, ...] = ()) -> list[Any]:
        return _patiently(self.connection, self.timeout, statement, values)


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an existing file whose commits return when they are on the disk.

    Threads may share it, one at a time. It does not wait for the locks of others.
    """
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")
    # Only macOS knows it: fsync there leaves the data in the disk's own cache.
    connection.execute("PRAGMA fullfsync = ON")
    return connection


def _patiently(
    connection: sqlite3.Connection, timeout: float, statement: str, values: tuple[int, ...] = ()
) -> list[Any]:
    """Run the first statement of a transaction, for up to `timeout` seconds as often as another has the lock."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(_RETRY)


def failure(error: sqlite3.Error | OSError, topic: str) -> LogError | None:
    """The log's error for one of SQLite or the system; None for a mistake in how SQLite was used."""
    if isinstance(error, OSError):
        return LogUnavailable(f"{topic}: {error.strerror}")
    code = getattr(error, "sqlite_errorcode", None)  # SQLite's own errors have one, the module's complaints do not.
    if code is None:
        return None
    kind = LogUnavailable if code & _PRIMARY in _PASSING else LogDamaged
    return kind(f"{topic}: {error} ({error.sqlite_errorname})")


def _files(path: Path) -> tuple[Path, ...]:
    return (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))


def _identity(path: Path) -> _Identity:
    return tuple(map(_file_number, _files(path)))


def _file_number(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
