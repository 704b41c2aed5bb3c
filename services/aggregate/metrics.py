"""What ops sees of aggregate. Nothing has a label for a group, a person or an envelope, or moves with one answer."""

from collections import Counter as Count
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import perf_counter

from prometheus_client import CollectorRegistry, Gauge

from services.aggregate.core import Refusal
from services.aggregate.invariants import Violation
from shared import coarse
from shared.author import Trouble
from shared.rounds import AlarmReason, Fold, State

_PREFIX = "klankbord_aggregate_"


class Work(StrEnum):
    """What takes time."""

    CHECK = "check"
    OPEN = "open"


class Metrics:
    """Of one process, since its start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._refused = self._gauge("refused", "Batches refused as a whole.", "reason")
        self._unpublished = self._gauge("unpublished", "Rounds opened of which nothing is published.", "reason")
        self._alarms = self._gauge("alarms", "What nobody honest does.", "reason")
        self._batches = self._gauge("batches", "Batches worked on.", "work")
        self._seconds = self._gauge("seconds", "Seconds spent on them.", "work")
        self._rounds = self._gauge("rounds", "Rounds in the log.", "state")
        self._answers = self._gauge("batch_answers", "Answers in the last batch, rounded down to a step.")
        self._keys = self._gauge("round_keys", "Round keys that exist.")
        self._look = self._gauge("last_look", "POSIX seconds of the last look at the log.")
        self._foreign = self._gauge("foreign_records", "Records in the log that no party signed.")
        self._seen_alarms = 0
        self._at_work = False
        self._looked_at = float("-inf")
        for refusal in Refusal:
            self._refused.labels(refusal)
        for reason in (*Violation, "key-lost"):
            self._unpublished.labels(reason)
        for trouble in (*Trouble, *AlarmReason, "changed-past"):
            self._alarms.labels(trouble)
        for work in Work:
            self._batches.labels(work)
            self._seconds.labels(work)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(_PREFIX + name, text, labels, registry=self.registry)

    def refused(self, refusal: Refusal) -> None:
        self._refused.labels(refusal).inc()

    def unpublished(self, reason: str) -> None:
        self._unpublished.labels(reason).inc()

    def alarm(self, reason: str) -> None:
        self._alarms.labels(reason).inc()

    def answers(self, n: int) -> None:
        self._answers.set(coarse.steps(n))

    @contextmanager
    def timed(self, work: Work) -> Iterator[None]:
        start = perf_counter()
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False
        self._batches.labels(work).inc()
        self._seconds.labels(work).inc(perf_counter() - start)

    def saw(self, fold: Fold, now: float, keys: int) -> None:
        """After a look at the log."""
        states = Count(of.state(now) for of in fold.rounds.values())
        for state in State:
            self._rounds.labels(state).set(states[state])
        for alarm in fold.alarms[self._seen_alarms :]:
            self._alarms.labels(alarm.reason).inc()
        self._seen_alarms = len(fold.alarms)
        self._foreign.set(fold.foreign)
        self._keys.set(keys)
        self._look.set(now)
        self._looked_at = now

    def is_fresh(self, now: float, poll: float) -> bool:
        """Whether the log was read lately: within ten polls or half a minute, or a batch is being worked on."""
        return self._at_work or now - self._looked_at < max(30, 10 * poll)
