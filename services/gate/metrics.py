"""What ops may see of the gate: no number of any group, nothing that moves with one envelope."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import monotonic

from services.gate.core import Reason, StopReason
from shared import coarse
from shared.party_gauges import PartyGauges


class Work(StrEnum):
    """What takes time."""

    CUT = "cut"
    OPEN = "open"
    BATCH = "batch"


class Trap(StrEnum):
    """What the gate itself notices, beside the alarms of author and fold."""

    FOREIGN_ACCEPT = "foreign-accept"  # agreed with an accept that the journal does not know
    FOREIGN_CUT = "foreign-cut"  # the same for the cut
    OTHER_ENVELOPES = "other-envelopes"  # the log's envelopes are not those of the cut
    NO_ENVELOPES = "no-envelopes"  # their topic is gone
    NO_NODES = "no-nodes"  # the groups of an agreed round cannot be read
    KEY_MISSING = "key-missing"  # the key of an agreed round is not there, or another one


class Metrics(PartyGauges):
    """Of one process, since its start. Whatever employees move is a gauge in coarse steps (shared/coarse.py)."""

    def __init__(self) -> None:
        super().__init__("gate", Trap)
        self._refused = self.gauge("refused", "Envelopes refused in the last round counted.", "reason")
        self._envelopes = self.gauge("envelopes", "Sets of envelopes in the log, one for each part; in steps.", "round")
        self._stopped = self.gauge("stopped", "Rounds stopped.", "reason")
        self._seconds = self.gauge("seconds", "Seconds that the last round took.", "work")
        self._progress = self.gauge("progress", "Tenths of a round's envelopes that are opened.", "round")
        for reason in Reason:
            self._refused.labels(reason)
        for stop in StopReason:
            self._stopped.labels(stop)

    def stopped(self, reason: StopReason) -> None:
        self._stopped.labels(reason).inc()

    def refused(self, refusals: Counter[Reason]) -> None:
        for reason in Reason:
            self._refused.labels(reason).set(coarse.steps(refusals[reason]))

    def envelopes(self, round_id: str, number: int) -> None:
        self._envelopes.labels(round_id).set(coarse.steps(number))

    def progress(self, round_id: str, tenths: int) -> None:
        self.alive()
        self._progress.labels(round_id).set(tenths)

    @contextmanager
    def timed(self, work: Work) -> Iterator[None]:
        start = monotonic()
        yield
        self.alive()
        self._seconds.labels(work).set(monotonic() - start)
