"""Looking at the log again and again, beside the threads that answer requests."""

import threading
from collections import Counter

from services.ingest.core import own
from services.ingest.desk import Desk
from services.ingest.metrics import Metrics
from shared import published
from shared.loop import run_or_end
from shared.parties import Party
from shared.reading import CHANGED_PAST, RoundsReader

OLD = 30.0
"""Seconds without a look after which ingest says that it is not ready: it may not know of a round that has opened."""


class Watch:
    """Keeps the desk's rounds up to date. While the log is away the desk goes on with those it knows."""

    def __init__(self, reader: RoundsReader, ingest: Party, desk: Desk, metrics: Metrics, interval: float) -> None:
        """`ingest`: this party. `interval`: seconds between two looks."""
        self._reader = reader
        self._ingest = ingest
        self._desk = desk
        self._metrics = metrics
        self._interval = interval
        self._stop = threading.Event()
        self._looked: float | None = None

    def look(self) -> None:
        """Once; LogUnavailable."""
        fold, now = self._reader.refresh(), self._desk.now()
        rounds = own(published.snapshot(fold), self._ingest)
        self._desk.rounds = rounds
        self._looked = self._desk.elapsed()
        alarms = Counter(str(alarm.reason) for alarm in fold.alarms)
        states = [str(of.state(now)) for of in rounds.values()]
        self._metrics.looked(now, states, alarms | {CHANGED_PAST: self._reader.changed_pasts})

    def ready(self) -> bool:
        """Whether the last look is recent enough to answer by."""
        return self._looked is not None and self._desk.elapsed() - self._looked < OLD + self._interval

    def start(self) -> None:
        threading.Thread(
            target=run_or_end, args=(self.look, self._stop, self._interval), name="watch", daemon=True
        ).start()

    def stop(self) -> None:
        self._stop.set()
