"""A service's work that is not an answer to a request: look at the log, do what is due, wait."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from shared.apart import RoundsWait
from shared.health import Health
from shared.log.port import LogDamaged, LogForbidden, LogUnavailable, NoSuchTopic

_LOG = logging.getLogger(__name__)

ENDING = 4.0
"""Seconds; a service promises to end within five."""

BROKEN = 70
"""Exit code EX_SOFTWARE of sysexits.h."""


class Stopping(Exception):
    """The process was asked to end in the middle of long work; the work is done again from the journal next time."""


def stop_on_signals(within: float = ENDING) -> threading.Event:
    """An event that SIGTERM and SIGINT set; from the main thread.

    Who has not ended `within` seconds from then, because a log that is away is waited for, is ended with exit code 0:
    everything that matters survives that.
    """
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            end = threading.Timer(within, os._exit, (0,))
            end.daemon = True
            end.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return stop


def run(tick: Callable[[], None], stop: threading.Event, interval: float, health: Health | None = None) -> None:
    """Call `tick` every `interval` seconds until `stop` is set. `health` hears of every look that failed.

    A log or disk that is away, full, damaged or refuses us is waited for, and said once when it goes and once when it
    is back: nothing was lost, and somebody may put it right. Anything else that `tick` raises is raised.
    """
    told: set[str] = set()
    while not stop.is_set():
        try:
            tick()
            if told:
                _LOG.warning("everything is available again")
            told.clear()
        except RoundsWait as wait:
            for each in wait.errors:
                _tell(each, told, health)
        except (LogUnavailable, LogDamaged, NoSuchTopic, OSError) as error:
            _tell(error, told, health)
        except Stopping:
            return
        stop.wait(interval)


def _tell(error: Exception, told: set[str], health: Health | None) -> None:
    if health is not None:
        health.troubled(error)
    # What needs somebody is told in full each time it is something else; what passes differs from look to look.
    lasting = isinstance(error, (LogDamaged, LogForbidden, NoSuchTopic))
    kind = str(error) if lasting else type(error).__name__
    if kind not in told:
        _LOG.log(logging.ERROR if lasting else logging.WARNING, "not available, waiting: %s", error)
    told.add(kind)


def run_or_end(tick: Callable[[], None], stop: threading.Event, interval: float, health: Health | None = None) -> None:
    """`run`, and if it breaks the end of the whole process, which would else go on without anybody looking at the log.

    What is broken must be seen, and everything that matters survives a restart. The line that says so names the place
    and not the error's message, which may quote what somebody sent.
    """
    try:
        run(tick, stop, interval, health)
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        _LOG.critical("%s at %s: this process ends", type(error).__name__, where)
        os._exit(BROKEN)
