"""The short rounds for visitors: which one is open, and which of its employees nobody has been yet."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Role:
    """An employee of the example whom a visitor can be for one round."""

    person: str
    name: str
    team: str
    codes: tuple[str, ...] = field(repr=False)
    """Access codes as text, one per issuer in the order of parties.json."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A round that visitors can answer; times in POSIX seconds."""

    round_id: str
    period: str
    closes: float
    result_from: float
    """When there can be a result at the earliest."""


class Visits:
    """What the thread that plays rounds tells the one that shows doors."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._visit: Visit | None = None
        self._free: list[Role] = []
        self._taken: set[str] = set()

    def open(self, visit: Visit, visitors: Sequence[Role]) -> None:
        """From now on this round is the one; `visitors` have not answered in it."""
        with self._lock:
            self._visit, self._free = visit, list(visitors)

    def current(self) -> Visit | None:
        """The latest round; perhaps it has closed already. None before the first."""
        with self._lock:
            return self._visit

    def somebody(self) -> Role | None:
        """An employee whom nobody else has been in this round; None if they are used up."""
        with self._lock:
            if not self._free:
                return None
            role = self._free.pop(0)
            self._taken.add(role.person)
            return role

    def taken(self) -> frozenset[str]:
        """Everybody whom somebody has been so far: with her code more rounds can be collected for than this one."""
        with self._lock:
            return frozenset(self._taken)
