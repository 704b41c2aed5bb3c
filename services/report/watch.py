"""Looking at the log again and again, beside the threads that answer requests."""

import threading

from services.report.library import Library
from services.report.metrics import Metrics
from shared.loop import run_or_end

OLD = 30.0
"""Seconds without a look after which report says that it is not ready."""


class Watch:
    """Keeps the library up to date. While the log is away it goes on showing what it knows."""

    def __init__(self, library: Library, metrics: Metrics, interval: float) -> None:
        self._library = library
        self._metrics = metrics
        self._interval = interval
        self._stop = threading.Event()

    def look(self) -> None:
        """Once; LogUnavailable."""
        fold = self._library.refresh()
        self._metrics.looked(self._library.shelf, fold, self._library.looked_at)

    def is_fresh(self, now: float) -> bool:
        """Whether the last look is recent."""
        return now - self._library.looked_at < OLD + self._interval

    def start(self) -> None:
        threading.Thread(
            target=run_or_end, args=(self.look, self._stop, self._interval), name="watch", daemon=True
        ).start()

    def stop(self) -> None:
        self._stop.set()
