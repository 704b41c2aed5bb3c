import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from shared.apart import RoundsWait
from shared.health import Health, Word
from shared.log.port import LogDamaged, LogForbidden, LogUnavailable, NoSuchTopic
from shared.loop import BROKEN, Stopping, run, stop_on_signals


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


@pytest.mark.parametrize(
    ("away", "level"),
    [
        (LogUnavailable("rounds: locked"), logging.WARNING),
        (LogForbidden("rounds: not allowed"), logging.ERROR),
        (NoSuchTopic("envelopes.spring"), logging.ERROR),
        (LogDamaged("rounds: file is not a database"), logging.ERROR),
        (OSError(28, "No space left on device"), logging.WARNING),
    ],
)
def test_what_is_away_full_or_damaged_is_waited_for_and_told_once(
    away: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work(None, away, away, None, None, away, None)
    with caplog.at_level(logging.INFO):
        run(work.tick, work.stop, 0)
    assert work.done == 7
    gone, back = (level, f"not available, waiting: {away}"), (logging.WARNING, "everything is available again")
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [gone, back, gone, back]


def test_trouble_of_another_kind_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(LogUnavailable("locked"), LogDamaged("torn"), LogDamaged("torn"), None)
    run(work.tick, work.stop, 0)
    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == ["locked", "torn", "again"]


def test_what_needs_somebody_is_told_each_time_that_it_is_something_else(caplog: pytest.LogCaptureFixture) -> None:
    password, right, damage = LogForbidden("password"), LogForbidden("right"), LogDamaged("torn")
    work = Work(
        password, LogUnavailable("slow"), password, LogUnavailable("away"), right, damage, right, password, None
    )
    run(work.tick, work.stop, 0)
    told = [record.getMessage().rpartition(" ")[2] for record in caplog.records]
    assert told == ["password", "slow", "right", "torn", "again"]


def test_each_round_that_waits_is_told_once_and_health_hears_of_all(caplog: pytest.LogCaptureFixture) -> None:
    torn, refused, health = LogDamaged("nodes.autumn: torn"), LogForbidden("words.spring: not allowed"), Health()
    work = Work(RoundsWait((torn, refused)), RoundsWait((refused, torn)), RoundsWait((refused,)))
    run(work.tick, work.stop, 0, health)
    told = [record.getMessage() for record in caplog.records]
    assert told == [f"not available, waiting: {torn}", f"not available, waiting: {refused}"]
    assert health.word(2) is Word.FORBIDDEN


def test_health_hears_of_every_look_that_failed() -> None:
    work, health = Work(LogDamaged("torn"), LogUnavailable("away"), None), Health()
    run(work.tick, work.stop, 0, health)
    assert health.word(2) is Word.DAMAGED, "it is the look itself that says when all is well"


def test_stopping_in_the_middle_of_work_ends_quietly() -> None:
    work = Work(None, Stopping(), None)
    run(work.tick, work.stop, 0)
    assert work.done == 2


@pytest.mark.parametrize("error", [ValueError("broken"), RuntimeError("contradicts itself"), KeyError("x")])
def test_what_is_broken_ends_the_loop_and_is_seen(error: Exception) -> None:
    work = Work(None, error, None)
    with pytest.raises(type(error)):
        run(work.tick, work.stop, 0)
    assert work.done == 2


_BREAKS = """
import threading
from shared.loop import run_or_end

def tick():
    raise ValueError("a secret")

threading.Thread(target=run_or_end, args=(tick, threading.Event(), 0.01)).start()
threading.Event().wait(20)
"""


def test_what_is_broken_in_a_thread_ends_the_process_and_its_message_is_not_repeated() -> None:
    ended = subprocess.run([sys.executable, "-c", _BREAKS], capture_output=True, text=True, timeout=15)
    assert ended.returncode == BROKEN
    assert ended.stderr == "ValueError at <string>:6: this process ends\n"


_WAITS = """
import threading
from shared.loop import stop_on_signals

stop_on_signals(within=0.1)
print("waits", flush=True)
threading.Event().wait(30)
"""


def test_who_is_asked_to_stop_and_waits_for_a_log_ends_in_time() -> None:
    with subprocess.Popen([sys.executable, "-c", _WAITS], stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "waits\n"
        waiting.terminate()
        assert waiting.wait(15) == 0


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop(number: int) -> None:
    stop = stop_on_signals(within=86_400)
    assert not stop.is_set()
    os.kill(os.getpid(), number)
    assert stop.wait(30)
