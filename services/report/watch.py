"""Keeping the library up to date. While the log is away it goes on showing what it knows."""

from collections.abc import Callable
from time import monotonic

from services.report.library import Library
from services.report.metrics import Metrics
from shared import watch


class Watch(watch.Watch):
    """Refreshes the library at each look, and says in the metrics what it found."""

    def __init__(
        self, library: Library, metrics: Metrics, interval: float, elapsed: Callable[[], float] = monotonic
    ) -> None:
        super().__init__(self._refresh, interval, elapsed)
        self._library = library
        self._metrics = metrics

    def _refresh(self) -> None:
        fold = self._library.refresh()
        self._metrics.looked(self._library.shelf, fold, self._library.looked_at, len(self._library.apart.waiting))
        self._library.apart.finish()
