"""What gate and aggregate do alike at each look at the log: keys, offers, accepts, deletion, alarms.

Order matters. Keys that must be gone go first, before anything is appended; then the journal and the log are brought
into agreement; only then comes what is due, for each round of which that could be done.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from shared.agreeing import VoidReason, acceptable_draft, decide, may_offer
from shared.apart import Apart
from shared.author import Author, AuthorAlarm
from shared.canonical import b64
from shared.compositions import Compositions
from shared.log.port import Log, NoSuchTopic
from shared.parties import Book
from shared.reading import CHANGED_PAST, RoundsReader
from shared.records import Kind
from shared.rounds import DEAD, Fold, Round, RoundId
from shared.sealing_key import SealingKey
from shared.secret_files import RoundSecrets
from shared.topics import ROUNDS, deletion

_LOG = logging.getLogger(__name__)


class Alarms(Protocol):
    """Where alarms are counted."""

    def alarm(self, reason: str) -> None: ...


class SealingParty:
    """One author with a sealing key per round.

    `spent_by`: the record after whose storing the key is gone. `topics_of`: the topics of a round that it deletes.
    """

    def __init__(
        self,
        log: Log,
        book: Book,
        author: Author,
        secrets: RoundSecrets,
        alarms: Alarms,
        spent_by: Kind,
        topics_of: Callable[[RoundId], Sequence[str]],
    ) -> None:
        self.log = log
        self.author = author
        self.compositions = Compositions(log)
        self._secrets = secrets
        self._alarms = alarms
        self._spent_by = spent_by
        self._topics_of = topics_of
        self._reader = RoundsReader(log, book)
        self._apart = Apart(self.check_log)
        self._standing: frozenset[AuthorAlarm] = frozenset()
        self._deleted: set[str] = set()
        self._changed_pasts = 0
        self._trapped: set[tuple[RoundId, str]] = set()

    def look(self, now: float) -> Fold:
        """The rounds as they are after everything that this party has said is in the log; LogUnavailable.

        Where a topic of a round keeps it from being there, the round waits: see `each`.
        """
        self._apart = Apart(self.check_log)
        self._destroy_spent(now)
        fold = self._reader.refresh()
        self._notice_changed_past()
        self._destroy_dead(fold)
        self._delete_due(fold, now)
        self._notice(self.author.reconcile(fold, now, self._apart.round))
        return self._reader.refresh()

    def each(self, fold: Fold, work: Callable[[Round], None]) -> None:
        """Do what is due for each round that does not wait; those of which a topic is broken wait from then on."""
        for of in fold.rounds.values():
            if of.id not in self._apart.waiting:
                with self._apart.round(of.id):
                    work(of)

    @property
    def waiting(self) -> int:
        """How many rounds the last look could not work on."""
        return len(self._apart.waiting)

    def finish(self) -> None:
        """RoundsWait, if rounds wait."""
        self._apart.finish()

    # Keys.

    def key(self, round_id: RoundId) -> SealingKey | None:
        """The round's key, if it exists (any more); a damaged file is as good as none."""
        data = self._secrets.load(round_id)
        try:
            return None if data is None else SealingKey.from_bytes(data)
        except ValueError:
            return None

    def destroy_key(self, round_id: RoundId) -> None:
        self._secrets.destroy(round_id)

    def key_count(self) -> int:
        return sum(1 for _ in self._secrets.rounds())

    def _destroy_spent(self, now: float) -> None:
        """Keys whose work is stored, and those whose time has come; asks the log nothing."""
        for round_id in list(self._secrets.rounds()):
            key = self.key(round_id)  # None if it was only half destroyed, or is damaged.
            if self.author.said(round_id, self._spent_by) or key is None or now >= key.erase_at:
                self._secrets.destroy(round_id)

    def _destroy_dead(self, fold: Fold) -> None:
        """Keys of rounds that the log, read back, shows to have ended without a result."""
        for round_id in list(self._secrets.rounds()):
            of = fold.rounds.get(round_id)
            if of is not None and of.phase in DEAD:
                self._secrets.destroy(round_id)

    # Until a round is agreed.

    def offer(self, of: Round, now: float) -> None:
        """Offer a sealing key for a drafted round, or make the round void if its draft will not do."""
        if not may_offer(of, self.author):
            return
        if why := acceptable_draft(of, now):
            self.author.say(of.id, Kind.VOID, {"reason": VoidReason.BAD_DRAFT})
            _LOG.warning("round %s is void: %s", of.id, why)
            return
        key = self.key(of.id)
        if key is not None and key.erase_at != of.draft.erase_at:
            # Made for a draft that the log no longer shows, and never offered.
            self._secrets.destroy(of.id)
            key = None
        if key is None:
            key = SealingKey.generate(of.draft.erase_at)
            self._secrets.create(of.id, key.to_bytes())
        self.author.say(of.id, Kind.OFFER, {"draft": of.there(Kind.DRAFT).digest, "key": b64(key.public)})

    def decide(self, fold: Fold, of: Round, now: float) -> None:
        """Accept a proposed manifest or make the round void."""
        if why := decide(fold, of, self.author, self.compositions, now):
            _LOG.warning("round %s is void: %s", of.id, why)

    def has_accepted(self, of: Round) -> bool:
        """Whether this journal knows that the party accepted the round's manifest."""
        own = self.author.own(of.id, Kind.ACCEPT)
        return own is not None and of.manifest is not None and own.body["manifest"] == of.manifest.fingerprint

    # The log, deletion and alarms.

    def check_log(self) -> None:
        """Find out in time that what will have to be said could not be appended; LogUnavailable."""
        with suppress(NoSuchTopic):  # Its author makes it.
            self.log.append(ROUNDS)

    def _delete_due(self, fold: Fold, now: float) -> None:
        """Topics at their dates; the journal gives their chunks up first, or it would append them again."""
        for of in fold.rounds.values():
            for topic in self._topics_of(of.id):
                if topic not in self._deleted and now >= deletion(topic, of.draft):
                    self.author.forget_chunks(of.id, topic)
                    with self._apart.round(of.id):
                        self.log.delete(topic)
                        self._deleted.add(topic)

    def _notice_changed_past(self) -> None:
        if self._reader.changed_pasts > self._changed_pasts:
            self._changed_pasts = self._reader.changed_pasts
            self._deleted.clear()  # What was deleted may be back.
            self._alarms.alarm(CHANGED_PAST)

    def trap(self, of: Round, reason: str) -> None:
        """What a party notices in its own work: once per round and process."""
        if (of.id, reason) not in self._trapped:
            self._trapped.add((of.id, reason))
            self._alarms.alarm(reason)
            _LOG.error("round %s: %s", of.id, reason)

    def _notice(self, alarms: Sequence[AuthorAlarm]) -> None:
        for alarm in sorted(set(alarms) - self._standing, key=str):
            self._alarms.alarm(alarm.trouble)
            _LOG.error("round %s: %s, %s", alarm.round_id, alarm.kind, alarm.trouble)
        # Of a round that waits not everything was looked at.
        unseen = {alarm for alarm in self._standing if alarm.round_id in self._apart.waiting}
        self._standing = frozenset(alarms) | unseen
