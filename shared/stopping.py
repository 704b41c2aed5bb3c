"""Ending long work on the log within seconds: whatever is asked of it raises Stopping once the process is to end.

Appending a batch of 400 MB takes longer than a process has to end. It may stop between any two records, for the rest
is appended from the journal after the next start.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import overload

from shared.log.port import End, Entry, Log
from shared.loop import Stopping


class StoppingLog:
    """A log, until `stop` is set."""

    def __init__(self, log: Log, stop: threading.Event) -> None:
        self._log = log
        self._stop = stop

    def append(self, topic: str, *records: bytes) -> None:
        check(self._stop)
        self._log.append(topic, *records)

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        check(self._stop)
        return self._entries(self._log.read(topic, start, stop))

    def _entries(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        for entry in entries:
            check(self._stop)
            yield entry

    def end(self, topic: str) -> End:
        check(self._stop)
        return self._log.end(topic)

    def create(self, topic: str, partitions: int = 1) -> None:
        check(self._stop)
        self._log.create(topic, partitions)

    def delete(self, topic: str) -> None:
        check(self._stop)
        self._log.delete(topic)

    def close(self) -> None:
        self._log.close()


class StoppingChunks(Sequence[bytes]):
    """Chunks of a bundle on their way into the journal, which keeps all of them or none."""

    def __init__(self, chunks: Sequence[bytes], stop: threading.Event) -> None:
        self._chunks = chunks
        self._stop = stop

    def __len__(self) -> int:
        return len(self._chunks)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        check(self._stop)
        return self._chunks[place]


def check(stop: threading.Event | None) -> None:
    """Raise Stopping if the process is to end; None: nobody will ask for that."""
    if stop is not None and stop.is_set():
        raise Stopping
