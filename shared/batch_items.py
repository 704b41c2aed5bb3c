"""What the gate hands to aggregate: lots of sealed answers by cell, as the items of a bundle. Numbers are big-endian.

    lot header   0x01 || u8 part || u32 node || u32 n                          followed by its n entries, sorted by pk
    entry        0x02 || pk (32) || issuers x root token (256) || [issuers x cell token (256)] || sig (64) || inner
    held back    0x03 || u8 part || counted entry (16)

First all lots, parts in order and within a part by node; then the counted entries of parts without any lot, parts in
order and sorted. Cell tokens are those of the nearest node with a key at or above the lot's node; where that is the
root they would say the same twice, and are left out. So a batch has one encoding, and its order tells nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from shared import tokens
from shared.envelope import COUNTED, KEY, SIGNATURE, Layout, Tokens
from shared.manifest import Composed
from shared.tree import NodeId

_LOT, _ENTRY, _HELD_BACK = 1, 2, 3

_HEADER = 1 + 1 + 4 + 4
"""Bytes of a lot header."""


class BadBatch(ValueError):
    """Not a batch of this round: malformed, in another order, or about a node that the part's tree lacks."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed answer, without anything that stood in its envelope or told its order."""

    pk: bytes = field(repr=False)
    root: Tokens = field(repr=False)
    """One token of each issuer for the root."""
    cell: Tokens | None = field(repr=False)
    """The same for the node that vouches for the lot's cell; None exactly if that is the root."""
    sig: bytes = field(repr=False)
    inner: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lot:
    """The answers of one cell of one part; sorted by pk once they have been encoded and decoded."""

    part: int
    node: NodeId
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """All of it. `held_back` has the sorted counted entries (16 bytes) by part; parts without any are not in it."""

    lots: tuple[Lot, ...]
    held_back: Mapping[int, tuple[bytes, ...]] = field(repr=False)


def encode(lots: Iterable[Lot], held_back: Mapping[int, Iterable[bytes]]) -> Iterator[bytes]:
    """The items, in their order, whatever the order of the lots, of their entries and of what is held back."""
    for lot in sorted(lots, key=lambda lot: (lot.part, lot.node)):
        yield bytes([_LOT, lot.part]) + lot.node.to_bytes(4) + len(lot.entries).to_bytes(4)
        for entry in sorted(lot.entries, key=lambda entry: entry.pk):
            vouchers = entry.root + (entry.cell or ())
            yield bytes([_ENTRY]) + entry.pk + b"".join(vouchers) + entry.sig + entry.inner
    for part in sorted(held_back):
        for counted in sorted(held_back[part]):
            yield bytes([_HELD_BACK, part]) + counted


def decode(items: Sequence[bytes], composed: Composed) -> Batch:
    """What `encode` was given, every item as it gives it; BadBatch for anything that it cannot have given.

    Only the form is checked: whether tokens and signatures hold, every pk stands in one lot of a part only, lots are
    large enough and nothing is held back beside a lot is for whoever counts.
    """
    lots: list[Lot] = []
    held_back: dict[int, list[bytes]] = {}
    at = 0
    while at < len(items) and items[at][:1] == bytes([_LOT]):
        lot = _lot(items, at, composed)
        if lots and (lot.part, lot.node) <= (lots[-1].part, lots[-1].node):
            raise BadBatch("lots out of order")
        lots.append(lot)
        at += 1 + len(lot.entries)
    for item, before in zip(items[at:], [b"", *items[at:]], strict=False):
        if len(item) != 2 + COUNTED or item[0] != _HELD_BACK or item[1] >= len(composed.part_trees) or item < before:
            raise BadBatch("neither a lot nor, in order, a counted entry")
        held_back.setdefault(item[1], []).append(item[2:])
    return Batch(tuple(lots), {part: tuple(entries) for part, entries in held_back.items()})


def _lot(items: Sequence[bytes], at: int, composed: Composed) -> Lot:
    header = items[at]
    if len(header) != _HEADER or header[1] >= len(composed.part_trees):
        raise BadBatch("not the header of a lot")
    part, node, n = header[1], int.from_bytes(header[2:6]), int.from_bytes(header[6:])
    tree = composed.part_trees[part]
    if node not in tree.nodes:
        raise BadBatch("a lot of a node that the part's tree lacks")
    if not 0 < n <= len(items) - at - 1:
        raise BadBatch("a lot that is empty or ends too early")
    of_root = tree.vouching(node) == next(iter(tree.nodes))
    layout = composed.manifest.layouts[part]
    entries = tuple(_entry(item, layout, of_root=of_root) for item in items[at + 1 : at + 1 + n])
    if any(left.pk >= right.pk for left, right in pairwise(entries)):
        raise BadBatch("entries out of order, or one twice")
    return Lot(part, node, entries)


def _entry(item: bytes, layout: Layout, *, of_root: bool) -> Entry:
    vouchers = layout.vouchers * (1 if of_root else 2)
    if len(item) != 1 + KEY + vouchers + SIGNATURE + layout.inner or item[0] != _ENTRY:
        raise BadBatch("not an entry of this lot")
    pk, rest = item[1 : 1 + KEY], item[1 + KEY :]
    root, cell, rest = rest[: layout.vouchers], rest[layout.vouchers : vouchers], rest[vouchers:]
    return Entry(pk, _split(root), None if of_root else _split(cell), rest[:SIGNATURE], rest[SIGNATURE:])


def _split(of_issuers: bytes) -> Tokens:
    size = tokens.AUTHENTICATOR
    return tuple(of_issuers[i : i + size] for i in range(0, len(of_issuers), size))
