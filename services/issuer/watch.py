"""The loop's thread beside those that answer requests, in the same process."""

import logging
import os
import threading
from collections.abc import Callable
from time import monotonic

from services.issuer.database import DatabaseUnavailable
from shared.log.port import LogUnavailable
from shared.loop import run

_LOG = logging.getLogger(__name__)

OLD = 30.0
"""Seconds without a whole look at the log after which the issuer says that it is not ready."""

_BROKEN = 70
"""Exit code EX_SOFTWARE of sysexits.h."""


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
        self._thread = threading.Thread(target=self._run, name="loop", daemon=True)

    def look(self) -> None:
        """Once; LogUnavailable also for what else is away."""
        try:
            self._tick()
        except (DatabaseUnavailable, OSError) as error:
            raise LogUnavailable(f"{type(error).__name__}: {error}") from error
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

    def _run(self) -> None:
        try:
            run(self.look, self._stop, self._interval)
        except BaseException as error:
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
            _LOG.critical("%s at %s: the issuer ends", type(error).__name__, where)
            os._exit(_BROKEN)
