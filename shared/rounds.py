"""The life of a round as the fold of its records, in log order.

    drafted -> offered -> proposed -> agreed (scheduled, open, closing)
            -> cut -> counted -> opening -> released -> erased
    void: before all have accepted      cancelled: before the cut      stopped: from agreed, before opening

The first valid record of a (round, kind, author) counts; a later, different one raises an alarm and changes nothing.
A record that is met before its time waits and is tried again, in log order, after each one that takes effect. So the
result depends on the log's content alone: the fold reads no clock. Scheduled, open and closing are asked with a time.

Whoever floods the log costs the others time and memory in proportion to the flood, and nothing else: what no party
has signed is forgotten at once, and a record that waits is tried again only when something has taken effect, which
happens some thirty times in the life of a round.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto
from functools import cached_property

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


@dataclass(frozen=True)
class Round:
    """One round as far as the log told it at one moment: the fold makes a new one for each record that takes effect.

    So threads that answer requests may hold on to one while another thread reads on.
    """

    id: RoundId
    parties: Parties
    draft: Draft
    effective: Mapping[tuple[Kind, str], Record] = field(default_factory=dict)
    manifest: Manifest | None = None

    def record(self, kind: Kind, author: str | None = None) -> Record | None:
        """The effective record of a kind; of whichever author if none is named."""
        if author is not None:
            return self.effective.get((kind, author))
        return next((record for (of, _), record in self.effective.items() if of is kind), None)

    def there(self, kind: Kind) -> Record:
        """The effective record of a kind that the round's phase says is there; KeyError if it says no such thing."""
        record = self.record(kind)
        if record is None:
            raise KeyError(kind)
        return record

    def authors_of(self, kind: Kind) -> frozenset[str]:
        """Whose records of a kind have taken effect."""
        return frozenset(author for of, author in self.effective if of is kind)

    @property
    def offers(self) -> Mapping[str, Record]:
        return {author: record for (kind, author), record in self.effective.items() if kind is Kind.OFFER}

    @cached_property
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

    @cached_property
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


def predecessor(kind: Kind, of: Round) -> str | None:
    """The hash that a record of a kind must name, as the log has it: empty while what it follows from is not there,
    None for kinds that name nothing. See shared.records."""
    match kind:
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


class _Fate(StrEnum):
    """What becomes of a record when it is tried."""

    TAKEN = auto()
    WAITS = auto()
    DROPPED = auto()  # It can never take effect in this log.


class Fold:
    """The state of all rounds after some records. `add` records in log order; ask `rounds` and `alarms`.

    One thread adds; others may ask meanwhile: what they are given is replaced, never changed.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._early: dict[RoundId, dict[str, Record]] = {}
        """Records of parties whose round is not drafted yet, by digest: nobody knows which generation judges them."""
        self._waiting: dict[RoundId, list[Record]] = {}
        """Valid records before their time, in log order."""
        self._seen: set[str] = set()
        self._refused: set[str] = set()
        self.rounds: dict[RoundId, Round] = {}
        """In the order of their drafts."""
        self.proposed_order: list[RoundId] = []
        """Rounds in the order in which their manifests took effect, which no later record changes."""
        self.alarms: tuple[Alarm, ...] = ()
        """In the order in which they were raised, each once."""
        self.foreign = 0
        """Records that are not ours."""
        self.reading = object()
        """Another one after each complete reading of the log: who appends something sees whether it was read since."""

    def contains(self, jws: str) -> bool:
        """Whether exactly this record is in the log and valid, effective or not."""
        return self.holds(records.digest(jws))

    def holds(self, digest: str) -> bool:
        """As `contains`, by the record's digest."""
        return digest in self._seen

    def refuses(self, digest: str) -> bool:
        """Whether this record is in the log, and is not valid there: it helps nobody to append it again."""
        return digest in self._refused

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
            self._add_draft(record)
        elif (of := self.rounds.get(record.round_id)) is not None:
            if self._valid(record, of):
                self._add_valid(record)
        elif any(records.signed_by(record, party) for party in self._book.named(record.author)):
            self._early.setdefault(record.round_id, {}).setdefault(record.digest, record)
        else:
            self._refuse(record)

    def _add_draft(self, record: Record) -> None:
        generation = record.body.get("generation")
        parties = self._book.get(generation) if isinstance(generation, int) else None
        try:
            if parties is None or record.author != parties.lead.name:
                raise Foreign("not by the lead issuer of a known generation")
            records.verify(record, parties.lead, issuer=True)
            drafted = draft.parse(record.body)
            if drafted.body["parties"] != parties.digest:
                raise Foreign("another parties.json")
        except (Foreign, BadDraft):
            self._refuse(record)
            return
        self._seen.add(record.digest)
        if record.round_id in self.rounds:
            self._alarm(record, AlarmReason.CONTRADICTION)
            return
        of = Round(record.round_id, parties, drafted, {(Kind.DRAFT, record.author): record})
        self.rounds = {**self.rounds, of.id: of}
        self._waiting[of.id] = [early for early in self._early.pop(of.id, {}).values() if self._valid(early, of)]
        self._retry(of.id)

    def _valid(self, record: Record, of: Round) -> bool:
        """Whether its author may write such a record in this round, and signature and body hold."""
        author = of.parties.authors.get(record.author)
        try:
            if author is None or record.author not in _who_may(record.kind, of.parties):
                raise Foreign("nobody who may write this")
            records.verify(record, author, issuer=record.author in of.parties.issuer_names)
        except Foreign:
            self._refuse(record)
            return False
        self._seen.add(record.digest)
        return True

    def _add_valid(self, record: Record) -> None:
        match self._try(record):
            case _Fate.TAKEN:
                self._retry(record.round_id)
            case _Fate.WAITS:
                self._waiting[record.round_id].append(record)

    def _retry(self, round_id: RoundId) -> None:
        """Try all that wait, in log order, and again from the first whenever one of them takes effect."""
        again = True
        while again:
            again = False
            waiting, still = self._waiting[round_id], []
            for position, record in enumerate(waiting):
                fate = self._try(record)
                if fate is _Fate.WAITS:
                    still.append(record)
                elif fate is _Fate.TAKEN:
                    still += waiting[position + 1 :]
                    again = True
                    break
            self._waiting[round_id] = still

    def _try(self, record: Record) -> _Fate:
        """Let a valid record take effect if this is its time."""
        of = self.rounds[record.round_id]
        key = (record.kind, record.author)
        if key in of.effective:
            self._alarm(record, AlarmReason.CONTRADICTION)
            return _Fate.DROPPED
        if of.phase not in _VALID_FROM[record.kind]:
            return _Fate.WAITS
        if named(record) != predecessor(record.kind, of):
            # Not too early, for then the phase would not fit: what it names can never come to stand there.
            self._alarm(record, AlarmReason.OTHER_PREDECESSOR)
            return _Fate.DROPPED
        manifest = of.manifest
        if record.kind is Kind.MANIFEST:
            try:
                manifest = _manifest(record, of)
            except BadManifest:
                self.foreign += 1
                return _Fate.DROPPED
            self.proposed_order = [*self.proposed_order, of.id]
        self.rounds[of.id] = replace(of, effective={**of.effective, key: record}, manifest=manifest)
        return _Fate.TAKEN

    def _refuse(self, record: Record) -> None:
        self._refused.add(record.digest)
        self.foreign += 1

    def _alarm(self, record: Record, reason: AlarmReason) -> None:
        alarm = Alarm(record.round_id, record.kind, record.author, reason)
        if alarm not in self.alarms:
            self.alarms = (*self.alarms, alarm)


def _manifest(record: Record, of: Round) -> Manifest:
    """What the lead proposes, if it is about this round and its draft; that it follows from the offers is for all
    who accept it to find out. BadManifest."""
    manifest = Manifest.parse(record.body["manifest"], of.parties)
    if manifest.round_id != of.id or manifest.draft.body != of.draft.body:
        raise BadManifest("of another round, or of another draft")
    return manifest


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
