"""The gate's work: at each tick look at the log and do what is due for each round.

    drafted  -> offer    make a key                     proposed -> make the topics; accept or void
    agreed   -> cut      fix where the log ends, once closing and grace are over
    cut      -> batch    open the outer envelopes, count, divide; the key goes between storing and publishing

A record is stored in the journal in one tick and appended in the next, and what follows it waits until the log shows
it. So a crash anywhere loses nothing, and whatever was signed is never computed or signed again.
"""

import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.gate import core
from services.gate.core import Latest, Opener, Reason, Refused, Stop
from services.gate.metrics import ENVELOPES_DIFFER, Metrics
from shared import batch_items, bundle, topics
from shared.author import Author
from shared.canonical import b64
from shared.log.port import End, Log, NoSuchTopic
from shared.manifest import Composed
from shared.parties import Book
from shared.records import Kind
from shared.rounds import Fold, Round, RoundId, State
from shared.sealing_party import SealingParty
from shared.secret_files import RoundSecrets
from shared.vouchers import GroupVouchers
from shared.workers import spread

_LOG = logging.getLogger(__name__)

STEP = 10_000
"""Envelopes between two lines about progress: some ten seconds of work per core."""


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
    partitions: int
    stop: threading.Event


class EnvelopesDiffer(Exception):
    """What the log holds up to the cut is not what the cut says; nothing is counted until it is again."""


class Gate:
    """One active process per installation; its journal sees to that."""

    def __init__(self, means: Means) -> None:
        self._of = means
        self._author = means.author
        self._metrics = means.metrics
        self._party = SealingParty(
            means.log, means.book, means.author, means.secrets, means.metrics, Kind.BATCH, _own_topics
        )
        self._differing: set[RoundId] = set()

    def tick(self) -> None:
        """LogUnavailable leaves the rest for the next tick; Stopping when asked to end."""
        now = self._of.clock()
        fold = self._party.look(now)
        for of in fold.rounds.values():
            self._advance(fold, of, now)
        self._metrics.saw(fold, self._of.clock(), self._party.key_count(), self._waiting(fold))

    def _advance(self, fold: Fold, of: Round, now: float) -> None:
        match of.phase:
            case State.DRAFTED:
                self._party.offer(of, now)
            case State.PROPOSED:
                # Whoever may post after the last accept must find the topic there.
                self._of.log.create(topics.envelopes(of.id), self._of.partitions)
                self._of.log.create(topics.batches(of.id))
                self._party.decide(fold, of, now)
            case State.SCHEDULED if now >= of.draft.counting_from:
                self._cut(of)
            case State.CUT:
                self._count(of)

    def _cut(self, of: Round) -> None:
        """From here on the gate works on these envelopes and no others."""
        if self._author.said(of.id, Kind.CUT) or self._author.said(of.id, Kind.STOP):
            return
        assert of.manifest is not None  # noqa: S101 - an agreed round has one
        topic = topics.envelopes(of.id)
        try:
            end = self._of.log.end(topic)
            hashes = _Hashes(len(end))
            for entry in self._of.log.read(topic, stop=end):
                hashes.add(entry.partition, entry.value)
        except NoSuchTopic:
            self._differ(of)
            return
        self._differing.discard(of.id)
        self._author.say(of.id, Kind.CUT, {"manifest": of.manifest.fingerprint, "partitions": hashes.body(end)})

    def _count(self, of: Round) -> None:
        """The cut is in the log, read back: open, check, keep the latest, divide."""
        own, shown = self._author.own(of.id, Kind.CUT), of.record(Kind.CUT)
        if shown is None or own is None or own.digest != shown.digest:
            return  # A cut that this journal does not know: nothing may be computed twice.
        if self._author.said(of.id, Kind.BATCH) or self._author.said(of.id, Kind.STOP):
            return
        composed, key = self._party.compositions.of(of), self._party.key(of.id)
        if key is None or key.public != composed.manifest.gate_key:
            self._stop(of, Stop.KEY_LOST)
            return
        with self._metrics.counting():
            try:
                latest, refused = self._open(of, Opener(GroupVouchers(composed), key.secret), shown.body["partitions"])
            except (EnvelopesDiffer, NoSuchTopic):
                self._differ(of)
                return
            self._differing.discard(of.id)
            self._say_batch(of, composed, latest, refused, shown.digest)

    def _open(
        self, of: Round, opener: Opener, cut: Sequence[Mapping[str, Any]]
    ) -> tuple[Latest, Counter[tuple[int, Reason]]]:
        """All envelopes up to the cut; EnvelopesDiffer unless they are those of the cut."""
        latest: Latest = {}
        refused: Counter[tuple[int, Reason]] = Counter()
        hashes = _Hashes(len(cut))
        bodies = self._bodies(of, tuple(partition["end"] for partition in cut), hashes)
        for done, result in enumerate(spread(core.open_all, opener, bodies, self._of.processes, self._of.stop), 1):
            if isinstance(result, Refused):
                # Where not even the part can be read, the first one has it.
                refused[result.part or 0, result.reason] += 1
            else:
                core.keep_latest(latest, result)
            if done % STEP == 0:
                _LOG.info("round %s: %d envelopes opened", of.id, done)
                self._metrics.opened(done)
        if hashes.body(tuple(partition["end"] for partition in cut)) != list(cut):
            raise EnvelopesDiffer
        return latest, refused

    def _bodies(self, of: Round, end: End, hashes: "_Hashes") -> Iterator[bytes]:
        topic = topics.envelopes(of.id)
        if len(self._of.log.end(topic)) != len(end):
            raise EnvelopesDiffer
        for entry in self._of.log.read(topic, stop=end):
            hashes.add(entry.partition, entry.value)
            yield entry.value

    def _say_batch(
        self, of: Round, composed: Composed, latest: Latest, refused: Counter[tuple[int, Reason]], cut: str
    ) -> None:
        trees = composed.part_trees
        counts = core.tally(latest.values(), len(trees))
        if any(core.is_overfull(tree, of_part) for tree, of_part in zip(trees, counts, strict=True)):
            self._stop(of, Stop.OVERFULL)
            return
        by_part: list[list[core.Opened]] = [[] for _ in trees]
        for one in latest.values():
            by_part[one.part].append(one)
        divided = [core.divide(composed, part, by_part[part], counts[part]) for part in range(len(trees))]
        lots = [lot for of_part in divided for lot in of_part.lots]
        held_back = {part: of_part.held_back for part, of_part in enumerate(divided) if of_part.held_back}
        packed = bundle.pack(batch_items.encode(lots, held_back))
        numbers = [
            {
                "lots": len(of_part.lots),
                "counted": sum(len(lot.entries) for lot in of_part.lots),
                "held_back": len(of_part.held_back),
                "refused": {str(reason): n for (of, reason), n in sorted(refused.items()) if of == part},
            }
            for part, of_part in enumerate(divided)
        ]
        body = {"cut": cut, "bundle": packed.reference, "parts": numbers}
        self._author.say(of.id, Kind.BATCH, body, {topics.batches(of.id): packed.records})
        self._party.destroy_key(of.id)
        by_reason: Counter[Reason] = Counter()
        for (_, reason), n in refused.items():
            by_reason[reason] += n
        self._metrics.refused(by_reason)

    def _stop(self, of: Round, reason: Stop) -> None:
        self._author.say(of.id, Kind.STOP, {"reason": reason})
        self._metrics.stopped(reason)
        _LOG.error("round %s is stopped, nothing was opened: %s", of.id, reason)

    def _differ(self, of: Round) -> None:
        if of.id not in self._differing:
            self._differing.add(of.id)
            self._metrics.alarm(ENVELOPES_DIFFER)
            _LOG.error("round %s: the log's envelopes are not those of the cut; waiting until they are again", of.id)

    def _waiting(self, fold: Fold) -> int:
        """Envelopes of rounds that are open or closing."""
        total = 0
        for of in fold.rounds.values():
            if of.phase is State.SCHEDULED:
                try:
                    total += sum(self._of.log.end(topics.envelopes(of.id)))
                except NoSuchTopic:
                    continue
        return total


@dataclass
class _Hashes:
    """Per partition the number of records and SHA-256 over their SHA-256s, in offset order."""

    partitions: int
    _counts: list[int] = field(init=False)
    _digests: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        self._counts = [0] * self.partitions
        self._digests = [hashlib.sha256() for _ in range(self.partitions)]

    def add(self, partition: int, value: bytes) -> None:
        self._counts[partition] += 1
        self._digests[partition].update(hashlib.sha256(value).digest())

    def body(self, end: End) -> list[dict[str, Any]]:
        """As the cut's record says it."""
        return [
            {"end": offset, "count": count, "sha256": b64(digest.digest())}
            for offset, count, digest in zip(end, self._counts, self._digests, strict=True)
        ]


def _own_topics(round_id: RoundId) -> tuple[str, ...]:
    return topics.envelopes(round_id), topics.batches(round_id)
