"""Whether a batch may be opened: all of it is checked before any of it is (docs/protocol.md, "Opening and release").

The gate is trusted for nothing that can be checked here. One thing that does not hold refuses the whole batch, and
the round ends without any answer having been opened.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any

from shared.batch_items import Batch, Entry, Lot
from shared.envelope import counted_entry, verify_ballot
from shared.manifest import Composed
from shared.tree import NodeId, PartTree
from shared.vouchers import GroupVouchers


class Refusal(StrEnum):
    """Why a batch is refused; the word stands in the `stop` record and is the metric's label."""

    MALFORMED = "malformed-batch"  # no batch: cut off, out of order, two lots for a node, a node of another tree
    NUMBERS = "wrong-numbers"  # the record says other numbers than the bundle
    HELD_BACK = "held-back"  # answers held back beside a lot of the same part, or one of them counted twice
    REPEATED = "repeated-key"  # an envelope key counts twice in a part
    SMALL = "below-minimum"  # a lot of fewer than k
    CROWDED = "above-size"  # more answers at and below a node than people
    TOKENS = "bad-token"  # an entry that an issuer has not vouched for, for this cell
    SIGNATURE = "bad-signature"  # an entry that its envelope key has not signed


Ballot = tuple[int, NodeId, Entry]
"""Part, node that vouches for the lot, entry."""


def form(batch: Batch, said: Sequence[Mapping[str, Any]], composed: Composed) -> Refusal | None:
    """What is wrong with a batch as a whole, tokens and signatures aside; the first such thing.

    `said` are the parts' numbers in the batch record (shared.records). That lots are in order, one for a node, and
    hold as many entries as their headers say, has been seen to by shared.batch_items.decode.
    """
    if len(said) != len(composed.part_trees):
        return Refusal.NUMBERS
    for part, (numbers, tree) in enumerate(zip(said, composed.part_trees, strict=True)):
        lots = [lot for lot in batch.lots if lot.part == part]
        refusal = _part(lots, batch.held_back.get(part, ()), numbers, tree)
        if refusal is not None:
            return refusal
    entries = [*entries_in_lots(batch, composed.manifest.hash), *(e for of in batch.held_back.values() for e in of)]
    return None if len(set(entries)) == len(entries) else Refusal.HELD_BACK


def entries_in_lots(batch: Batch, manifest_hash: bytes) -> Iterator[bytes]:
    """The counted entries of everything in lots: by these members find their answers in the release."""
    for lot in batch.lots:
        for entry in lot.entries:
            yield counted_entry(manifest_hash, lot.part, entry.pk, entry.inner)


def _part(
    lots: Sequence[Lot], held_back: Sequence[bytes], numbers: Mapping[str, Any], tree: PartTree
) -> Refusal | None:
    counted = sum(len(lot.entries) for lot in lots)
    if (numbers["lots"], numbers["counted"], numbers["held_back"]) != (len(lots), counted, len(held_back)):
        return Refusal.NUMBERS
    if (lots and held_back) or any(left >= right for left, right in pairwise(held_back)):
        return Refusal.HELD_BACK
    if len({entry.pk for lot in lots for entry in lot.entries}) < counted:
        return Refusal.REPEATED
    if any(len(lot.entries) < tree.k for lot in lots):
        return Refusal.SMALL
    return Refusal.CROWDED if _is_crowded(lots, tree) else None


def _is_crowded(lots: Sequence[Lot], tree: PartTree) -> bool:
    """Whether some node has more answers at and below it than people."""
    counts = {lot.node: len(lot.entries) for lot in lots}
    return any(n > tree.nodes[node].size for node, n in tree.at_and_below(counts).items())


def ballots(batch: Batch, composed: Composed) -> Iterator[Ballot]:
    """All entries, in order, with what is needed to check each by itself."""
    for lot in batch.lots:
        vouching = composed.part_trees[lot.part].vouching(lot.node)
        for entry in lot.entries:
            yield lot.part, vouching, entry


def check_ballots(vouchers: GroupVouchers, chunk: Sequence[Ballot]) -> list[Refusal | None]:
    """Tokens and signature of each: those of the root, and those of the vouching node where it is another one.

    To be spread over processes: both arguments can be pickled.
    """
    return [_ballot(vouchers, *ballot) for ballot in chunk]


def _ballot(vouchers: GroupVouchers, part: int, vouching: NodeId, entry: Entry) -> Refusal | None:
    root = vouchers.composed.part_trees[part].path(vouching)[0]
    if not vouchers.belongs(root, part, entry.pk, entry.root):
        return Refusal.TOKENS
    if entry.cell is not None and not vouchers.belongs(vouching, part, entry.pk, entry.cell):
        return Refusal.TOKENS
    if not verify_ballot(entry.pk, vouchers.manifest.hash, part, entry.inner, entry.sig):
        return Refusal.SIGNATURE
    return None
