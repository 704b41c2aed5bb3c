"""The life of a round as the fold of its records, in log order.

    drafted -> offered -> proposed -> agreed (scheduled, open, closing)
            -> cut -> counted -> opening -> released -> erased
    void: before all have accepted      cancelled: before the cut      stopped: from agreed, before opening

The first valid record of a (round, kind, author) counts; a later, different one raises an alarm and changes nothing.
A record that is met before its time waits and is tried again, in log order, after each one that takes effect. So the
result depends on the log's content alone: the fold reads no clock. Scheduled, open and closing are asked with a time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared import draft, records
from shared.draft import BadDraft, Draft
from shared.manifest import BadManifest, Manifest
from shared.parties import Book, Parties
from shared.records import Foreign, Kind, Record

RoundId = str


class State(StrEnum):
    """Where a round stands at a given time."""

    DRAFTED = "drafted"
    OFFERED = "offered"
    PROPOSED = "proposed"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSING = "closing"
    CUT = "cut"
    COUNTED = "counted"
    OPENING = "opening"
    RELEASED = "released"
    ERASED = "erased"
    VOID = "void"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


AGREED = frozenset({State.SCHEDULED, State.OPEN, State.CLOSING})
DEAD = frozenset({State.VOID, State.CANCELLED, State.STOPPED})
"""Ended without a result: keys are destroyed at once."""


class AlarmReason(StrEnum):
    """What nobody honest does. None of them changes a round."""

    CONTRADICTION = "contradiction"  # a second, different record of the same kind by the same author
    OTHER_PREDECESSOR = "other-predecessor"  # a record that names another one than the log's


@dataclass(frozen=True, slots=True)
class Alarm:
    round_id: RoundId
    kind: Kind
    author: str
    reason: AlarmReason


@dataclass
class Round:
    """One round as far as the log tells it. Only the fold changes it."""

    id: RoundId
    parties: Parties
    draft: Draft
    effective: dict[tuple[Kind, str], Record] = field(default_factory=dict)
    manifest: Manifest | None = None

    def record(self, kind: Kind, author: str | None = None) -> Record | None:
        """The effective record of a kind; of whichever author if none is named."""
        if author is not None:
            return self.effective.get((kind, author))
        return next((record for (of, _), record in self.effective.items() if of is kind), None)

    def authors_of(self, kind: Kind) -> frozenset[str]:
        """Whose records of a kind have taken effect."""
        return frozenset(author for of, author in self.effective if of is kind)

    @property
    def offers(self) -> Mapping[str, Record]:
        return {author: record for (kind, author), record in self.effective.items() if kind is Kind.OFFER}

    @property
    def agreed(self) -> bool:
        """Everybody has accepted one manifest, whatever happened later."""
        return self.authors_of(Kind.ACCEPT) == self.parties.authors.keys()

    def state(self, now: float) -> State:
        """Where the round stands at POSIX time `now`."""
        if (phase := self.phase) is State.SCHEDULED:
            return (
                State.SCHEDULED if now < self.draft.opens else State.OPEN if now < self.draft.closes else State.CLOSING
            )
        if phase is State.RELEASED and now >= self.draft.results_until:
            return State.ERASED
        return phase

    @property
    def phase(self) -> State:
        """As `state`, without a clock: SCHEDULED stands for scheduled, open and closing, RELEASED also for erased."""
        present = {kind for kind, _ in self.effective}
        for kind, state in _LATEST_FIRST:
            if kind in present:
                return state
        if self.agreed:
            return State.SCHEDULED
        if Kind.MANIFEST in present:
            return State.PROPOSED
        return State.OFFERED if self.authors_of(Kind.OFFER) == self.parties.authors.keys() else State.DRAFTED


_LATEST_FIRST = (
    (Kind.VOID, State.VOID),
    (Kind.CANCEL, State.CANCELLED),
    (Kind.STOP, State.STOPPED),
    (Kind.RELEASE, State.RELEASED),
    (Kind.OPENING, State.OPENING),
    (Kind.BATCH, State.COUNTED),
    (Kind.CUT, State.CUT),
)

_NOT_AGREED = frozenset({State.DRAFTED, State.OFFERED, State.PROPOSED})

_VALID_FROM: Mapping[Kind, frozenset[State]] = {
    Kind.OFFER: frozenset({State.DRAFTED}),
    Kind.MANIFEST: frozenset({State.OFFERED}),
    Kind.ACCEPT: frozenset({State.PROPOSED}),
    Kind.VOID: _NOT_AGREED,
    Kind.CANCEL: _NOT_AGREED | {State.SCHEDULED},
    Kind.CUT: frozenset({State.SCHEDULED}),
    Kind.BATCH: frozenset({State.CUT}),
    Kind.STOP: frozenset({State.SCHEDULED, State.CUT, State.COUNTED}),
    Kind.OPENING: frozenset({State.COUNTED}),
    Kind.RELEASE: frozenset({State.OPENING}),
}
"""In which phases a record can take effect."""


def predecessor(record: Record, of: Round) -> str | None:
    """The hash that `record` must name, as the log has it; None where it names nothing. See shared.records."""
    match record.kind:
        case Kind.OFFER:
            before = of.record(Kind.DRAFT)
        case Kind.ACCEPT | Kind.CUT:
            return of.manifest.fingerprint if of.manifest else ""
        case Kind.BATCH:
            before = of.record(Kind.CUT)
        case Kind.OPENING:
            before = of.record(Kind.BATCH)
        case Kind.RELEASE:
            before = of.record(Kind.OPENING)
        case _:
            return None
    return before.digest if before else ""


def named(record: Record) -> str | None:
    """The hash that `record` does name."""
    field_of = {
        Kind.OFFER: "draft",
        Kind.ACCEPT: "manifest",
        Kind.CUT: "manifest",
        Kind.BATCH: "cut",
        Kind.OPENING: "batch",
        Kind.RELEASE: "opening",
    }
    return str(record.body[field_of[record.kind]]) if record.kind in field_of else None


class Fold:
    """The state of all rounds after some records. `add` records in log order; ask `rounds` and `alarms`."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._waiting: dict[RoundId, list[Record]] = {}
        self._seen: set[str] = set()
        self._alarms: dict[Alarm, None] = {}
        self.rounds: dict[RoundId, Round] = {}
        """In the order of their drafts."""
        self.proposed_order: list[RoundId] = []
        """Rounds in the order in which their manifests stand in the log."""
        self.foreign = 0
        """Records that are not ours."""

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        return tuple(self._alarms)

    def contains(self, jws: str) -> bool:
        """Whether exactly this record is in the log, effective or not."""
        return records.digest(jws) in self._seen

    def add(self, raw: bytes) -> None:
        """Take in the next record of the log; whatever it is, nothing is raised."""
        try:
            record = records.peek(raw)
        except Foreign:
            self.foreign += 1
            return
        if record.digest in self._seen:
            return
        if record.kind is Kind.DRAFT:
            self._seen.add(record.digest)
            self._add_draft(record)
        else:
            # Before the draft nobody knows whose signature it should bear, so it waits unchecked.
            self._waiting.setdefault(record.round_id, []).append(record)
        self._retry(record.round_id)

    def _add_draft(self, record: Record) -> None:
        try:
            parties = self._book.get(int(record.body.get("generation", 0)))
            if parties is None or record.author != parties.lead.name:
                raise Foreign("not by the lead issuer of a known generation")
            records.verify(record, parties.lead, issuer=True)
            drafted = draft.parse(record.body)
            if drafted.body["parties"] != parties.digest:
                raise Foreign("another parties.json")
        except (Foreign, BadDraft, TypeError, ValueError):
            self.foreign += 1
            return
        if record.round_id in self.rounds:
            self._alarm(record, AlarmReason.CONTRADICTION)
            return
        self.rounds[record.round_id] = Round(record.round_id, parties, drafted, {(Kind.DRAFT, record.author): record})

    def _retry(self, round_id: RoundId) -> None:
        of = self.rounds.get(round_id)
        if of is None:
            return
        again = True
        while again:
            again = False
            waiting, self._waiting[round_id] = self._waiting.get(round_id, []), []
            for position, record in enumerate(waiting):
                if not self._ours(record, of):
                    continue
                if self._take(record, of):
                    self._waiting[round_id] += waiting[position + 1 :]
                    again = True
                    break
                first = of.effective.get((record.kind, record.author))
                if first is None:
                    self._waiting[round_id].append(record)
                elif first.digest != record.digest:
                    self._alarm(record, AlarmReason.CONTRADICTION)

    def _ours(self, record: Record, of: Round) -> bool:
        """Whether the signature holds; checked once per record."""
        if record.digest in self._seen:
            return True
        author = of.parties.authors.get(record.author)
        try:
            if author is None or record.author not in _who_may(record.kind, of.parties):
                raise Foreign("nobody who may write this")
            records.verify(record, author, issuer=record.author in of.parties.issuer_names)
        except Foreign:
            self.foreign += 1
            return False
        self._seen.add(record.digest)
        return True

    def _take(self, record: Record, of: Round) -> bool:
        """Let the record take effect if this is its time."""
        if of.phase not in _VALID_FROM[record.kind] or (record.kind, record.author) in of.effective:
            return False
        if named(record) != predecessor(record, of):
            self._alarm(record, AlarmReason.OTHER_PREDECESSOR)
            return False
        if record.kind is Kind.MANIFEST:
            try:
                of.manifest = Manifest.parse(record.body["manifest"], of.parties)
            except BadManifest:
                return False
            self.proposed_order.append(of.id)
        of.effective[record.kind, record.author] = record
        return True

    def _alarm(self, record: Record, reason: AlarmReason) -> None:
        self._alarms[Alarm(record.round_id, record.kind, record.author, reason)] = None


def _who_may(kind: Kind, parties: Parties) -> frozenset[str]:
    """Whose records of a kind can take effect."""
    match kind:
        case Kind.OFFER | Kind.ACCEPT | Kind.VOID:
            return frozenset(parties.authors)
        case Kind.DRAFT | Kind.MANIFEST | Kind.CANCEL:
            return frozenset({parties.lead.name})
        case Kind.CUT | Kind.BATCH:
            return frozenset({parties.gate.name})
        case Kind.STOP:
            return frozenset({parties.gate.name, parties.aggregate.name})
        case Kind.OPENING | Kind.RELEASE:
            return frozenset({parties.aggregate.name})


def fold(raw: Iterable[bytes], book: Book) -> Fold:
    """The state of all rounds after these records, in log order."""
    folded = Fold(book)
    for record in raw:
        folded.add(record)
    return folded
