"""What ops sees of aggregate. Nothing has a label for a group, a person or an envelope, or moves with one answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import perf_counter

from services.aggregate.core import Refusal
from services.aggregate.invariants import Violation
from shared import coarse
from shared.health import Word
from shared.party_gauges import PartyGauges


class Work(StrEnum):
    """What takes time."""

    CHECK = "check"
    OPEN = "open"


class Trap(StrEnum):
    """What aggregate itself notices, beside the alarms of author and fold."""

    FOREIGN_ACCEPT = "foreign-accept"  # agreed with an accept that the journal does not know
    FOREIGN_OPENING = "foreign-opening"  # the same for the opening
    NO_NODES = "no-nodes"  # the groups of a counted round cannot be read
    NO_BATCH = "no-batch"  # answers that the batch's record names are not in the log


class Metrics(PartyGauges):
    """Of one process, since its start."""

    def __init__(self) -> None:
        super().__init__("aggregate", Trap)
        self._refused = self.gauge("refused", "Batches refused as a whole.", "reason")
        self._unpublished = self.gauge("unpublished", "Rounds opened of which nothing is published.", "reason")
        self._batches = self.gauge("batches", "Batches worked on.", "work")
        self._seconds = self.gauge("seconds", "Seconds spent on them.", "work")
        self._answers = self.gauge("batch_answers", "Answers in the last batch, rounded down to a step.")
        self._at_work = False
        for refusal in Refusal:
            self._refused.labels(refusal)
        for reason in (*Violation, "key-lost"):
            self._unpublished.labels(reason)
        for work in Work:
            self._batches.labels(work)
            self._seconds.labels(work)

    def refused(self, refusal: Refusal) -> None:
        self._refused.labels(refusal).inc()

    def unpublished(self, reason: str) -> None:
        self._unpublished.labels(reason).inc()

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
            self.alive()
        self._batches.labels(work).inc()
        self._seconds.labels(work).inc(perf_counter() - start)

    def word(self, interval: float) -> Word:
        """As for every party; checking and opening a batch takes as long as it takes."""
        return Word.READY if self._at_work else super().word(interval)
