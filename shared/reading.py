"""Reading topics whole; of `rounds` also the fold, and noticing when the log has changed its past."""

from collections.abc import Iterator
from hashlib import sha256

from shared import topics
from shared.log.port import Log, LogDamaged, NoSuchTopic
from shared.parties import Book
from shared.rounds import Fold

CHANGED_PAST = "changed-past"
"""The alarm when the log has lost or replaced what this process had read."""


def values(log: Log, topic: str) -> Iterator[bytes]:
    """The records of a topic; none if it is not there: what a signed record names is then missing, like any other."""
    try:
        for entry in log.read(topic):
            yield entry.value
    except NoSuchTopic:
        return


class RoundsReader:
    """The fold of the log's records, brought up to date by `refresh`.

    Every refresh reads the whole topic (it holds a dozen records per round) and compares it with what was there
    before. So a log that was rolled back, or in which a record was replaced, is noticed at the next read, and the
    fold is always that of the log as it is now.
    """

    def __init__(self, log: Log, book: Book) -> None:
        self._log = log
        self._book = book
        self._read: list[bytes] = []
        """The hashes of what the fold was made of."""
        self.fold = Fold(book)
        self.changed_pasts = 0
        """How often the log had lost or replaced something that this process had already read."""

    def refresh(self) -> Fold:
        """Read again; LogUnavailable if that is not possible now, and then the fold is one of the past."""
        if not self._read_on():
            self._read_anew()
            self.changed_pasts += 1
        self.fold.reading = object()
        return self.fold

    def _values(self) -> Iterator[bytes]:
        """The records of `rounds`, whose order counts: LogDamaged if somebody made it with several partitions."""
        try:
            for entry in self._log.read(topics.ROUNDS):
                if entry.partition:
                    raise LogDamaged(f"{topics.ROUNDS} has more than one partition")
                yield entry.value
        except NoSuchTopic:
            return

    def _read_on(self) -> bool:
        """Add what is new; False if what was read before is not there any more."""
        position = 0
        for value in self._values():
            digest = sha256(value).digest()
            if position == len(self._read):
                self.fold.add(value)
                self._read.append(digest)
            elif self._read[position] != digest:
                return False
            position += 1
        return position == len(self._read)

    def _read_anew(self) -> None:
        """Another fold, which replaces the one before only when it is complete."""
        fold, read = Fold(self._book), []
        for value in self._values():
            fold.add(value)
            read.append(sha256(value).digest())
        self.fold, self._read = fold, read
