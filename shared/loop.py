"""A service's work that is not an answer to a request: look at the log, do what is due, wait."""

import logging
import signal
import threading
from collections.abc import Callable

from shared.log.port import LogUnavailable

_LOG = logging.getLogger(__name__)


class Stopping(Exception):
    """The process was asked to end in the middle of long work; the work is done again from the journal next time."""


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; from the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def run(tick: Callable[[], None], stop: threading.Event, interval: float) -> None:
    """Call `tick` every `interval` seconds until `stop` is set.

    A log that is away is waited for, said once when it goes and once when it is back. Anything else that `tick`
    raises ends the process: what is broken must be seen, and everything that matters survives a restart.
    """
    away = False
    while not stop.is_set():
        try:
            tick()
            if away:
                _LOG.warning("the log is back")
            away = False
        except LogUnavailable as error:
            if not away:
                _LOG.warning("the log is not available, waiting: %s", error)
            away = True
        except Stopping:
            return
        stop.wait(interval)
