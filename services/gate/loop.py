"""The gate's work: at each tick look at the log and do what is due for each round.

    drafted   -> offer   make a key                        proposed -> accept or void, the topics made before
    closing   -> cut     at closes + grace                 cut      -> batch; or stop, with the reason

A record is stored in the journal in one tick and appended in the next, after the key that it makes needless is gone;
what follows a record waits until the log, read back, shows it. So a crash anywhere loses nothing, and whatever was
signed is never computed or signed again.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from services.gate.core import Opening, StopReason
from services.gate.counting import Counting, OtherEnvelopes
from services.gate.cut import Tape
from services.gate.metrics import Metrics, Trap, Work
from shared import topics
from shared.author import Author
from shared.bundle import BrokenBundle
from shared.log.port import Log, LogDamaged, NoSuchTopic
from shared.manifest import BadManifest
from shared.nodes import BadNodes
from shared.parties import Book
from shared.records import Kind, Record
from shared.rounds import Fold, Round, RoundId, State
from shared.sealing_key import SealingKey
from shared.sealing_party import SealingParty
from shared.secret_files import RoundSecrets
from shared.stopping import StoppingChunks
from shared.vouchers import GroupVouchers

_LOG = logging.getLogger(__name__)

AGAIN = 60.0
"""Seconds after which a round is tried again whose envelopes or nodes are damaged or not the right ones: a try may mean
opening everything, and whoever has changed the log must change it back first."""

_COUNTED = frozenset({State.COUNTED, State.OPENING, State.RELEASED})


@dataclass(frozen=True)
class Means:
    """What the work is done with.

    `log`: one that obeys `stop`, as that of the author. `partitions`: of new envelope topics. `processes`: how many.
    """

    log: Log
    book: Book
    author: Author
    secrets: RoundSecrets
    metrics: Metrics
    clock: Callable[[], float]
    partitions: int
    processes: int
    stop: threading.Event


class Gate:
    """One active process per installation; its journal sees to that."""

    def __init__(self, means: Means) -> None:
        self._of = means
        self._log = means.log
        self._author = means.author
        self._metrics = means.metrics
        self._counting = Counting(self._log, means.processes, means.stop, means.metrics)
        self._party = SealingParty(
            self._log, means.book, means.author, means.secrets, means.metrics, Kind.BATCH, _topics_of
        )
        self._again: dict[RoundId, float] = {}
        self._damage: dict[RoundId, str] = {}
        """What the last try has found, where it was that."""

    def tick(self) -> None:
        """LogUnavailable leaves the rest for the next tick, RoundsWait some rounds; Stopping when asked to end."""
        now = self._of.clock()
        fold = self._party.look(now)
        self._destroy_counted(fold)
        self._party.each(fold, lambda of: self._advance(fold, of, now))
        self._party.check_log()
        self._metrics.looked(fold, self._of.clock(), self._party.key_count(), self._party.waiting)
        self._party.finish()

    def _advance(self, fold: Fold, of: Round, now: float) -> None:
        if of.parties.gate.key != self._of.book.current.gate.key:  # Later generations may name another gate.
            return
        match of.phase:
            case State.DRAFTED:
                self._party.offer(of, now)
            case State.PROPOSED:
                self._agree(fold, of, now)
            case State.SCHEDULED if self._is_agreed_by_me(of):
                self._watch(of, now)
                if now >= of.draft.counting_from:
                    self._cut(of)
            case State.CUT if self._is_agreed_by_me(of):
                self._count(of, now)

    def _destroy_counted(self, fold: Fold) -> None:
        """Also keys of rounds whose batch the journal does not know: there must not be a second one."""
        for round_id in list(self._of.secrets.rounds()):
            of = fold.rounds.get(round_id)
            if of is not None and of.phase in _COUNTED:
                self._party.destroy_key(round_id)

    def _agree(self, fold: Fold, of: Round, now: float) -> None:
        if self._author.said(of.id, Kind.ACCEPT) or self._author.said(of.id, Kind.VOID):
            return
        if self._key(of) is None:
            self._author.say(of.id, Kind.VOID, {"reason": StopReason.KEY_LOST})
            return
        # Before the accept: from then on people may answer.
        envelopes, batches = _topics_of(of.id)
        self._log.create(envelopes, self._of.partitions)
        self._log.create(batches)
        self._party.decide(fold, of, now)

    def _is_agreed_by_me(self, of: Round) -> bool:
        """Whether this journal knows of it. Another one may know more, even of a batch: then nothing is done."""
        if self._party.has_accepted(of):
            return True
        self._party.trap(of, Trap.FOREIGN_ACCEPT)
        return False

    def _watch(self, of: Round, now: float) -> None:
        """Say in time what is missing; a key or topic that was only misplaced can still be put back."""
        if self._key(of) is None:
            self._party.trap(of, Trap.KEY_MISSING)
        try:
            # By the parts, of which each person sends all: a step is then as many people in every round.
            parts = len(of.draft.questionnaire.parts)
            self._metrics.envelopes(of.id, sum(self._log.end(topics.envelopes(of.id))) // parts)
        except NoSuchTopic:
            self._party.trap(of, Trap.NO_ENVELOPES)
            if now < of.draft.answer_from:
                # The log went back to before the round was agreed, and nobody has posted yet: who comes must find it.
                self._log.create(topics.envelopes(of.id), self._of.partitions)

    def _cut(self, of: Round) -> None:
        if self._author.said(of.id, Kind.CUT) or self._author.said(of.id, Kind.STOP):
            return
        topic = topics.envelopes(of.id)
        try:
            with self._metrics.timed(Work.CUT):
                end = self._log.end(topic)
                tape = Tape(end)
                for _ in tape.records(self._log.read(topic, stop=end)):
                    pass
        except NoSuchTopic:
            return
        assert of.manifest is not None  # noqa: S101 - an agreed round has one
        self._author.say(of.id, Kind.CUT, {"manifest": of.manifest.fingerprint, "partitions": tape.partitions})
        _LOG.info("round %s: cut", of.id)

    def _count(self, of: Round, now: float) -> None:
        """The cut is in the log, read back; from here on the gate works on nothing else."""
        if self._author.said(of.id, Kind.BATCH) or self._author.said(of.id, Kind.STOP):
            return
        own, key = self._author.own(of.id, Kind.CUT), self._key(of)
        if own is None or own.digest != of.there(Kind.CUT).digest:
            self._party.trap(of, Trap.FOREIGN_CUT)
        elif key is None:
            self._stop(of, StopReason.KEY_LOST)
        elif now >= self._again.get(of.id, now):
            self._damage.pop(of.id, None)
            try:
                trap = self._count_with(of, own, key)
            except LogDamaged as error:
                self._again[of.id], self._damage[of.id] = now + AGAIN, str(error)
                raise
            if trap is not None:
                self._party.trap(of, trap)
                self._again[of.id] = now + AGAIN
        elif of.id in self._damage:
            raise LogDamaged(self._damage[of.id])

    def _count_with(self, of: Round, cut: Record, key: SealingKey) -> Trap | None:
        """Say the batch, or stop; or what keeps the gate from both."""
        try:
            composed = self._party.compositions.of(of)
        except (BrokenBundle, BadManifest, BadNodes):
            return Trap.NO_NODES
        opening = Opening(GroupVouchers(composed), key.secret)
        try:
            with self._metrics.timed(Work.OPEN):
                tally = self._counting.open(of.id, cut.body["partitions"], opening)
        except NoSuchTopic:
            return Trap.NO_ENVELOPES
        except OtherEnvelopes:
            return Trap.OTHER_ENVELOPES
        refused = sum(tally.refused.values(), Counter())
        self._metrics.refused(refused)
        if refused:
            told = ", ".join(f"{reason} {number}" for reason, number in sorted(refused.items()))
            _LOG.warning("%s: %d records do not count: %s", topics.envelopes(of.id), refused.total(), told)
        with self._metrics.timed(Work.BATCH):
            batch = self._counting.batch(composed, tally, cut.digest)
            if isinstance(batch, StopReason):
                self._stop(of, batch)
                return None
            chunks = {topics.batches(of.id): StoppingChunks(batch.records, self._of.stop)}
            self._author.say(of.id, Kind.BATCH, batch.body, chunks)
        # Stored, and not yet seen by anybody: whatever the log's operator does from here on, there is one batch.
        self._party.destroy_key(of.id)
        _LOG.info("round %s: counted", of.id)
        return None

    def _stop(self, of: Round, reason: StopReason) -> None:
        self._author.say(of.id, Kind.STOP, {"reason": reason})
        self._metrics.stopped(reason)
        _LOG.error("round %s: stopped, nothing is opened: %s", of.id, reason)

    def _key(self, of: Round) -> SealingKey | None:
        """The key that the round's envelopes are sealed to."""
        key = self._party.key(of.id)
        return key if key is not None and of.manifest is not None and key.public == of.manifest.gate_key else None


def _topics_of(round_id: RoundId) -> tuple[str, str]:
    return (topics.envelopes(round_id), topics.batches(round_id))
