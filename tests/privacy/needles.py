"""Looking for traces: whether something that must not be there stands in some bytes, in whatever spelling."""

from collections.abc import Iterable
from hashlib import sha256

from deploy.trial.holdings import views

WINDOW = 8
"""Bytes that two unrelated values do not share by chance, and so the shortest trace that counts as one."""


class Needles:
    """Values by what they are. A value counts as found if its first WINDOW bytes stand somewhere."""

    def __init__(self) -> None:
        self._starts: dict[bytes, set[str]] = {}
        self._whole: dict[bytes, str] = {}

    def add(self, what: str, *values: bytes, hashed: bool = False) -> None:
        """Look for values of at least WINDOW bytes; with `hashed` for their SHA-256 too, as "SHA-256 of <what>"."""
        for value in values:
            if len(value) < WINDOW:
                raise ValueError(f"{what} is too short to be looked for")
            self._starts.setdefault(value[:WINDOW], set()).add(what)
            if hashed:
                self.add(f"SHA-256 of {what}", sha256(value).digest())

    def add_whole(self, what: str, *values: bytes) -> None:
        """Look for values whose beginning others share."""
        self._whole |= dict.fromkeys(values, what)

    @property
    def names(self) -> set[str]:
        return {what for of in self._starts.values() for what in of} | set(self._whole.values())

    def within(self, data: bytes) -> set[str]:
        """What of it stands in `data`, as it is or in base64 or hexadecimal, wherever these begin."""
        found: set[str] = set()
        starts = self._starts.keys()
        for view in views(data):
            for window in starts & windows(view):
                found |= self._starts[window]
            found |= {what for value, what in self._whole.items() if value in view}
        return found


def windows(data: bytes) -> set[bytes]:
    """Every WINDOW bytes in a row."""
    return {data[start : start + WINDOW] for start in range(len(data) - WINDOW + 1)}


def all_windows(data: Iterable[bytes]) -> set[bytes]:
    """Of many values, and of whatever they stand for."""
    return {window for value in data for view in views(value) for window in windows(view)}
