"""A database that is away is waited for, as a log is (tests/shared/test_watch.py)."""

import pytest

from services.issuer.unavailable import DatabaseUnavailable
from services.issuer.watch import Watch
from shared.log.port import LogUnavailable


def test_a_database_that_is_away_is_no_fault() -> None:
    def tick() -> None:
        raise DatabaseUnavailable("locked")

    watch = Watch(tick, 0.001)
    with pytest.raises(LogUnavailable, match="the database: locked"):
        watch.look()
    assert not watch.ready()
