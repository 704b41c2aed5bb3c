import logging
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from shared.log.port import LogUnavailable
from shared.loop import Stopping, run, stop_on_signals


class Work:
    """Does one thing after the other, each once; after the last it is asked to stop."""

    def __init__(self, *outcomes: BaseException | None) -> None:
        self.stop = threading.Event()
        self.left = list(outcomes)
        self.done = 0

    def tick(self) -> None:
        outcome = self.left.pop(0)
        self.done += 1
        if not self.left:
            self.stop.set()
        if outcome is not None:
            raise outcome


def test_it_works_until_it_is_stopped() -> None:
    work = Work(None, None, None)
    run(work.tick, work.stop, 0)
    assert work.done == 3
    run(work.tick, work.stop, 0)
    assert work.done == 3, "who is stopped before the first look does nothing"


def test_a_stop_is_obeyed_in_the_middle_of_the_longest_wait() -> None:
    stop, ticked = threading.Event(), threading.Event()
    thread = threading.Thread(target=run, args=(ticked.set, stop, 86_400))
    thread.start()
    assert ticked.wait(30)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_a_log_that_is_away_is_waited_for_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    away = LogUnavailable("rounds: disk full")
    work = Work(None, away, away, None, None, away, None)
    with caplog.at_level(logging.INFO):
        run(work.tick, work.stop, 0)
    assert work.done == 7
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "the log is not available, waiting: rounds: disk full",
        "the log is back",
        "the log is not available, waiting: rounds: disk full",
        "the log is back",
    ]


def test_stopping_in_the_middle_of_work_ends_quietly() -> None:
    work = Work(None, Stopping(), None)
    run(work.tick, work.stop, 0)
    assert work.done == 2


@pytest.mark.parametrize("error", [ValueError("broken"), OSError(28, "No space left on device"), KeyError("x")])
def test_what_is_broken_ends_the_loop_and_is_seen(error: Exception) -> None:
    work = Work(None, error, None)
    with pytest.raises(type(error)):
        run(work.tick, work.stop, 0)
    assert work.done == 2


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop(number: int) -> None:
    stop = stop_on_signals()
    assert not stop.is_set()
    os.kill(os.getpid(), number)
    assert stop.wait(30)
