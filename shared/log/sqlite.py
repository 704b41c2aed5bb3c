"""The log as a folder of SQLite files, one per topic: for a trial, and wherever one machine is enough.

Any number of processes and threads of one machine use a folder at once; not over a network file system, whose locks
SQLite cannot rely on. A process has one connection per topic, used by one thread at a time: the disk takes one commit
after the other anyhow, and a thread that waits for a lock of ours is woken at once.

To put back an older copy, put a whole folder in place of this one, or delete a topic's files (`-wal` and `-shm` too)
before copying: running processes notice it at their next call. Writing into files that are in use damages them.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.log import port
from shared.log.port import End, Entry, LogUnavailable
from shared.log.topic_file import TopicFile, failure


class _Slot:
    """A topic's place in this process: who has the lock may use the file, which is None while it is not open."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.file: TopicFile | None = None

    def close(self) -> None:
        if self.file is not None:
            self.file.connection.close()
            self.file = None


_LEFT_TO_THE_PARENT: list[dict[str, _Slot]] = []
"""What a forked process inherits and must not touch: SQLite's connections must not be used there, nor closed."""


class SqliteLog:
    """Implements `shared.log.port.Log`."""

    def __init__(self, folder: Path, timeout: float = 5.0) -> None:
        """Use a folder, which is made with mode 0700 if need be (OSError if it cannot be).

        `timeout` in seconds is how long a call waits for another thread, and then as long for another process, before
        it raises LogUnavailable. A commit takes milliseconds; ingest has 20 s for an answer.
        """
        self._folder = folder.absolute()
        self._timeout = timeout
        self._slots: dict[str, _Slot] = {}
        self._pid = os.getpid()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def append(self, topic: str, *records: bytes) -> None:
        port.check_topic(topic)
        port.check_records(records)
        with self._opened(topic) as file:
            file.append(records)

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        port.check_topic(topic)
        self._close_the_deleted()
        with self._opened(topic) as file:
            spans = port.span(start, stop, file.end())
        return self._entries(topic, file, spans)

    def _entries(self, topic: str, opened: TopicFile, spans: list[range]) -> Iterator[Entry]:
        for partition, offsets in enumerate(spans):
            while offsets:
                with self._opened(topic) as file:
                    if file is not opened:
                        raise LogUnavailable(f"{topic} was replaced while it was read")
                    page = file.page(partition, offsets)
                if not page:
                    break
                for offset, value in page:
                    yield Entry(partition, offset, value)
                offsets = range(page[-1][0] + 1, offsets.stop)

    def end(self, topic: str) -> End:
        port.check_topic(topic)
        self._close_the_deleted()
        with self._opened(topic) as file:
            return file.end()

    def create(self, topic: str, partitions: int = 1) -> None:
        port.check_topic(topic)
        port.check_partitions(partitions)
        path = self._path(topic)
        with self._held(topic), self._door() as folder:
            if not path.exists():
                TopicFile.make(path, partitions)
            # Also for one that exists: its maker may have been stopped just before this line.
            os.fsync(folder)

    def delete(self, topic: str) -> None:
        port.check_topic(topic)
        with self._held(topic) as slot, self._door() as folder:
            TopicFile.remove(self._path(topic))
            slot.close()
            os.fsync(folder)

    def close(self) -> None:
        for slot in list(self._own_slots().values()):
            with slot.lock:
                with suppress(OSError), self._door():
                    slot.close()
                slot.close()  # Also if the folder is gone.

    def _path(self, topic: str) -> Path:
        return self._folder / f"{topic}.db"

    def _own_slots(self) -> dict[str, _Slot]:
        """This process's slots: none yet, if it has just been forked."""
        if self._pid != os.getpid():
            _LEFT_TO_THE_PARENT.append(self._slots)
            self._slots, self._pid = {}, os.getpid()
        return self._slots

    @contextmanager
    def _opened(self, topic: str) -> Iterator[TopicFile]:
        """The topic's file as it is there now, for this thread alone."""
        with self._held(topic) as slot:
            if slot.file is None or not slot.file.unchanged():
                with self._door():
                    slot.close()
                    slot.file = TopicFile.open(self._path(topic), self._timeout)
            yield slot.file

    @contextmanager
    def _held(self, topic: str) -> Iterator[_Slot]:
        """The topic's slot for this thread alone, with SQLite's errors as the log's own."""
        slot = self._own_slots().setdefault(topic, _Slot())
        if not slot.lock.acquire(timeout=self._timeout):
            raise LogUnavailable(f"{topic}: other threads were in front for {self._timeout} s")
        try:
            yield slot
        except (sqlite3.Error, OSError) as error:
            if reason := failure(error, topic):
                raise reason from error
            raise
        finally:
            slot.lock.release()

    @contextmanager
    def _door(self) -> Iterator[int]:
        """The folder, in which nobody else opens, closes, makes or deletes files meanwhile.

        SQLite finds a topic's files by name, one after the other; without this it could take one from before a
        deletion and one from after it, and replay old records into a new topic.
        """
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield folder
        finally:
            # Closing alone would not unlock it if the process has forked meanwhile.
            fcntl.flock(folder, fcntl.LOCK_UN)
            os.close(folder)

    def _close_the_deleted(self) -> None:
        """Close what others have deleted: the disk gives deleted records up only when nobody has them open."""
        for slot in list(self._own_slots().values()):
            if slot.lock.acquire(blocking=False):
                try:
                    if slot.file is not None and not slot.file.unchanged():
                        slot.close()
                finally:
                    slot.lock.release()
