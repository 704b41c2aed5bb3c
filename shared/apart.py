"""A look at the log round by round: what is wrong with a topic of one round keeps no other round waiting."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.log.port import LogDamaged, LogError, LogUnavailable, NoSuchTopic
from shared.rounds import RoundId

WAITING = "Rounds that a topic of theirs keeps waiting; the output names it."
"""What the gauge klankbord_<service>_waiting_rounds is."""


class RoundsWait(Exception):
    """Rounds that a look could not work on, after it was done with all others; `errors` has one for each of them."""

    def __init__(self, errors: tuple[LogError, ...]) -> None:
        super().__init__(*map(str, errors))
        self.errors = errors


class Apart:
    """One look. `waiting`: the rounds that it could not work on, and the first reason of each."""

    def __init__(self, check_log: Callable[[], object]) -> None:
        """`check_log` raises a LogError if it is the log as a whole that is away, damaged or refuses us."""
        self._check_log = check_log
        self.waiting: dict[RoundId, LogError] = {}

    @contextmanager
    def round(self, round_id: RoundId) -> Iterator[None]:
        """Work on one round, up to the first thing that the log does not do for it; what `check_log` raises."""
        try:
            yield
        except (LogUnavailable, LogDamaged, NoSuchTopic) as error:
            # Of a log that is away nothing is to be had for any round, and finding that out takes seconds for each.
            self._check_log()
            self.waiting.setdefault(round_id, error)

    def finish(self) -> None:
        """RoundsWait if there are such rounds: at the end of the look, so that somebody is told."""
        if self.waiting:
            raise RoundsWait(tuple(self.waiting.values()))
