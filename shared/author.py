"""A party as the author of records: stored first, appended later, never computed or signed twice.

The log's operator may roll the log back, drop records or show other ones. An author therefore trusts its journal for
what it has said: what the log lacks is appended again, byte for byte, and whatever does not fit raises an alarm and
is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import records, topics
from shared.journal import Journal
from shared.log.port import Log, NoSuchTopic
from shared.records import Kind
from shared.rounds import Fold, Round, RoundId, named, predecessor


class Trouble(StrEnum):
    """Why an author raises an alarm."""

    LOST = "lost-record"  # the log had acknowledged it and no longer has it; it is appended again
    LOST_CHUNKS = "lost-chunks"  # the same for the chunks that go before it
    CONTRADICTION = "other-own-record"  # the log has a different record of this author
    OTHER_PREDECESSOR = "other-predecessor"  # the log's history is not the one that the record follows from
    MISSING_PREDECESSOR = "missing-predecessor"  # what the record follows from is gone; waits until it is back


@dataclass(frozen=True, slots=True)
class AuthorAlarm:
    round_id: RoundId
    kind: Kind
    trouble: Trouble


class Author:
    """Signs records for one party and keeps log and journal in agreement."""

    def __init__(self, name: str, key: Ed25519PrivateKey, journal: Journal, log: Log) -> None:
        self.name = name
        self._key = key
        self._journal = journal
        self._log = log
        self._ends: dict[str, tuple[int, ...]] = {}

    def said(self, round_id: RoundId, kind: Kind) -> bool:
        """Whether this party has signed such a record, wherever it is by now."""
        return self._journal.record(round_id, kind) is not None

    def own(self, round_id: RoundId, kind: Kind) -> records.Record | None:
        """The record that this party signed, from its journal."""
        jws = self._journal.record(round_id, kind)
        return records.peek(jws.encode()) if jws is not None else None

    def rounds(self, kind: Kind) -> list[RoundId]:
        """The rounds for which this party has signed a record of a kind."""
        return [round_id for round_id, of in self._journal.entries() if of is kind]

    def say(
        self,
        round_id: RoundId,
        kind: Kind,
        body: Mapping[str, Any],
        chunks: Mapping[str, Sequence[bytes]] | None = None,
    ) -> None:
        """Sign a record and store it with the chunks that go before it, by topic. `reconcile` appends it.

        JournalConflict if something else was said before.
        """
        jws = records.sign(kind, round_id, self.name, dict(body), self._key)
        self._journal.store(round_id, kind, jws, chunks or {})

    def reconcile(self, fold: Fold, now: float) -> list[AuthorAlarm]:
        """Append what this party has said and the log lacks; what does not fit is returned and not appended.

        LogUnavailable leaves the rest for the next time.
        """
        alarms = []
        for round_id, kind in list(self._journal.entries()):
            trouble = self._reconcile_one(round_id, kind, fold, now)
            alarms += [AuthorAlarm(round_id, kind, trouble)] if trouble else []
        return alarms

    def forget_chunks(self, round_id: RoundId, topic: str) -> None:
        """Before a topic is deleted its chunks leave the journal."""
        self._journal.forget_chunks(round_id, topic)

    def _reconcile_one(self, round_id: RoundId, kind: Kind, fold: Fold, now: float) -> Trouble | None:
        record = self.own(round_id, kind)
        assert record is not None  # noqa: S101 - the journal has just listed it
        of = fold.rounds.get(round_id)
        if fold.contains(record.jws):
            return self._restore_chunks(record, of, now)
        acknowledged = self._journal.acknowledged(round_id, kind)
        if kind is not Kind.DRAFT:
            if of is None:
                return Trouble.MISSING_PREDECESSOR if acknowledged else None
            if of.record(kind, self.name) is not None:
                return Trouble.CONTRADICTION
            before, says = predecessor(record, of), named(record)
            if before == "" and says is not None:
                return Trouble.MISSING_PREDECESSOR if acknowledged else None
            if before != says:
                return Trouble.OTHER_PREDECESSOR
        elif of is not None:
            return Trouble.CONTRADICTION
        chunks = self._journal.chunks(round_id, kind)
        if of is not None and any(now >= topics.deletion(topic, of.draft) for topic in chunks):
            return Trouble.LOST if acknowledged else None
        for topic, paths in chunks.items():
            self._log.create(topic)
            for path in paths:
                self._log.append(topic, path.read_bytes())
        self._log.append(topics.ROUNDS, record.jws.encode())
        self._journal.acknowledge(round_id, kind)
        return Trouble.LOST if acknowledged else None

    def _restore_chunks(self, record: records.Record, of: Round | None, now: float) -> Trouble | None:
        """The record is in the log: see that its chunks are too, at first sight and whenever a topic has shrunk."""
        round_id, kind = record.round_id, record.kind
        acknowledged = self._journal.acknowledged(round_id, kind)
        trouble = None
        for topic, paths in self._journal.chunks(round_id, kind).items():
            if of is None or now >= topics.deletion(topic, of.draft):
                continue
            seen = self._ends.get(f"{topic} {kind}")
            if seen is not None and not _shrunk(seen, self._end(topic)):
                continue
            present = self._hashes(topic)
            for path in paths:
                chunk = path.read_bytes()
                if sha256(chunk).digest() not in present:
                    trouble = Trouble.LOST_CHUNKS if acknowledged else trouble
                    self._log.create(topic)
                    self._log.append(topic, chunk)
            self._ends[f"{topic} {kind}"] = self._end(topic)
        if not acknowledged:
            self._journal.acknowledge(round_id, kind)
        return trouble

    def _end(self, topic: str) -> tuple[int, ...]:
        try:
            return self._log.end(topic)
        except NoSuchTopic:
            return ()

    def _hashes(self, topic: str) -> set[bytes]:
        try:
            return {sha256(entry.value).digest() for entry in self._log.read(topic)}
        except NoSuchTopic:
            return set()


def _shrunk(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    return len(after) < len(before) or any(new < old for old, new in zip(before, after, strict=False))
