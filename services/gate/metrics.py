"""What ops sees of the gate. Nothing has a label for a group, a person or an envelope, or moves with one envelope."""

from collections import Counter as Count
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Gauge

from services.gate.core import Reason, Stop
from shared import coarse
from shared.author import Trouble
from shared.rounds import AlarmReason, Fold, State
from shared.sealing_party import CHANGED_PAST

_PREFIX = "klankbord_gate_"

ENVELOPES_DIFFER = "envelopes-differ"
"""The alarm when the log's envelopes are not those of the cut."""


class Metrics:
    """Of one process, since its start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._refused = self._gauge("refused", "Envelopes of the last counted round refused, in steps.", "reason")
        self._stopped = self._gauge("stopped", "Rounds stopped before anything was opened.", "reason")
        self._alarms = self._gauge("alarms", "What nobody honest does.", "reason")
        self._batches = self._gauge("batches", "Batches made.")
        self._seconds = self._gauge("seconds", "Seconds spent on them.")
        self._rounds = self._gauge("rounds", "Rounds in the log.", "state")
        self._waiting = self._gauge("envelopes", "Envelopes in the log of all rounds not yet counted, in steps.")
        self._progress = self._gauge("opened", "Envelopes opened of the round that is being counted, in steps.")
        self._keys = self._gauge("round_keys", "Round keys that exist.")
        self._look = self._gauge("last_look", "POSIX seconds of the last look at the log.")
        self._foreign = self._gauge("foreign_records", "Records in the log that no party signed.")
        self._seen_alarms = 0
        self._at_work = False
        self._looked_at = float("-inf")
        for reason in Reason:
            self._refused.labels(reason)
        for stop in Stop:
            self._stopped.labels(stop)
        for trouble in (*Trouble, *AlarmReason, CHANGED_PAST, ENVELOPES_DIFFER):
            self._alarms.labels(trouble)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(_PREFIX + name, text, labels, registry=self.registry)

    def refused(self, by_reason: Count[Reason]) -> None:
        for reason in Reason:
            self._refused.labels(reason).set(coarse.steps(by_reason[reason]))

    def stopped(self, reason: Stop) -> None:
        self._stopped.labels(reason).inc()

    def alarm(self, reason: str) -> None:
        self._alarms.labels(reason).inc()

    def opened(self, n: int) -> None:
        self._progress.set(coarse.steps(n))

    @contextmanager
    def counting(self) -> Iterator[None]:
        start = perf_counter()
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False
        self._batches.inc()
        self._seconds.inc(perf_counter() - start)

    def saw(self, fold: Fold, now: float, keys: int, envelopes: int) -> None:
        """After a look at the log."""
        states = Count(of.state(now) for of in fold.rounds.values())
        for state in State:
            self._rounds.labels(state).set(states[state])
        for alarm in fold.alarms[self._seen_alarms :]:
            self._alarms.labels(alarm.reason).inc()
        self._seen_alarms = len(fold.alarms)
        self._foreign.set(fold.foreign)
        self._keys.set(keys)
        self._waiting.set(coarse.steps(envelopes))
        self._look.set(now)
        self._looked_at = now

    def is_fresh(self, now: float, poll: float) -> bool:
        """Whether the log was read lately: within ten polls or half a minute, or a round is being counted."""
        return self._at_work or now - self._looked_at < max(30, 10 * poll)
