"""What ops may see of the gate: no number of any group, nothing that moves with one envelope."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import monotonic

from prometheus_client import CollectorRegistry, Gauge

from services.gate.core import Reason, StopReason
from shared import coarse
from shared.author import Trouble
from shared.rounds import AlarmReason, Fold, State
from shared.sealing_party import CHANGED_PAST

_PREFIX = "klankbord_gate_"

OLD = 30.0
"""Seconds without a look at the log after which the gate says that it is not ready."""


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


class Metrics:
    """Of one process, since its start. Whatever employees move is a gauge in coarse steps (shared/coarse.py)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._refused = self._gauge("refused", "Envelopes refused in the last round counted.", "reason")
        self._envelopes = self._gauge(
            "envelopes", "Sets of envelopes in the log, one for each part; in steps.", "round"
        )
        self._stopped = self._gauge("stopped", "Rounds stopped.", "reason")
        self._alarms = self._gauge("alarms", "What nobody honest does.", "reason")
        self._seconds = self._gauge("seconds", "Seconds that the last round took.", "work")
        self._progress = self._gauge("progress", "Tenths of a round's envelopes that are opened.", "round")
        self._rounds = self._gauge("rounds", "Rounds in the log.", "state")
        self._keys = self._gauge("round_keys", "Round keys that exist.")
        self._look = self._gauge("last_look", "POSIX seconds of the last look at the log.")
        self._foreign = self._gauge("foreign_records", "Records in the log that no party signed.")
        self._seen_alarms = 0
        self._alive = float("-inf")
        for reason in Reason:
            self._refused.labels(reason)
        for stop in StopReason:
            self._stopped.labels(stop)
        for alarm in (*Trap, *Trouble, *AlarmReason, CHANGED_PAST):
            self._alarms.labels(alarm)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(_PREFIX + name, text, labels, registry=self.registry)

    def alarm(self, reason: str) -> None:
        self._alarms.labels(reason).inc()

    def stopped(self, reason: StopReason) -> None:
        self._stopped.labels(reason).inc()

    def refused(self, refusals: Counter[Reason]) -> None:
        for reason in Reason:
            self._refused.labels(reason).set(coarse.steps(refusals[reason]))

    def envelopes(self, round_id: str, number: int) -> None:
        self._envelopes.labels(round_id).set(coarse.steps(number))

    def progress(self, round_id: str, tenths: int) -> None:
        self._alive = monotonic()
        self._progress.labels(round_id).set(tenths)

    @contextmanager
    def timed(self, work: Work) -> Iterator[None]:
        start = monotonic()
        yield
        self._alive = monotonic()
        self._seconds.labels(work).set(self._alive - start)

    def looked(self, fold: Fold, now: float, keys: int) -> None:
        """After a look at the log."""
        states = Counter(of.state(now) for of in fold.rounds.values())
        for state in State:
            self._rounds.labels(state).set(states[state])
        if len(fold.alarms) < self._seen_alarms:  # The log's past has changed, and the fold begins anew.
            self._seen_alarms = 0
        for alarm in fold.alarms[self._seen_alarms :]:
            self._alarms.labels(alarm.reason).inc()
        self._seen_alarms = len(fold.alarms)
        self._foreign.set(fold.foreign)
        self._keys.set(keys)
        self._look.set(now)
        self._alive = monotonic()

    def ready(self, interval: float) -> bool:
        """Whether the gate has lately looked at the log, or got on with its work."""
        return monotonic() - self._alive < OLD + interval
