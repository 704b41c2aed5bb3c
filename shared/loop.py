"""A service's work that is not an answer to a request: look at the log, do what is due, wait."""

import logging
import os
import signal
import threading
from collections.abc import Callable

from shared.log.port import LogDamaged, LogUnavailable

_LOG = logging.getLogger(__name__)

BROKEN = 70
"""Exit code EX_SOFTWARE of sysexits.h."""


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

    A log or disk that is away, full or damaged is waited for, and said once when it goes and once when it is back:
    nothing was lost, and somebody may put it right. Anything else that `tick` raises is raised.
    """
    told: type[Exception] | None = None
    while not stop.is_set():
        try:
            tick()
            if told is not None:
                _LOG.warning("everything is available again")
            told = None
        except (LogUnavailable, LogDamaged, OSError) as error:
            if told is not type(error):
                level = logging.ERROR if isinstance(error, LogDamaged) else logging.WARNING
                _LOG.log(level, "not available, waiting: %s", error)
            told = type(error)
        except Stopping:
            return
        stop.wait(interval)


def run_or_end(tick: Callable[[], None], stop: threading.Event, interval: float) -> None:
    """`run`, and if it breaks the end of the whole process, which would else go on without anybody looking at the log.

    What is broken must be seen, and everything that matters survives a restart. The line that says so names the place
    and not the error's message, which may quote what somebody sent.
    """
    try:
        run(tick, stop, interval)
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        _LOG.critical("%s at %s: this process ends", type(error).__name__, where)
        os._exit(BROKEN)
