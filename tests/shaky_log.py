"""A memory log that is taken away, put back to an earlier state, or fails while something is appended."""

from collections.abc import Callable, Iterator

from shared.log.memory import MemoryLog
from shared.log.port import End, Entry, LogUnavailable, NoSuchTopic


class Killed(BaseException):
    """Stands for a process that ends at this place; no `except Exception` catches it."""


class ShakyLog:
    """Implements `shared.log.port.Log`."""

    def __init__(self) -> None:
        self._log = MemoryLog()
        self._strike: tuple[int, bool, Callable[[], BaseException]] | None = None
        self.away = False
        """Whether every call raises LogUnavailable."""

    def strike(self, appends: int, *, after: bool, error: Callable[[], BaseException]) -> None:
        """Let the append behind the next `appends` ones raise, `after` or before its records are there."""
        self._strike = (appends, after, error)

    def calm(self) -> None:
        self._strike = None

    def append(self, topic: str, *records: bytes) -> None:
        self._check()
        appends, after, error = self._strike or (-1, False, Killed)
        if appends > 0:
            self._strike = (appends - 1, after, error)
        if appends == 0 and not after:
            self._strike = None
            raise error()
        self._log.append(topic, *records)
        if appends == 0:
            self._strike = None
            raise error()

    def read(self, topic: str, start: End | None = None, stop: End | None = None) -> Iterator[Entry]:
        self._check()
        return self._log.read(topic, start, stop)

    def end(self, topic: str) -> End:
        self._check()
        return self._log.end(topic)

    def create(self, topic: str, partitions: int = 1) -> None:
        self._check()
        self._log.create(topic, partitions)

    def delete(self, topic: str) -> None:
        self._check()
        self._log.delete(topic)

    def close(self) -> None:
        self._log.close()

    def values(self, topic: str) -> list[bytes]:
        """All records; empty if there is no such topic."""
        try:
            return [entry.value for entry in self._log.read(topic)]
        except NoSuchTopic:
            return []

    def put_back(self, topic: str, length: int | None = None, instead: tuple[bytes, ...] = ()) -> None:
        """What the log's operator can do: only the first `length` records are left (None: no topic), then others."""
        kept = self.values(topic)[:length]
        self._log.delete(topic)
        if length is not None:
            self._log.create(topic)
            self._log.append(topic, *kept, *instead)

    def _check(self) -> None:
        if self.away:
            raise LogUnavailable("away")
