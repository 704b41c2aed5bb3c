"""The loop's thread beside those that answer requests, in the same process."""

import threading
from collections.abc import Callable
from time import monotonic

from services.issuer.database import DatabaseUnavailable
from shared.log.port import LogUnavailable
from shared.loop import run_or_end

OLD = 30.0
"""Seconds without a whole look at the log after which the issuer says that it is not ready."""


class Watch:
    """Calls `tick` again and again. What is away (log, database, disk) is waited for; what is broken ends the process.

    Nothing that matters is in memory only, so whoever starts it again loses nothing.
    """

    def __init__(self, tick: Callable[[], None], interval: float, elapsed: Callable[[], float] = monotonic) -> None:
        self._tick = tick
        self._interval = interval
        self._elapsed = elapsed
        self._stop = threading.Event()
        self._looked: float | None = None
        self._thread = threading.Thread(
            target=run_or_end, args=(self.look, self._stop, interval), name="loop", daemon=True
        )

    def look(self) -> None:
        """Once; LogUnavailable also for a database that is away."""
        try:
            self._tick()
        except DatabaseUnavailable as error:
            raise LogUnavailable(f"the database: {error}") from error
        self._looked = self._elapsed()

    def ready(self) -> bool:
        """Whether the last look is recent enough to answer by."""
        return self._looked is not None and self._elapsed() - self._looked < OLD + self._interval

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the tick that is under way."""
        self._stop.set()
        self._thread.join(timeout=3)
