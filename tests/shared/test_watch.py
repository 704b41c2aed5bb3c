"""Looks from a thread: what is away is waited for; what is broken ends the process (tests/shared/test_loop.py)."""

import pytest

from shared.health import OLD
from shared.log.port import LogUnavailable
from shared.watch import Watch
from tests.services.issuer.issuers import until


@pytest.mark.parametrize("error", [OSError(28, "full"), LogUnavailable("away")])
def test_it_is_not_ready_before_a_whole_look_and_goes_on_after_what_was_away(error: Exception) -> None:
    failures = [error]

    def tick() -> None:
        if failures:
            raise failures.pop()

    watch = Watch(tick, 0.001)
    with pytest.raises((LogUnavailable, OSError)):
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
