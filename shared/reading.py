"""Reading the topic `rounds`, and noticing when the log has changed its past."""

from hashlib import sha256

from shared import topics
from shared.log.port import Log, NoSuchTopic
from shared.parties import Book
from shared.rounds import Fold


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
        self.fold = Fold(book)
        self.changed_pasts = 0
        """How often the log had lost or replaced something that this process had already read."""

    def refresh(self) -> Fold:
        """Read again; LogUnavailable if that is not possible now."""
        try:
            raw = [entry.value for entry in self._log.read(topics.ROUNDS)]
        except NoSuchTopic:
            raw = []
        hashes = [sha256(record).digest() for record in raw]
        known = len(self._read)
        if hashes[:known] != self._read:
            self.changed_pasts += 1
            self.fold = Fold(self._book)
            known = 0
        for record in raw[known:]:
            self.fold.add(record)
        self._read = hashes
        return self.fold
