"""Appending together: envelopes that wait for the log at the same time share one append.

A durable append takes as long for ten envelopes as for one. One thread appends whatever has come while it was at it;
who brings an envelope goes on at once and is told in a future.
"""

import asyncio
import time
from collections import defaultdict
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread

from shared.asgi import running_loop
from shared.log.port import Log

GATHER = 0.001
"""Seconds that the first of a batch waits for others: little beside what an append takes on a disk, and enough to have
ten times fewer of them when many come."""


@dataclass(slots=True, eq=False)
class _Waiting:
    topic: str
    record: bytes = field(repr=False)
    done: Future[None] = field(default_factory=Future)


class Together:
    """Appends for one process."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._run, name="append", daemon=True)
        self._thread.start()

    def append(self, topic: str, record: bytes) -> Future[None]:
        """Done when the record is durable, or with the log's error for all that were appended with it.

        Called from an event loop it is done there, and its callbacks run there: one hop back for a whole batch.
        """
        self._loop = running_loop()
        waiting = _Waiting(topic, record)
        self._queue.put(waiting)
        return waiting.done

    def close(self) -> None:
        """Append what has come so far, and end; whatever comes later is not appended."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            time.sleep(GATHER)
            batch = [first]
            while not self._queue.empty():
                if (another := self._queue.get()) is None:
                    self._queue.put(None)  # The end is for the loop outside.
                    break
                batch.append(another)
            self._append(batch)

    def _append(self, batch: list[_Waiting]) -> None:
        by_topic: defaultdict[str, list[_Waiting]] = defaultdict(list)
        for waiting in batch:
            by_topic[waiting.topic].append(waiting)
        for topic, together in by_topic.items():
            error: BaseException | None = None
            try:
                self._log.append(topic, *(waiting.record for waiting in together))
            except BaseException as raised:  # Whatever it is: those who wait must hear of it.
                error = raised
            if self._loop is None:
                _settle(together, error)
            else:
                with suppress(RuntimeError):  # The loop has ended, and nobody waits any more.
                    self._loop.call_soon_threadsafe(_settle, together, error)


def _settle(together: list[_Waiting], error: BaseException | None) -> None:
    for waiting in together:
        if error is None:
            waiting.done.set_result(None)
        else:
            waiting.done.set_exception(error)
