"""What the gate decides about sealed envelopes; the answers in them stay shut (docs/protocol.md, "Cut and batch").

    open_outer   one envelope of the log: whose finest node, which key, vouched for by every issuer, or a refusal
    keep_latest  of each envelope key the last revision, whatever the order in which envelopes come
    tally        how many there are at each finest node; more at and below a node than people is a stuffed box
    divide       cells by counts alone, and the lots that aggregate gets

Per envelope that is kept: its inner layer, 256 bytes per issuer and node of its path, and some 250 bytes more.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shared import envelope, hpke
from shared.batch_items import Entry, Lot
from shared.envelope import Envelope, Tokens
from shared.hpke import CannotOpen
from shared.manifest import Composed
from shared.partition import partition
from shared.tree import NodeId, PartTree
from shared.vouchers import GroupVouchers


class Reason(StrEnum):
    """Why an envelope does not count; counted per part in the batch's record, and named nowhere else."""

    MALFORMED = "malformed"  # not the encoding of an envelope of this round
    ADMISSION = "bad-admission"  # an issuer did not sign its admission token
    SEALED = "cannot-open"  # not sealed for this gate, round, part and nonce, or not an outer layer inside
    PATH = "wrong-path"  # another number of group tokens than its finest node has nodes with a key above it
    TOKENS = "bad-token"  # an issuer did not sign a token for this key, node and part
    SIGNATURE = "bad-signature"  # the envelope key did not sign the inner layer


class Stop(StrEnum):
    """Why the gate ends a round without handing anything on."""

    OVERFULL = "overfull"  # more envelopes at and below a node than people: somebody stuffs the box
    KEY_LOST = "key-lost"  # the gate's key is gone before the envelopes were opened


@dataclass(frozen=True, slots=True)
class Refused:
    """An envelope that does not count. `part` is None where not even that can be read."""

    part: int | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope that counts, unless a later revision of its key does."""

    part: int
    pk: bytes
    revision: int
    digest: bytes = field(repr=False)
    """SHA-256 of the decrypted outer layer."""
    node: NodeId
    """Finest node with a key."""
    tokens: tuple[Tokens, ...] = field(repr=False)
    """Per node of the path, the root first."""
    sig: bytes = field(repr=False)
    inner: bytes = field(repr=False)


@dataclass(frozen=True)
class Opener:
    """What it takes to open envelopes of one round; sent to worker processes."""

    vouchers: GroupVouchers
    secret: bytes = field(repr=False)


def open_outer(body: bytes, opener: Opener) -> Opened | Refused:
    """One record of the topic `envelopes.<round>`, whoever wrote it."""
    vouchers, manifest = opener.vouchers, opener.vouchers.manifest
    try:
        posted = Envelope.decode(body, manifest.layouts)
    except CannotOpen:
        return Refused(None, Reason.MALFORMED)
    part, layout = posted.part, manifest.layouts[posted.part]
    try:
        secret = hpke.SecretKey(opener.secret)
        outer = envelope.open_outer(secret, manifest.hash, part, posted.nonce, posted.outer, layout)
    except CannotOpen:
        return Refused(part, Reason.SEALED)
    # Cheap checks come first, but all of them must hold.
    tree = vouchers.composed.part_trees[part]
    if outer.node not in tree.keyed or len(tree.keyed_path(outer.node)) != len(outer.tokens):
        return Refused(part, Reason.PATH)
    if not vouchers.admits(posted.nonce, posted.admission):
        return Refused(part, Reason.ADMISSION)
    if not vouchers.belongs_along(outer.node, part, outer.pk, outer.tokens):
        return Refused(part, Reason.TOKENS)
    if not envelope.verify_ballot(outer.pk, manifest.hash, part, outer.inner, outer.sig):
        return Refused(part, Reason.SIGNATURE)
    digest = outer.digest(layout)
    return Opened(part, outer.pk, outer.revision, digest, outer.node, outer.tokens, outer.sig, outer.inner)


def open_all(opener: Opener, bodies: Sequence[bytes]) -> list[Opened | Refused]:
    """A chunk of envelopes, in a worker process."""
    return [open_outer(body, opener) for body in bodies]


Latest = dict[tuple[int, bytes], Opened]
"""By part and envelope key."""


def keep_latest(latest: Latest, opened: Opened) -> None:
    """Let an envelope replace an earlier revision of its key; of equal ones the lower digest wins."""
    address = (opened.part, opened.pk)
    other = latest.get(address)
    if other is None or (opened.revision, other.digest) > (other.revision, opened.digest):
        latest[address] = opened


def tally(latest: Iterable[Opened], parts: int) -> list[Counter[NodeId]]:
    """For each part how many envelopes have which finest node."""
    counts: list[Counter[NodeId]] = [Counter() for _ in range(parts)]
    for one in latest:
        counts[one.part][one.node] += 1
    return counts


def is_overfull(tree: PartTree, counts: Mapping[NodeId, int]) -> bool:
    """Whether some node has more envelopes at and below it than people.

    Not: than people of its own. A member may name any node of her path that has a key as her finest.
    """
    at_and_below = {node: counts.get(node, 0) for node in tree.nodes}
    for node in reversed(tree.nodes.values()):  # Pre-order backwards: children before their parents.
        if at_and_below[node.id] > node.size:
            return True
        if node.parent is not None:
            at_and_below[node.parent] += at_and_below[node.id]
    return False


@dataclass(frozen=True, slots=True)
class Divided:
    """One part: its lots, or everything held back; never both."""

    lots: tuple[Lot, ...]
    held_back: tuple[bytes, ...]
    """Counted entries, 16 bytes each, sorted."""


def divide(composed: Composed, part: int, latest: Sequence[Opened], counts: Mapping[NodeId, int]) -> Divided:
    """The lots of one part. `latest`: its envelopes that count, in any order; the result does not depend on it."""
    tree = composed.part_trees[part]
    cell_of = partition(tree, counts)
    by_cell: dict[NodeId, list[Entry]] = {}
    for one in latest:
        cell = cell_of[one.node]
        if cell is None:
            entries = (envelope.counted_entry(composed.manifest.hash, part, each.pk, each.inner) for each in latest)
            return Divided((), tuple(sorted(entries)))
        by_cell.setdefault(cell, []).append(_entry(tree, one, cell))
    lots = tuple(
        Lot(part, cell, tuple(sorted(entries, key=lambda entry: entry.pk))) for cell, entries in sorted(by_cell.items())
    )
    return Divided(lots, ())


def _entry(tree: PartTree, one: Opened, cell: NodeId) -> Entry:
    """What aggregate may see of an envelope: no token of any finer group than the cell."""
    path, vouching = tree.keyed_path(one.node), tree.vouching(cell)
    of_cell = None if vouching == path[0] else one.tokens[path.index(vouching)]
    return Entry(one.pk, one.tokens[0], of_cell, one.sig, one.inner)
