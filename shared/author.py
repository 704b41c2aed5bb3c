"""A party as the author of records: stored first, appended later, never computed or signed twice.

The log's operator may roll the log back, drop records or show other ones. An author therefore trusts its journal for
what it has said: what the log lacks is appended again, byte for byte, and whatever does not fit raises an alarm and
is left alone.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import draft, records, topics
from shared.journal import Journal
from shared.log.port import Log, NoSuchTopic, check_records
from shared.records import Kind
from shared.rounds import Fold, Round, RoundId, named, predecessor


class Trouble(StrEnum):
    """Why an author raises an alarm."""

    LOST = "lost-record"  # the log had acknowledged it and no longer has it; it is appended again
    LOST_CHUNKS = "lost-chunks"  # the same for the chunks that go before it
    CONTRADICTION = "other-own-record"  # the log has a different record of this author
    OTHER_PREDECESSOR = "other-predecessor"  # the log's history is not the one that the record follows from
    MISSING_PREDECESSOR = "missing-predecessor"  # what the record follows from is gone; waits until it is back
    NOT_VALID = "not-valid"  # the log has it and no reader takes it: another parties.json, or a mistake of ours


@dataclass(frozen=True, slots=True)
class AuthorAlarm:
    round_id: RoundId
    kind: Kind
    trouble: Trouble


@dataclass
class _Said:
    """What is remembered of a stored record, so that a look at the log need not read it from disk again."""

    digest: str
    named: str | None
    appended: object | None = None
    """The reading of the log after which this process appended it last."""
    ends: dict[str, tuple[int, ...]] | None = None
    """By topic of its chunks the end when all of them were last seen there; None before the first look."""


class Author:
    """Signs records for one party and keeps log and journal in agreement."""

    def __init__(self, name: str, key: Ed25519PrivateKey, journal: Journal, log: Log) -> None:
        self.name = name
        self._key = key
        self._journal = journal
        self._log = log
        self._known: dict[tuple[RoundId, Kind], _Said] = {}

    def leads(self) -> bool:
        """Whether this process speaks for the party to the log, from now on if nobody else does.

        Others that share the journal may `say`, and leave the rest to the one that leads.
        """
        return self._journal.lead()

    def said(self, round_id: RoundId, kind: Kind) -> bool:
        """Whether this party has signed such a record, wherever it is by now."""
        return self._journal.has(round_id, kind)

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
        """Sign a record and store it with the chunks that go before it, by topic. `reconcile` of the leading process
        appends it.

        JournalConflict if something else was said before. ValueError or RecordTooLarge, and nothing is stored, for
        what no reader or no log would take: what is stored once is appended for ever.
        """
        jws = records.sign(kind, round_id, self.name, dict(body), self._key)
        record = records.peek(jws.encode())
        if kind is Kind.DRAFT:
            draft.parse(record.body)
        # An issuer's offer has nodes, that of gate and aggregate has none.
        records.check_body(record, issuer="nodes" in body)
        check_records([jws.encode()])
        for parts in (chunks or {}).values():
            check_records(parts)
        self._journal.store(round_id, kind, jws, chunks or {})

    def reconcile(
        self,
        fold: Fold,
        now: float,
        apart: Callable[[RoundId], AbstractContextManager[object]] = nullcontext,
    ) -> list[AuthorAlarm]:
        """Append what this party has said and the log lacks; what does not fit is returned and not appended.

        `fold` is that of the log's last reading: what was appended since is not appended again. LogUnavailable and
        LogDamaged leave the rest for the next time: the rest of the round, if `apart`, within which each round is
        done, keeps the error to itself.
        """
        alarms = []
        for round_id, entries in groupby(list(self._journal.entries()), key=itemgetter(0)):
            with apart(round_id):
                for _, kind in entries:
                    trouble = self._reconcile_one(round_id, kind, fold, now)
                    alarms += [AuthorAlarm(round_id, kind, trouble)] if trouble else []
        return alarms

    def forget_chunks(self, round_id: RoundId, topic: str) -> None:
        """Before a topic is deleted its chunks leave the journal."""
        self._journal.forget_chunks(round_id, topic)
        for (of, _), said in self._known.items():
            if of == round_id and said.ends is not None:
                said.ends.pop(topic, None)

    def _reconcile_one(self, round_id: RoundId, kind: Kind, fold: Fold, now: float) -> Trouble | None:
        said, of = self._remember(round_id, kind), fold.rounds.get(round_id)
        there = fold.holds(said.digest)
        acknowledged = self._journal.acknowledged(round_id, kind)
        if of is not None:
            shown = of.record(kind, None if kind is Kind.DRAFT else self.name)
            if shown is not None and shown.digest != said.digest:
                return Trouble.CONTRADICTION
            if (before := predecessor(kind, of)) and before != said.named:
                return Trouble.OTHER_PREDECESSOR
            if before == "" and not there:
                # It was there when the record was signed.
                return Trouble.MISSING_PREDECESSOR
        elif kind is not Kind.DRAFT:
            return Trouble.MISSING_PREDECESSOR if acknowledged or said.named is not None else None
        if there:
            trouble = self._restore_chunks(round_id, kind, said, of, now)
            if not acknowledged:
                self._journal.acknowledge(round_id, kind)
            return trouble
        if fold.refuses(said.digest):
            return Trouble.NOT_VALID
        if said.appended is fold.reading:
            return None
        return self._append(round_id, kind, said, fold, now)

    def _append(self, round_id: RoundId, kind: Kind, said: _Said, fold: Fold, now: float) -> Trouble | None:
        """Chunks first, then the record: also when its chunks may not be there any more, for others follow from it."""
        acknowledged = self._journal.acknowledged(round_id, kind)
        # What others have seen must not be forgotten: not even if the disk failed while it was stored.
        self._journal.secure(round_id)
        self._restore_chunks(round_id, kind, said, fold.rounds.get(round_id), now)
        jws = self._journal.record(round_id, kind)
        assert jws is not None  # noqa: S101 - the journal has just listed it
        try:
            self._log.append(topics.ROUNDS, jws.encode())
        except NoSuchTopic:
            self._log.create(topics.ROUNDS)
            self._log.append(topics.ROUNDS, jws.encode())
        self._journal.acknowledge(round_id, kind)
        said.appended = fold.reading
        return Trouble.LOST if acknowledged else None

    def _restore_chunks(
        self, round_id: RoundId, kind: Kind, said: _Said, of: Round | None, now: float
    ) -> Trouble | None:
        """See that all chunks are in their topics, at first sight and whenever a topic has shrunk.

        A topic whose deletion date has come stays as it is, and so does that of a round that nobody knows.
        """
        if said.ends is not None and not any(_shrunk(end, self._end(topic)) for topic, end in said.ends.items()):
            return None
        lost, ends = False, {}
        for topic, paths in self._journal.chunks(round_id, kind).items():
            if of is not None and now < topics.deletion(topic, of.draft):
                lost |= self._append_missing(topic, paths)
                ends[topic] = self._end(topic)
        said.ends = ends
        return Trouble.LOST_CHUNKS if lost and self._journal.acknowledged(round_id, kind) else None

    def _append_missing(self, topic: str, paths: Sequence[Path]) -> bool:
        """Append the chunks that the topic lacks; whether there were any. One by one: together they may be 1 GB."""
        self._log.create(topic)
        present = {sha256(entry.value).digest() for entry in self._log.read(topic)}
        missing = False
        for path in paths:
            chunk = path.read_bytes()
            if sha256(chunk).digest() not in present:
                self._log.append(topic, chunk)
                missing = True
        return missing

    def _remember(self, round_id: RoundId, kind: Kind) -> _Said:
        if (round_id, kind) not in self._known:
            record = self.own(round_id, kind)
            assert record is not None  # noqa: S101 - the journal has just listed it
            self._known[round_id, kind] = _Said(record.digest, named(record))
        return self._known[round_id, kind]

    def _end(self, topic: str) -> tuple[int, ...]:
        try:
            return self._log.end(topic)
        except NoSuchTopic:
            return ()


def _shrunk(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    return len(after) < len(before) or any(new < old for old, new in zip(before, after, strict=False))
