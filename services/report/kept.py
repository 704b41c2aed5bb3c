"""Answers that take long to make, kept in memory: a round's results never change, but other rounds may join them.

For 100,000 people a whole round takes half a minute and 90 MB; kept as gzip that is a few.
"""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

MOST = 24
"""Answers: a few rounds in both languages, with and without groups."""


class Kept:
    """Makes each answer once, even if many ask at the same time."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, tuple[tuple[Any, ...], bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: Hashable, made_of: tuple[Any, ...], make: Callable[[], str]) -> bytes:
        """The text as gzip; made again if any of the objects that it was made of is another one now."""
        with self._lock:
            found = self._answers.get(name)
            if found is None or not _same(found[0], made_of):
                found = (made_of, gzip.compress(make().encode(), compresslevel=6, mtime=0))
                self._answers[name] = found
            self._answers.move_to_end(name)
            while len(self._answers) > MOST:
                self._answers.popitem(last=False)
            return found[1]


def _same(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    return len(before) == len(now) and all(a is b for a, b in zip(before, now, strict=True))
