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
from services.aggregate.metrics import Metrics, Trap, Work
from services.aggregate.opening import Opener, Published
from shared import batch_items, bundle, release_items, topics
from shared.author import Author
from shared.batch_items import BadBatch, Batch
from shared.bundle import BrokenBundle, MissingChunk
from shared.canonical import unb64
from shared.log.port import Log
from shared.manifest import BadManifest
from shared.nodes import BadNodes
from shared.parties import Book
from shared.reading import Bundles
from shared.records import Kind, Record
from shared.rounds import Fold, Round, RoundId, State
from shared.sealing_party import SealingParty
from shared.secret_files import RoundSecrets
from shared.vouchers import GroupVouchers
from shared.workers import spread

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Means:
    """What the work is done with. `log`: one that obeys `stop`, as that of the author. `processes`: how many."""

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
        self._metrics = means.metrics
        self._bundles = Bundles(means.log)
        self._party = SealingParty(
            means.log, means.book, means.author, means.secrets, means.metrics, Kind.RELEASE, _topics_of
        )

    def tick(self) -> None:
        """LogUnavailable leaves the rest for the next tick, RoundsWait some rounds; Stopping when asked to end."""
        now = self._of.clock()
        fold = self._party.look(now)
        self._party.each(fold, lambda of: self._advance(fold, of, now))
        self._party.check_log()
        self._metrics.looked(fold, self._of.clock(), self._party.key_count(), self._party.waiting)
        self._party.finish()

    def _advance(self, fold: Fold, of: Round, now: float) -> None:
        match of.phase:
            case State.DRAFTED:
                self._party.offer(of, now)
            case State.PROPOSED:
                self._party.decide(fold, of, now)
            case State.COUNTED:
                self._judge(of, now)
            case State.OPENING:
                self._open(of, now)

    def _judge(self, of: Round, now: float) -> None:
        if self._author.said(of.id, Kind.OPENING) or self._author.said(of.id, Kind.STOP) or now < of.draft.closes:
            return
        if not self._party.has_accepted(of):
            self._party.trap(of, Trap.FOREIGN_ACCEPT)  # Another journal may know more, even of a release.
            return
        try:
            batch = self._read(of)
        except (BadBatch, BrokenBundle):
            self._refuse(of, Refusal.MALFORMED)
            return
        if batch is None:
            return
        with self._metrics.timed(Work.CHECK):
            refusal = self._first_refusal(of, batch)
        if refusal is not None:
            self._refuse(of, refusal)
            return
        self._metrics.answers(sum(len(lot.entries) for lot in batch.lots))
        self._author.say(of.id, Kind.OPENING, {"batch": of.there(Kind.BATCH).digest})

    def _first_refusal(self, of: Round, batch: Batch) -> Refusal | None:
        composed = self._party.compositions.of(of)
        if refusal := core.form(batch, of.there(Kind.BATCH).body["parts"], composed):
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
        if self._author.said(of.id, Kind.RELEASE):
            return
        if own is None or own.digest != of.there(Kind.OPENING).digest:
            self._party.trap(of, Trap.FOREIGN_OPENING)  # Nothing may be computed twice.
            return
        if (batch := self._read(of)) is None:
            return
        with self._metrics.timed(Work.OPEN):
            published = self._publish(of, batch)
        self._say_release(of, own, published, now)
        self._party.destroy_key(of.id)

    def _publish(self, of: Round, batch: Batch) -> Published:
        composed, key = self._party.compositions.of(of), self._party.key(of.id)
        manifest = composed.manifest
        if key is None or key.public != manifest.aggregate_key:
            _LOG.error("round %s: its key is gone, so nothing of it can be published", of.id)
            self._metrics.unpublished("key-lost")
            return opening.nothing(manifest, batch)
        opener = Opener(key.secret, manifest.hash, manifest.draft.questionnaire.parts)
        answers = spread(opening.open_all, opener, opening.sealed(batch), self._of.processes, self._of.stop)
        published = opening.release(
            manifest, composed.part_trees, batch, unb64(of.there(Kind.BATCH).digest), key, answers
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

    def _read(self, of: Round) -> Batch | None:
        """The batch that the effective record names; None, with an alarm, while it or the groups are not in the log.

        BadBatch, BrokenBundle: it is there and will never be one.
        """
        try:
            composed = self._party.compositions.of(of)
        except (BrokenBundle, BadManifest, BadNodes):
            self._party.trap(of, Trap.NO_NODES)
            return None
        reference = of.there(Kind.BATCH).body["bundle"]
        try:
            (items,) = self._bundles.unpack(topics.batches(of.id), reference)
        except MissingChunk:
            self._party.trap(of, Trap.NO_BATCH)
            return None
        return batch_items.decode(items, composed)


def _topics_of(round_id: RoundId) -> tuple[str, ...]:
    return topics.words(round_id), topics.releases(round_id)
