"""A batch has one encoding, and whatever else somebody makes of the bytes is refused."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.batch_items import BadBatch, Batch, Entry, Lot, decode, encode
from tests.rounds_made import MadeRound, make_round


@cache
def made() -> MadeRound:
    """Five nodes, merge groups among them; two issuers and two parts."""
    return make_round(issuers=2, people={("A", "x"): 6, ("A", "y"): 7, ("B",): 9, ("C",): 10, (): 3})


def entry(part: int, node: int, pk: bytes, filler: int = 1) -> Entry:
    """One that fits the part and node; tokens and signature are made up."""
    tree, layout = made().trees[part], made().manifest.layouts[part]
    tokens = (bytes([filler]) * 256, bytes([filler + 1]) * 256)
    return Entry(pk, tokens, None if tree.vouching(node) == 0 else tokens[::-1], bytes(64), bytes(layout.inner))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    lots = []
    for part, tree in enumerate(made().trees):
        for node in sorted(draw(st.sets(st.sampled_from(sorted(tree.nodes)), max_size=3))):
            pks = draw(st.sets(st.binary(min_size=32, max_size=32), min_size=1, max_size=4))
            filler = draw(st.integers(0, 200))
            lots.append(Lot(part, node, tuple(entry(part, node, pk, filler) for pk in sorted(pks))))
    counted = st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=4).map(
        lambda drawn: tuple(sorted(drawn))
    )
    return Batch(tuple(lots), draw(st.dictionaries(st.integers(0, 1), counted)))


def simple() -> tuple[Batch, list[bytes]]:
    """Two entries at a node of the closed part, one at the root of the open one, two held back."""
    node = next(node for node in made().trees[0].nodes if made().trees[0].vouching(node))
    closed = Lot(0, node, tuple(entry(0, node, bytes([n]) * 32) for n in (1, 2)))
    batch = Batch((closed, Lot(1, 0, (entry(1, 0, bytes(32)),))), {1: (bytes(16), b"\1" * 16)})
    return batch, list(encode(batch.lots, batch.held_back))


@settings(deadline=None)
@given(batches())
def test_what_is_encoded_is_decoded(batch: Batch) -> None:
    assert decode(list(encode(batch.lots, batch.held_back)), made().composed) == batch


@settings(deadline=None)
@given(batches())
def test_the_order_in_which_lots_are_made_does_not_show(batch: Batch) -> None:
    shuffled = [replace(lot, entries=lot.entries[::-1]) for lot in reversed(batch.lots)]
    back = {part: entries[::-1] for part, entries in reversed(list(batch.held_back.items()))}
    assert list(encode(shuffled, back)) == list(encode(batch.lots, batch.held_back))


@settings(deadline=None)
@given(st.data())
def test_whatever_can_be_decoded_is_what_encode_gives(data: st.DataObject) -> None:
    """Items that are moved, repeated, left out or changed make another batch, or none."""
    _, items = simple()
    at = data.draw(st.integers(0, len(items) - 1))
    match data.draw(st.sampled_from(["drop", "repeat", "swap", "change", "cut"])):
        case "drop":
            items.pop(at)
        case "repeat":
            items.insert(at, items[at])
        case "swap":
            items[at], items[at - 1] = items[at - 1], items[at]
        case "change":
            changed = bytearray(items[at])
            changed[data.draw(st.integers(0, min(40, len(changed) - 1)))] ^= data.draw(st.integers(1, 255))
            items[at] = bytes(changed)
        case "cut":
            items[at] = items[at][: data.draw(st.integers(0, len(items[at]) - 1))]
    try:
        batch = decode(items, made().composed)
    except BadBatch:
        return
    assert list(encode(batch.lots, batch.held_back)) == items


def test_the_bytes_are_where_the_picture_has_them() -> None:
    batch, items = simple()
    (closed, words), node = batch.lots, batch.lots[0].node
    assert items[0] == b"\x01\x00" + node.to_bytes(4) + b"\x00\x00\x00\x02"
    one = closed.entries[0]
    assert one.cell is not None
    assert items[1] == b"\x02" + one.pk + b"".join(one.root) + b"".join(one.cell) + one.sig + one.inner
    assert items[3] == b"\x01\x01" + bytes(4) + b"\x00\x00\x00\x01"
    only = words.entries[0]
    assert items[4] == b"\x02" + only.pk + b"".join(only.root) + only.sig + only.inner
    assert items[5:] == [b"\x03\x01" + bytes(16), b"\x03\x01" + b"\1" * 16]


def test_a_batch_of_nothing_has_no_items() -> None:
    assert list(encode([], {})) == []
    assert decode([], made().composed) == Batch((), {})


def test_a_lot_of_a_node_that_the_part_does_not_have_is_refused() -> None:
    part, tree = 1, made().trees[1]
    missing = next(node for node in range(50) if node not in tree.nodes)
    assert missing in made().trees[0].nodes
    for node in (missing, 2**32 - 1):
        lot = Lot(part, node, (replace(entry(part, 0, bytes(32)), cell=None),))
        with pytest.raises(BadBatch):
            decode(list(encode([lot], {})), made().composed)


def test_empty_double_and_unsorted_lots_are_refused() -> None:
    _, items = simple()
    empty = [items[0][:6] + bytes(4)]
    for wrong in (
        empty,
        [*items[:3], *items[:3]],
        [*items[3:5], *items[:3]],
        [items[0], items[2], items[1]],
        [items[0], items[1], items[1]],
        [items[0], items[1]],
        [items[0][:1] + b"\x02" + items[0][2:], *items[1:3]],
        [items[5], items[0], items[1], items[2]],
        [items[6], items[5]],
        [b"\x03\x02" + bytes(16)],
        [b"\x03\x01" + bytes(15)],
        [b""],
        [b"\x04"],
    ):
        with pytest.raises(BadBatch):
            decode(wrong, made().composed)


def test_cell_tokens_stand_exactly_where_another_node_than_the_root_vouches() -> None:
    batch, _ = simple()
    closed, words = batch.lots
    without = replace(closed, entries=tuple(replace(one, cell=None) for one in closed.entries))
    doubled = replace(words, entries=tuple(replace(one, cell=one.root) for one in words.entries))
    for lot in (without, doubled):
        with pytest.raises(BadBatch):
            decode(list(encode([lot], {})), made().composed)


def test_keys_tokens_signatures_and_answers_are_not_printed() -> None:
    assert repr(entry(0, 0, bytes(32))) == "Entry()"
