"""What the gate decides: which envelopes are valid, which of a person's counts, and in which lots they go on.

Everything here is a function of the log's content, the manifest and the round's key. The order of the log has no
influence on anything but the cut.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from shared import envelope, hpke
from shared.batch_items import Entry, Lot
from shared.envelope import Envelope
from shared.hpke import CannotOpen
from shared.manifest import Composed
from shared.partition import partition
from shared.tokens import AUTHENTICATOR
from shared.tree import NodeId, PartTree
from shared.vouchers import GroupVouchers

Path = tuple[NodeId, ...]


class Reason(StrEnum):
    """Why an envelope does not count. What happens within decryption is one kind, whatever it was."""

    MALFORMED = "malformed"  # Not what ingest appends; counted with the first part if it names none.
    CANNOT_OPEN = "cannot-open"
    BAD_ADMISSION = "bad-admission"
    WRONG_PATH = "wrong-path"
    BAD_TOKEN = "bad-token"  # noqa: S105 - a word, not a token
    BAD_SIGNATURE = "bad-signature"


class StopReason(StrEnum):
    """Why the gate ends a round without a batch."""

    KEY_LOST = "key-lost"
    OVERFULL = "overfull"  # More envelopes than people: somebody has signed tokens for people who are none.


@dataclass(frozen=True, slots=True)
class Refused:
    part: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Opened:
    """A valid envelope without its outer layer, and without what only the outer layer needed.

    All that a lot may need of it and what decides between two: some 0.5 kB, 256 bytes per issuer and node of its path,
    and the inner layer. That is 2 to 3 kB for closed questions, two issuers and four nodes; no more is kept of any
    envelope.
    """

    part: int
    node: NodeId
    """The finest node with a key that it names."""
    pk: bytes = field(repr=False)
    revision: int
    digest: bytes = field(repr=False)
    """SHA-256 of the opened outer layer."""
    vouchers: bytes = field(repr=False)
    """The tokens of all issuers for each node of the path, the root first, one after the other."""
    sig: bytes = field(repr=False)
    inner: bytes = field(repr=False)

    def __reduce__(self) -> tuple[type["Opened"], tuple[object, ...]]:
        """How worker processes hand it over; what dataclasses do by themselves takes a tenth of the time of opening."""
        fields = (self.part, self.node, self.pk, self.revision, self.digest, self.vouchers, self.sig, self.inner)
        return Opened, fields

    def beats(self, other: "Opened") -> bool:
        """Whether this one counts if both came from one person: a higher revision, else the lower digest."""
        return (self.revision, other.digest) > (other.revision, self.digest)


Winners = dict[int, dict[bytes, Opened]]
"""By part and envelope key: what counts."""


@dataclass(frozen=True)
class Opening:
    """What opening takes; sent to worker processes as a whole."""

    vouchers: GroupVouchers
    secret: bytes = field(repr=False)

    @cached_property
    def key(self) -> hpke.SecretKey:
        return hpke.SecretKey(self.secret)

    def __getstate__(self) -> dict[str, object]:
        return {"vouchers": self.vouchers, "secret": self.secret}


def open_all(opening: Opening, records: list[bytes]) -> list[Opened | Refused]:
    """Each record of the log by itself."""
    return [open_outer(record, opening.vouchers, opening.key) for record in records]


def open_outer(record: bytes, vouchers: GroupVouchers, key: hpke.SecretKey) -> Opened | Refused:
    """Check one record as if nobody had looked at it before; whatever it is, nothing is raised.

    Whether the inner layer can be opened is not for the gate to know.
    """
    manifest = vouchers.manifest
    try:
        sealed = Envelope.decode(record, manifest.layouts)
    except CannotOpen:
        named = record[1] if len(record) > 1 and record[1] < len(manifest.layouts) else 0
        return Refused(named, Reason.MALFORMED)
    part, layout = sealed.part, manifest.layouts[sealed.part]
    try:
        outer = envelope.open_outer(key, manifest.hash, part, sealed.nonce, sealed.outer, layout)
    except CannotOpen:
        return Refused(part, Reason.CANNOT_OPEN)
    if not vouchers.admits(sealed.nonce, sealed.admission):
        return Refused(part, Reason.BAD_ADMISSION)
    tree = vouchers.composed.part_trees[part]
    if outer.node not in tree.keyed or len(outer.tokens) != len(tree.keyed_path(outer.node)):
        return Refused(part, Reason.WRONG_PATH)
    if not vouchers.belongs_along(outer.node, part, outer.pk, outer.tokens):
        return Refused(part, Reason.BAD_TOKEN)
    if not envelope.verify_ballot(outer.pk, manifest.hash, part, outer.inner, outer.sig):
        return Refused(part, Reason.BAD_SIGNATURE)
    tokens = b"".join(token for of_node in outer.tokens for token in of_node)
    digest = outer.digest(layout)
    return Opened(part, outer.node, outer.pk, outer.revision, digest, tokens, outer.sig, outer.inner)


def keep_latest(winners: Winners, one: Opened) -> None:
    """Take another envelope into account. The result is the same in whatever order, and however often, they come."""
    of_part = winners.setdefault(one.part, {})
    before = of_part.get(one.pk)
    if before is None or one.beats(before):
        of_part[one.pk] = one


def latest(opened: Iterable[Opened]) -> Winners:
    """What counts of all valid envelopes."""
    winners: Winners = {}
    for one in opened:
        keep_latest(winners, one)
    return winners


def is_overfull(tree: PartTree, counts: Mapping[NodeId, int]) -> bool:
    """Whether at and below any node there are more envelopes than people.

    Not more than its own people: anybody may name a node further up her path as her finest one.
    """
    return any(n > tree.nodes[node].size for node, n in tree.at_and_below(counts).items())


@dataclass(frozen=True)
class Division:
    """How the envelopes of one part are divided: `cells` by finest node, None where all are held back."""

    part: int
    counts: Mapping[NodeId, int]
    cells: Mapping[NodeId, NodeId | None]

    @property
    def counted(self) -> int:
        return sum(n for node, n in self.counts.items() if self.cells[node] is not None)

    def row(self, refused: Mapping[Reason, int]) -> dict[str, object]:
        """What the batch record says of the part."""
        return {
            "lots": len(set(self.cells.values()) - {None}),
            "counted": self.counted,
            "held_back": sum(self.counts.values()) - self.counted,
            "refused": {str(reason): n for reason, n in sorted(refused.items())},
        }


def divide(composed: Composed, winners: Winners) -> list[Division] | None:
    """The partition of every part, from numbers alone; None if any part is overfull."""
    divisions = []
    for part, tree in enumerate(composed.part_trees):
        counts = Counter(one.node for one in winners.get(part, {}).values())
        if is_overfull(tree, counts):
            return None
        divisions.append(Division(part, counts, partition(tree, counts)))
    return divisions


def lots(composed: Composed, winners: Winners, divisions: Iterable[Division]) -> Iterator[Lot]:
    """All lots in the order of a batch, one at a time: only one needs memory beside the winners.

    Their entries stand in the order in which the log had them; `batch_items.encode` puts an end to that.
    """
    for division in divisions:
        by_cell: dict[NodeId, list[Opened]] = {}
        for one in winners.get(division.part, {}).values():
            cell = division.cells[one.node]
            if cell is not None:
                by_cell.setdefault(cell, []).append(one)
        for cell in sorted(by_cell):
            yield Lot(division.part, cell, tuple(_entry(composed, one, cell) for one in by_cell[cell]))


def held_back(composed: Composed, winners: Winners, divisions: Iterable[Division]) -> dict[int, list[bytes]]:
    """The counted entries of parts without any lot."""
    return {
        division.part: [
            envelope.counted_entry(composed.manifest.hash, one.part, one.pk, one.inner)
            for one in winners[division.part].values()
        ]
        for division in divisions
        if division.part in winners and not division.counted
    }


def _entry(composed: Composed, one: Opened, cell: NodeId) -> Entry:
    tree = composed.part_trees[one.part]
    path, vouching = tree.keyed_path(one.node), tree.vouching(cell)
    of_cell = None if vouching == path[0] else _at(composed, one, path.index(vouching))
    return Entry(one.pk, _at(composed, one, 0), of_cell, one.sig, one.inner)


def _at(composed: Composed, one: Opened, step: int) -> envelope.Tokens:
    """The tokens of all issuers for one node of the path."""
    issuers = composed.manifest.layouts[one.part].issuers
    starts = range(step * issuers * AUTHENTICATOR, (step + 1) * issuers * AUTHENTICATOR, AUTHENTICATOR)
    return tuple(one.vouchers[start : start + AUTHENTICATOR] for start in starts)
