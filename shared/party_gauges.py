"""What ops may see of gate and aggregate alike: rounds, alarms and keys after each look at the log.

Nothing here moves with an employee: the states of rounds do so by the clock and by records.
"""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge

from shared.apart import WAITING
from shared.author import Trouble
from shared.health import Health, Word
from shared.reading import CHANGED_PAST
from shared.rounds import Alarm, AlarmReason, Fold, State


class PartyGauges:
    """The gauges klankbord_<service>_... of one process, since its start; others can be made beside them."""

    def __init__(self, service: str, alarms: Iterable[str] = ()) -> None:
        """`alarms`: reasons of the service's own."""
        self.registry = CollectorRegistry()
        self._prefix = f"klankbord_{service}_"
        self._alarms = self.gauge("alarms", "What nobody honest does.", "reason")
        self._rounds = self.gauge("rounds", "Rounds in the log.", "state")
        self._keys = self.gauge("round_keys", "Round keys that exist.")
        self._look = self.gauge("last_look", "POSIX seconds of the last whole look at the log.")
        self._waiting = self.gauge("waiting_rounds", WAITING)
        self._foreign = self.gauge("foreign_records", "Records in the log that no party signed.")
        self._seen: frozenset[Alarm] = frozenset()
        self.health = Health()
        for reason in (*alarms, *Trouble, *AlarmReason, CHANGED_PAST):
            self._alarms.labels(reason)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(self._prefix + name, text, labels, registry=self.registry)

    def alarm(self, reason: str) -> None:
        self._alarms.labels(reason).inc()

    def alive(self) -> None:
        """Long work has got on."""
        self.health.alive()

    def looked(self, fold: Fold, now: float, keys: int, waiting: int = 0) -> None:
        """After a look at the log; `now` in POSIX seconds, `keys`: round keys that exist.

        `waiting`: rounds that it could not work on. A look with such ones was not a whole one.
        """
        states = Counter(of.state(now) for of in fold.rounds.values())
        for state in State:
            self._rounds.labels(state).set(states[state])
        # Each once, also if the log's past has changed and the fold has begun anew.
        for alarm in fold.alarms:
            if alarm not in self._seen:
                self.alarm(alarm.reason)
        self._seen |= set(fold.alarms)
        self._foreign.set(fold.foreign)
        self._keys.set(keys)
        self._waiting.set(waiting)
        if not waiting:
            self._look.set(now)
            self.alive()

    def word(self, interval: float) -> Word:
        """Ready if it has lately looked at the log or got on with its work; `interval`: seconds between looks."""
        return self.health.word(interval)
