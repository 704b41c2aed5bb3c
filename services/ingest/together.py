"""Appending together: envelopes that wait for the log at the same time share one append.

A durable append takes as long for ten envelopes as for one. One thread appends whatever has come while it was at it;
who brings an envelope goes on at once and is told in a future.
"""

import asyncio
import logging
import time
from collections import defaultdict
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread

from shared.later import already, running_loop
from shared.log.port import Log, LogDamaged, LogError, LogForbidden

GATHER = 0.001
"""Seconds that the first of a batch waits for others: little beside what an append takes on a disk, and enough to have
ten times fewer of them when many come."""

MOST = 200
"""Envelopes per append: all of them hear of the same error."""

WAITING = 500
"""Envelopes that may wait while the log is slow or away; who comes then is sent away at once, so that memory and
connections stay free for everything else."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    topic: str
    record: bytes = field(repr=False)
    loop: asyncio.AbstractEventLoop | None
    durable: Future[bool] = field(default_factory=Future)


class Together:
    """Appends for one process."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        self._said: dict[str, str] = {}
        """By topic what was last said about it, until an append to it succeeds."""
        self._thread = Thread(target=self._run, name="append", daemon=True)
        self._thread.start()

    def append(self, topic: str, record: bytes) -> Future[bool]:
        """Done when the log has answered: whether the record is surely durable.

        If it comes from an event loop the callbacks run there, with one hop back for all that were appended together;
        else in the thread that appends.
        """
        if self._closed or self._queue.qsize() >= WAITING:
            return already(False)
        waiting = _Waiting(topic, record, running_loop())
        self._queue.put(waiting)
        return waiting.durable

    def check(self, topic: str) -> None:
        """LogError if the log would not take a record of this topic now."""
        self._log.append(topic)

    def close(self) -> None:
        """Append what has come so far, and end; nothing is taken any more."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            time.sleep(GATHER)
            batch = [first]
            while len(batch) < MOST and not self._queue.empty():
                if (another := self._queue.get()) is None:
                    self._queue.put(None)  # The end is for the loop outside.
                    break
                batch.append(another)
            by_topic: defaultdict[str, list[_Waiting]] = defaultdict(list)
            for waiting in batch:
                by_topic[waiting.topic].append(waiting)
            for topic, together in by_topic.items():
                self._append(topic, together)

    def _append(self, topic: str, together: list[_Waiting]) -> None:
        outcome: bool | BaseException
        try:
            self._log.append(topic, *(waiting.record for waiting in together))
            outcome = True
        except Exception as error:  # Whatever it is: this thread serves everybody, and whoever waits gets no receipt.
            outcome = False
            self._say(topic, error)
        except BaseException as error:  # The process ends; those who wait here must not be left waiting.
            outcome = error
        else:
            self._said.pop(topic, None)
        by_loop: defaultdict[asyncio.AbstractEventLoop | None, list[_Waiting]] = defaultdict(list)
        for waiting in together:
            by_loop[waiting.loop].append(waiting)
        for loop, there in by_loop.items():
            if loop is None:
                _settle(there, outcome)
            else:
                with suppress(RuntimeError):  # The loop has ended, and nobody waits any more.
                    loop.call_soon_threadsafe(_settle, there, outcome)

    def _say(self, topic: str, error: Exception) -> None:
        """What does not pass by itself, once: a line for each append would tell when somebody has answered."""
        match error:
            case LogDamaged():
                text = f"the log is damaged: {error}"
            case LogForbidden():
                text = f"the log refuses this service: {error}"
            case LogError():
                return
            case _:
                text = f"broken: {type(error).__name__}"
        if text != self._said.get(topic):
            _LOG.error(text)
        self._said[topic] = text


def _settle(together: list[_Waiting], outcome: bool | BaseException) -> None:
    for waiting in together:
        if not waiting.durable.set_running_or_notify_cancel():
            continue
        if isinstance(outcome, BaseException):
            waiting.durable.set_exception(outcome)
        else:
            waiting.durable.set_result(outcome)
