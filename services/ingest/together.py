"""Appending together: requests that wait for the log at the same time share one append.

A durable append takes as long for ten envelopes as for one. Whoever gets the turn appends for all who wait; nobody
waits longer than for the append under way and the next one.
"""

from dataclasses import dataclass, field
from threading import Lock

from shared.log.port import Log, LogError, LogUnavailable


@dataclass(slots=True, eq=False)
class _Waiting:
    topic: str
    record: bytes = field(repr=False)
    done: bool = False
    error: LogError | None = None


class Together:
    """Appends for all threads of one process."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: list[_Waiting] = []
        self._queue = Lock()
        self._turn = Lock()

    def append(self, topic: str, record: bytes) -> None:
        """Back when the record is durable; LogError as the log raises it, for all that were appended with it."""
        mine = _Waiting(topic, record)
        with self._queue:
            self._waiting.append(mine)
        with self._turn:
            if not mine.done:
                self._append_all()
        if mine.error is not None:
            raise mine.error

    def _append_all(self) -> None:
        with self._queue:
            batch, self._waiting = self._waiting, []
        for topic in {waiting.topic for waiting in batch}:
            together = [waiting for waiting in batch if waiting.topic == topic]
            error: LogError | None = LogUnavailable("not appended")  # what others hear if this thread breaks
            try:
                self._log.append(topic, *(waiting.record for waiting in together))
                error = None
            except LogError as raised:
                error = raised
            finally:
                for waiting in together:
                    waiting.done, waiting.error = True, error
