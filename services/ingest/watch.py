"""Keeping the desk's rounds up to date. While the log is away the desk goes on with those it knows."""

from collections import Counter

from services.ingest.core import own
from services.ingest.desk import Desk
from services.ingest.metrics import Metrics
from shared import published, watch
from shared.apart import Apart
from shared.parties import Party
from shared.reading import CHANGED_PAST, RoundsReader


class Watch(watch.Watch):
    """Shows the desk the rounds of this party, `ingest`, at each look."""

    def __init__(self, reader: RoundsReader, ingest: Party, desk: Desk, metrics: Metrics, interval: float) -> None:
        super().__init__(self._show, interval, desk.elapsed)
        self._reader = reader
        self._ingest = ingest
        self._desk = desk
        self._metrics = metrics

    def _show(self) -> None:
        fold, now = self._reader.refresh(), self._desk.now()
        self._desk.rounds = own(published.snapshot(fold), self._ingest)
        apart = Apart(self._reader.refresh)
        self._desk.check_log(apart)
        alarms = Counter(str(alarm.reason) for alarm in fold.alarms)
        states = [str(of.state(now)) for of in self._desk.rounds.values()]
        alarms |= {CHANGED_PAST: self._reader.changed_pasts}
        self._metrics.looked(now, states, alarms, len(apart.waiting))
        apart.finish()
