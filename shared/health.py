"""Whether a service is ready, and if not, why, in one word: what /ready says."""

from collections.abc import Callable
from enum import StrEnum
from time import monotonic

from shared.log.port import LogDamaged, LogForbidden, NoSuchTopic

OLD = 30.0
"""Seconds without a whole look at the log, or a step in long work, after which a service says that it is not ready: it
may not know of what has changed."""

LOOKS = 15
"""Looks that may be missed, if that is sooner: as many as come in OLD seconds when there is one every two."""


class Word(StrEnum):
    """How a service is."""

    READY = "ready"
    STARTING = "starting"  # it has not had a whole look at the log yet
    SILENT = "silent"  # it had, and now nothing has been heard of it for too long
    UNAVAILABLE = "unavailable"  # log, disk or database have been away for too long
    FORBIDDEN = "forbidden"  # the log refuses a user, a password or a right
    DAMAGED = "damaged"  # what is in the log, or how a topic is set, is not this project's
    MISSING = "missing"  # a topic is not there, and nobody here can make it


_LASTING = frozenset({Word.FORBIDDEN, Word.DAMAGED, Word.MISSING})
"""What does not pass by itself, and is said at once."""


class Health:
    """Of one process; any thread may ask."""

    def __init__(self, elapsed: Callable[[], float] = monotonic) -> None:
        """`elapsed`: seconds of a clock that nobody can set."""
        self._elapsed = elapsed
        self._alive: float | None = None
        self._trouble: Word | None = None

    def alive(self) -> None:
        """There was a whole look at the log, or long work has got on."""
        self._alive, self._trouble = self._elapsed(), None

    def troubled(self, error: Exception) -> None:
        """A look has failed."""
        match error:
            case LogForbidden():
                self._trouble = Word.FORBIDDEN
            case LogDamaged():
                self._trouble = Word.DAMAGED
            case NoSuchTopic():
                self._trouble = Word.MISSING
            case _ if self._trouble not in _LASTING:
                self._trouble = Word.UNAVAILABLE

    def word(self, interval: float) -> Word:
        """`interval`: seconds between two looks."""
        alive, trouble = self._alive, self._trouble
        if trouble in _LASTING:
            return trouble
        if alive is not None and self._elapsed() - alive < min(OLD, LOOKS * interval) + interval:
            return Word.READY
        return trouble or (Word.STARTING if alive is None else Word.SILENT)
