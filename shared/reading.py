"""Reading topics whole; of `rounds` also the fold, and noticing when the log has changed its past."""

import logging
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from shared import topics
from shared.bundle import Pile
from shared.log.port import Entry, Log, LogDamaged, NoSuchTopic
from shared.parties import Book
from shared.rounds import Fold
from shared.strangers import Strangers

_LOG = logging.getLogger(__name__)

CHANGED_PAST = "changed-past"
"""The alarm when the log has lost or replaced what this process had read."""


def values(log: Log, topic: str) -> Iterator[bytes]:
    """The records of a topic; none if it is not there: what a signed record names is then missing, like any other."""
    try:
        for entry in log.read(topic):
            yield entry.value
    except NoSuchTopic:
        return


class Bundles:
    """Bundles of topics, and a word about what else lies there. Threads may share one."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._strangers = Strangers()

    def unpack(self, topic: str, *references: dict[str, Any]) -> list[list[bytes]]:
        """The items of each bundle of a topic whose signed records hold these references; BrokenBundle."""
        pile = Pile(values(self._log, topic))
        items = [pile.unpack(reference) for reference in references]
        self._strangers.notice(topic, pile.unnamed, "records that no signed record names")
        return items


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
        self._strangers = Strangers()
        self._last_foreign = 0
        self._is_there = True

    def refresh(self) -> Fold:
        """Read again; LogUnavailable if that is not possible now, and then the fold is one of the past."""
        if not self._read_on():
            self._read_anew()
            self.changed_pasts += 1
            _LOG.error("the log has lost or replaced records that were read before")
        what = f"records that no party signed, the last one at offset {self._last_foreign}"
        self._strangers.notice(topics.ROUNDS, self.fold.foreign, what)
        self.fold.reading = object()
        return self.fold

    def _entries(self) -> Iterator[Entry]:
        """The records of `rounds`, whose order counts: LogDamaged if somebody made it with several partitions."""
        try:
            for entry in self._log.read(topics.ROUNDS):
                if entry.partition:
                    raise LogDamaged(f"{topics.ROUNDS} has more than one partition")
                yield entry
            self._is_there = True
        except NoSuchTopic as error:
            if self._is_there and not self._read:
                _LOG.info("%s; it begins with the first round", error)
            self._is_there = False

    def _read_on(self) -> bool:
        """Add what is new; False if what was read before is not there any more."""
        position = 0
        for entry in self._entries():
            digest = sha256(entry.value).digest()
            if position == len(self._read):
                self._add(self.fold, entry)
                self._read.append(digest)
            elif self._read[position] != digest:
                return False
            position += 1
        return position == len(self._read)

    def _read_anew(self) -> None:
        """Another fold, which replaces the one before only when it is complete."""
        fold, read = Fold(self._book), []
        for entry in self._entries():
            self._add(fold, entry)
            read.append(sha256(entry.value).digest())
        self.fold, self._read = fold, read

    def _add(self, fold: Fold, entry: Entry) -> None:
        foreign = fold.foreign
        fold.add(entry.value)
        if fold.foreign > foreign:
            self._last_foreign = entry.offset
