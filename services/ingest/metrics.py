"""What ops may see of ingest: nothing that moves with a single employee."""

from collections import Counter
from collections.abc import Iterable, Mapping
from threading import Lock

from prometheus_client import CollectorRegistry, Gauge

from services.ingest.core import Reason
from shared import coarse
from shared.apart import WAITING


class Metrics:
    """Of one process, since its start. Whatever requests move is a gauge in coarse steps (shared/coarse.py)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lock = Lock()
        self._refusals: Counter[Reason] = Counter()
        self._receipts: Counter[str] = Counter()
        self._number, self._appending, self._whole = 0, 0.0, 0.0
        self._refused = Gauge("klankbord_ingest_refused", "Requests refused.", ["reason"], registry=self.registry)
        self._received = Gauge(
            "klankbord_ingest_envelopes",
            "Sets of envelopes, one for each part of the round, that were given receipts; in steps.",
            ["round"],
            registry=self.registry,
        )
        self._seconds = Gauge(
            "klankbord_ingest_seconds",
            "Mean seconds per envelope, moved only when klankbord_ingest_envelopes moves.",
            ["work"],
            registry=self.registry,
        )
        self._rounds = Gauge("klankbord_ingest_rounds", "Agreed rounds.", ["state"], registry=self.registry)
        self._alarms = Gauge("klankbord_ingest_alarms", "What nobody honest does.", ["reason"], registry=self.registry)
        self._waiting = Gauge("klankbord_ingest_waiting_rounds", WAITING, registry=self.registry)
        self._look = Gauge(
            "klankbord_ingest_last_look", "POSIX seconds of the last whole look.", registry=self.registry
        )
        for reason in Reason:
            self._refused.labels(reason).set(0)

    def refused(self, reason: Reason) -> None:
        with self._lock:
            self._refusals[reason] += 1
            self._refused.labels(reason).set(coarse.steps(self._refusals[reason]))

    def received(self, round_id: str, parts: int, appending: float, whole: float) -> None:
        """A receipt was given in a round of so many parts; seconds that the append and the whole request took.

        Each person sends one envelope per part: with five parts every single one would make a step of five.
        """
        with self._lock:
            self._number += 1
            self._appending += appending
            self._whole += whole
            before = coarse.steps(self._receipts[round_id] // parts)
            self._receipts[round_id] += 1
            if (step := coarse.steps(self._receipts[round_id] // parts)) != before:
                self._received.labels(round_id).set(step)
                self._seconds.labels("append").set(self._appending / self._number)
                self._seconds.labels("request").set(self._whole / self._number)
                self._number, self._appending, self._whole = 0, 0.0, 0.0

    def looked(self, now: float, states: Iterable[str], alarms: Mapping[str, int], waiting: int) -> None:
        """Somebody has looked at the log: the states of the rounds in it, and alarms by reason.

        `waiting`: open rounds of which no envelope could be appended now.
        """
        self._waiting.set(waiting)
        if not waiting:
            self._look.set(now)
        self._rounds.clear()
        for state, number in Counter(states).items():
            self._rounds.labels(state).set(number)
        for reason, number in alarms.items():
            self._alarms.labels(reason).set(number)
