"""Looking at the log again and again, beside the threads that answer requests."""

import threading
from collections.abc import Callable
from time import monotonic

from shared.health import Health, Word
from shared.loop import run_or_end


class Watch:
    """Calls `look` from a thread of its own. What is away is waited for; what is broken ends the process.

    Nothing that matters is in memory only, so whoever starts the process again loses nothing.
    """

    def __init__(self, look: Callable[[], None], interval: float, elapsed: Callable[[], float] = monotonic) -> None:
        """`interval`: seconds between two looks. `elapsed`: seconds of a clock that nobody can set."""
        self._look = look
        self._interval = interval
        self._stop = threading.Event()
        self.health = Health(elapsed)
        self._thread = threading.Thread(
            target=run_or_end, args=(self.look, self._stop, interval, self.health), name="watch", daemon=True
        )

    def look(self) -> None:
        """Once; LogUnavailable."""
        self._look()
        self.health.alive()

    def word(self) -> Word:
        """Ready if the last look is recent enough to answer by, and nothing needs somebody."""
        return self.health.word(self._interval)

    def ready(self) -> bool:
        return self.word() is Word.READY

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the look that is under way, which may take a little longer than anybody waits here."""
        self._stop.set()
        self._thread.join(timeout=3)
