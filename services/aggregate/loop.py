"""Aggregate's work: at each tick look at the log and do what is due for each round.

    drafted  -> offer    make a key                        proposed -> accept or void
    counted  -> opening  the whole batch is right          or stop, with the reason
    opening  -> release  open, fold, publish               the key goes between storing and publishing

A record is stored in the journal in one tick and appended in the next, and what follows it waits until the log shows
it. So a crash anywhere loses nothing, and whatever was signed is never computed or signed again.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from services.aggregate import core, opening
from services.aggregate.core import Refusal
from services.aggregate.metrics import Metrics, Work
from services.aggregate.opening import Opener, Published
from services.aggregate.round_key import RoundKey
from shared import batch_items, bundle, release_items, topics
from shared.agreeing import VoidReason, acceptable_draft, decide, may_offer
from shared.author import Author, AuthorAlarm
from shared.batch_items import BadBatch, Batch
from shared.bundle import BrokenBundle, MissingChunk
from shared.canonical import b64, unb64
from shared.compositions import Compositions
from shared.log.port import Log, NoSuchTopic
from shared.parties import Book
from shared.reading import RoundsReader
from shared.records import Kind, Record
from shared.rounds import DEAD, Fold, Round, RoundId, State
from shared.secret_files import RoundSecrets
from shared.vouchers import GroupVouchers
from shared.workers import spread

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Means:
    """What the work is done with. `processes`: how many; `stop` ends long work."""

    log: Log
    book: Book
    author: Author
    secrets: RoundSecrets
    metrics: Metrics
    clock: Callable[[], float]
    processes: int
    stop: threading.Event


class Aggregate:
    """One active process per installation; its journal sees to that."""

    def __init__(self, means: Means) -> None:
        self._of = means
        self._author = means.author
        self._secrets = means.secrets
        self._metrics = means.metrics
        self._reader = RoundsReader(means.log, means.book)
        self._compositions = Compositions(means.log)
        self._standing: frozenset[AuthorAlarm] = frozenset()
        self._deleted: set[str] = set()
        self._changed_pasts = 0

    def tick(self) -> None:
        """LogUnavailable leaves the rest for the next tick; Stopping when asked to end."""
        now = self._of.clock()
        self._destroy_spent(now)
        fold = self._reader.refresh()
        self._notice_changed_past()
        self._destroy_dead(fold)
        self._delete_due(fold, now)
        self._notice(self._author.reconcile(fold, now))
        fold = self._reader.refresh()
        for of in fold.rounds.values():
            self._advance(fold, of, now)
        self._metrics.saw(fold, self._of.clock(), keys=sum(1 for _ in self._secrets.rounds()))

    def _advance(self, fold: Fold, of: Round, now: float) -> None:
        match of.phase:
            case State.DRAFTED:
                self._offer(of, now)
            case State.PROPOSED:
                if why := decide(fold, of, self._author, self._compositions, now):
                    _LOG.warning("round %s is void: %s", of.id, why)
            case State.COUNTED:
                self._judge(of, now)
            case State.OPENING:
                self._open(of, now)

    # Keys.

    def _destroy_spent(self, now: float) -> None:
        """Keys of rounds whose release is stored, and those whose time has come; asks the log nothing."""
        for round_id in list(self._secrets.rounds()):
            key = self._key(round_id)
            if self._author.said(round_id, Kind.RELEASE) or (key is not None and now >= key.erase_at):
                self._secrets.destroy(round_id)

    def _destroy_dead(self, fold: Fold) -> None:
        """Keys of rounds that the log, read back, shows to have ended without a result."""
        for round_id in list(self._secrets.rounds()):
            of = fold.rounds.get(round_id)
            if of is not None and of.phase in DEAD:
                self._secrets.destroy(round_id)

    def _key(self, round_id: RoundId) -> RoundKey | None:
        data = self._secrets.load(round_id)
        return None if data is None else RoundKey.from_bytes(data)

    # Deletion.

    def _delete_due(self, fold: Fold, now: float) -> None:
        """Comments and results at their dates; the journal gives them up first, or it would append them again."""
        for of in fold.rounds.values():
            for topic in (topics.words(of.id), topics.releases(of.id)):
                if topic not in self._deleted and now >= topics.deletion(topic, of.draft):
                    self._author.forget_chunks(of.id, topic)
                    self._of.log.delete(topic)
                    self._deleted.add(topic)

    # Alarms.

    def _notice_changed_past(self) -> None:
        if self._reader.changed_pasts > self._changed_pasts:
            self._changed_pasts = self._reader.changed_pasts
            self._deleted.clear()  # What was deleted may be back.
            self._metrics.alarm("changed-past")
            _LOG.error("the log has lost or replaced records that were read before")

    def _notice(self, alarms: list[AuthorAlarm]) -> None:
        for alarm in sorted(set(alarms) - self._standing, key=str):
            self._metrics.alarm(alarm.trouble)
            _LOG.error("round %s: %s, %s", alarm.round_id, alarm.kind, alarm.trouble)
        self._standing = frozenset(alarms)

    # What is due.

    def _offer(self, of: Round, now: float) -> None:
        if not may_offer(of, self._author):
            return
        if why := acceptable_draft(of, now):
            self._author.say(of.id, Kind.VOID, {"reason": VoidReason.BAD_DRAFT})
            _LOG.warning("round %s is void: %s", of.id, why)
            return
        key = self._key(of.id)
        if key is not None and key.erase_at != of.draft.erase_at:
            # Made for a draft that the log no longer shows, and never offered.
            self._secrets.destroy(of.id)
            key = None
        if key is None:
            key = RoundKey.generate(of.draft.erase_at)
            self._secrets.create(of.id, key.to_bytes())
        self._author.say(of.id, Kind.OFFER, {"draft": _record(of, Kind.DRAFT).digest, "key": b64(key.public)})

    def _judge(self, of: Round, now: float) -> None:
        if self._author.said(of.id, Kind.OPENING) or self._author.said(of.id, Kind.STOP) or now < of.draft.closes:
            return
        try:
            batch = self._read(of)
        except (MissingChunk, NoSuchTopic):
            return
        except (BadBatch, BrokenBundle):
            self._refuse(of, Refusal.MALFORMED)
            return
        with self._metrics.timed(Work.CHECK):
            refusal = self._first_refusal(of, batch)
        if refusal is not None:
            self._refuse(of, refusal)
            return
        self._metrics.answers(sum(len(lot.entries) for lot in batch.lots))
        self._author.say(of.id, Kind.OPENING, {"batch": _record(of, Kind.BATCH).digest})

    def _first_refusal(self, of: Round, batch: Batch) -> Refusal | None:
        composed = self._compositions.of(of)
        if refusal := core.form(batch, _record(of, Kind.BATCH).body["parts"], composed):
            return refusal
        checked = spread(
            core.check_ballots,
            GroupVouchers(composed),
            core.ballots(batch, composed),
            self._of.processes,
            self._of.stop,
        )
        return next(filter(None, checked), None)

    def _refuse(self, of: Round, refusal: Refusal) -> None:
        self._author.say(of.id, Kind.STOP, {"reason": refusal})
        self._metrics.refused(refusal)
        _LOG.error("round %s: the batch is refused, nothing was opened: %s", of.id, refusal)

    def _open(self, of: Round, now: float) -> None:
        """The opening is in the log, read back; from here on there is no `stop`."""
        own = self._author.own(of.id, Kind.OPENING)
        if own is None or own.digest != _record(of, Kind.OPENING).digest or self._author.said(of.id, Kind.RELEASE):
            return  # An opening that this journal does not know: nothing may be computed twice.
        try:
            batch = self._read(of)
        except (MissingChunk, NoSuchTopic):
            return
        with self._metrics.timed(Work.OPEN):
            published = self._publish(of, batch)
        self._say_release(of, own, published, now)
        self._secrets.destroy(of.id)

    def _publish(self, of: Round, batch: Batch) -> Published:
        composed, key = self._compositions.of(of), self._key(of.id)
        manifest = composed.manifest
        if key is None or key.public != manifest.aggregate_key:
            _LOG.error("round %s: its key is gone, so nothing of it can be published", of.id)
            self._metrics.unpublished("key-lost")
            return opening.nothing(manifest, batch)
        opener = Opener(key.secret, manifest.hash, manifest.draft.questionnaire.parts)
        answers = spread(opening.open_all, opener, opening.sealed(batch), self._of.processes, self._of.stop)
        published = opening.release(
            manifest, composed.part_trees, batch, unb64(_record(of, Kind.BATCH).digest), key, answers
        )
        if published.violation is not None:
            _LOG.error("round %s: nothing is published, a promise would be broken: %s", of.id, published.violation)
            self._metrics.unpublished(published.violation)
        return published

    def _say_release(self, of: Round, own: Record, published: Published, now: float) -> None:
        numbers = bundle.pack(release_items.encode_numbers(published.numbers))
        words = bundle.pack(release_items.encode_words(published.words))
        counted = bundle.pack(release_items.encode_counted(published.counted))
        chunks = {topics.releases(of.id): numbers.records + counted.records, topics.words(of.id): words.records}
        self._author.say(
            of.id,
            Kind.RELEASE,
            {
                "opening": own.digest,
                "cells": numbers.reference,
                "words": words.reference,
                "counted": counted.reference,
            },
            {topic: of_topic for topic, of_topic in chunks.items() if now < topics.deletion(topic, of.draft)},
        )

    def _read(self, of: Round) -> Batch:
        """The batch that the effective record names. MissingChunk, NoSuchTopic: wait; BadBatch, BrokenBundle."""
        reference = _record(of, Kind.BATCH).body["bundle"]
        items = bundle.unpack(reference, (entry.value for entry in self._of.log.read(topics.batches(of.id))))
        return batch_items.decode(items, self._compositions.of(of))


def _record(of: Round, kind: Kind) -> Record:
    """The effective record, which the round's phase says is there."""
    record = of.record(kind)
    assert record is not None  # noqa: S101 - see above
    return record
