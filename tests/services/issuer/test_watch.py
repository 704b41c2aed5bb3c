"""The loop's thread: what is away is waited for, what is broken ends the process."""

import subprocess
import sys

import pytest

from services.issuer.database import DatabaseUnavailable
from services.issuer.watch import OLD, Watch
from shared.log.port import LogUnavailable
from tests.services.issuer.issuers import until

BROKEN = """
import threading
from services.issuer.watch import Watch

def tick():
    raise ValueError("a secret")

Watch(tick, 0.01).start()
threading.Event().wait(20)
"""


@pytest.mark.parametrize("error", [DatabaseUnavailable("locked"), OSError(28, "full"), LogUnavailable("away")])
def test_it_is_not_ready_before_a_whole_look_and_goes_on_after_what_was_away(error: Exception) -> None:
    failures = [error]

    def tick() -> None:
        if failures:
            raise failures.pop()

    watch = Watch(tick, 0.001)
    with pytest.raises(LogUnavailable):
        watch.look()
    assert not watch.ready()
    failures.append(error)
    watch.start()
    until(watch.ready)
    watch.stop()


def test_it_is_not_ready_when_the_last_look_is_old() -> None:
    now = [100.0]
    watch = Watch(lambda: None, 2, lambda: now[0])
    watch.look()
    now[0] += OLD + 1.9
    assert watch.ready()
    now[0] += 0.1
    assert not watch.ready()


def test_what_is_broken_ends_the_process_and_its_message_is_not_repeated() -> None:
    ended = subprocess.run([sys.executable, "-c", BROKEN], capture_output=True, text=True, timeout=15)
    assert ended.returncode == 70
    assert "ValueError at <string>:6: the issuer ends" in ended.stderr
    assert "a secret" not in ended.stderr
