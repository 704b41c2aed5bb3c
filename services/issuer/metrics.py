"""What ops may see of an issuer: nothing that moves with a single employee."""

from collections import Counter
from collections.abc import Iterable
from threading import Lock

from prometheus_client import CollectorRegistry, Gauge

from services.issuer.core import ALARMS, Fault, Refusal
from shared import coarse
from shared.apart import WAITING
from shared.rounds import RoundId


class Metrics:
    """Of one process, since its start. Whatever requests move is a gauge in coarse steps (shared/coarse.py)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lock = Lock()
        self._numbers: Counter[Refusal | Fault] = Counter()
        self._raised: dict[tuple[RoundId | None, str], None] = {}

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"klankbord_issuer_{name}", text, labels, registry=self.registry)

        self._refused = gauge("refused", "Requests not answered as asked.", "reason")
        self._rounds = gauge("rounds", "Rounds in the log.", "state")
        self._alarms = gauge("alarms", "What somebody has to look into; 1 from the first time on.", "reason")
        self._keys = gauge("keys_made", "Signing keys made.")
        self._seconds = gauge("keys_seconds", "Seconds spent on making them.")
        self._secrets = gauge("round_keys", "Rounds whose keys exist.")
        self._leads = gauge("leads", "1 in the one process of this issuer that speaks to the log.")
        self._waiting = gauge("waiting_rounds", WAITING)
        self._look = gauge("last_look", "POSIX seconds of the last whole look at the log.")
        for reason in (*Refusal, *Fault):
            self._refused.labels(reason).set(0)
        for alarm in ALARMS:
            self._alarms.labels(alarm).set(0)

    def refused(self, reason: Refusal | Fault, round_id: RoundId | None = None) -> None:
        """A request was not answered; an alarm if this is one."""
        with self._lock:
            self._numbers[reason] += 1
            self._refused.labels(reason).set(coarse.steps(self._numbers[reason]))
        if reason in ALARMS and round_id is not None:
            self.alarm(round_id, reason)

    def alarm(self, round_id: RoundId | None, reason: str) -> None:
        """Somebody has to look into it; None where it concerns no single round."""
        with self._lock:
            self._raised[round_id, str(reason)] = None
            self._alarms.labels(reason).set(1)

    @property
    def raised(self) -> list[tuple[RoundId | None, str]]:
        """Every alarm once, in the order in which they came."""
        with self._lock:
            return list(self._raised)

    def leads(self) -> None:
        """This process leads, for as long as it lives."""
        self._leads.set(1)

    def looked(self, now: float, states: Iterable[str], secrets: int, waiting: int) -> None:
        """The loop has looked at the log; `waiting`: rounds that it could not work on."""
        self._waiting.set(waiting)
        if not waiting:
            self._look.set(now)
        self._secrets.set(secrets)
        self._rounds.clear()
        for state, number in Counter(states).items():
            self._rounds.labels(state).set(number)

    def made(self, keys: int, seconds: float) -> None:
        """Signing keys since the start, and the seconds that they took."""
        self._keys.set(keys)
        self._seconds.set(seconds)
