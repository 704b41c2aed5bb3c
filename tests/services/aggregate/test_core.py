"""Batches of a dishonest gate: whatever it hands over, signed as it should be, nothing is opened if one rule breaks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from services.aggregate.core import Refusal, ballots, check_ballots, entries_in_lots, form
from shared import batch_items
from shared.batch_items import BadBatch, Batch, Entry, Lot
from shared.vouchers import GroupVouchers
from tests.batches_made import entry, honest, lot, said
from tests.rounds_made import MadeRound, make_round

PEOPLE: dict[tuple[str, ...], int] = {
    ("Payments",): 12,
    ("Risk",): 8,
    ("Sales", "East"): 9,
    ("Sales", "West"): 9,
    (): 6,
}


@cache
def made() -> MadeRound:
    return make_round(issuers=2, people=PEOPLE)


@cache
def batch() -> Batch:
    """Everybody answers the closed part; of the open one nobody but p0 to p8 does, who are too few."""
    closed = {person.id: made().closed(1, 2, 3) for person in made().roster.people}
    return honest(made(), closed, {f"p{number}": made().words("Fine") for number in range(9)})


def judged(batch: Batch, parts: Sequence[dict[str, Any]] | None = None) -> Refusal | None:
    """What aggregate says of a batch, after it has gone through its encoding."""
    composed = made().composed
    read = batch_items.decode(list(batch_items.encode(batch.lots, batch.held_back)), composed)
    if refusal := form(read, said(made(), batch) if parts is None else parts, composed):
        return refusal
    return next(filter(None, check_ballots(GroupVouchers(composed), list(ballots(read, composed)))), None)


def node(label: str) -> int:
    return next(node.id for node in made().trees[0].nodes.values() if node.label == label)


def lot_of(label: str) -> Lot:
    return next(lot for lot in batch().lots if (lot.part, lot.node) == (0, node(label)))


def with_lots(*changed: Lot) -> Batch:
    """The honest batch with other lots for the same nodes, and further ones; empty ones are left out."""
    lots = {(lot.part, lot.node): lot for lot in (*batch().lots, *changed)}
    return Batch(tuple(lot for lot in lots.values() if lot.entries), batch().held_back)


def changed(of: Lot, place: int, change: Callable[[Entry], Entry]) -> Lot:
    entries = list(of.entries)
    entries[place] = change(entries[place])
    return lot(of.part, of.node, entries)


def test_an_honest_batch_is_accepted() -> None:
    labels = {made().trees[0].nodes[lot.node].label for lot in batch().lots}
    assert labels == {"Velda", "Payments", "Risk", "East", "West"}
    assert batch().held_back.keys() == {1}
    assert judged(batch()) is None


def test_a_lot_below_k_is_refused() -> None:
    risk = lot_of("Risk")
    assert judged(with_lots(replace(risk, entries=risk.entries[:4]))) is Refusal.SMALL
    assert judged(with_lots(replace(risk, entries=risk.entries[:5]))) is None


def test_a_key_in_two_lots_of_a_part_is_refused() -> None:
    risk, root = lot_of("Risk"), next(iter(made().trees[0].nodes))
    twice = [replace(one, cell=None) for one in risk.entries[:5]]
    assert judged(with_lots(lot(0, root, twice))) is Refusal.REPEATED


def test_a_key_twice_in_one_lot_is_no_batch() -> None:
    risk = lot_of("Risk")
    with pytest.raises(BadBatch):
        judged(with_lots(lot(0, risk.node, [*risk.entries, risk.entries[0]])))


def test_two_lots_for_one_node_are_no_batch() -> None:
    risk = lot_of("Risk")
    halves = (replace(risk, entries=risk.entries[:5]), replace(risk, entries=risk.entries[5:]))
    others = tuple(lot for lot in batch().lots if lot is not risk)
    with pytest.raises(BadBatch):
        judged(Batch((*others, *halves), batch().held_back))


def test_a_lot_of_a_node_that_the_parts_tree_lacks_is_no_batch() -> None:
    risk = lot_of("Risk")
    assert risk.node not in made().trees[1].nodes
    words = made().trees[1].vouching(0)
    with pytest.raises(BadBatch):
        judged(Batch((*batch().lots, lot(1, risk.node, [entry(made(), "p0", 1, made().words("x"), words)])), {}))


def test_an_answer_in_the_lot_of_another_group_is_refused() -> None:
    payments, risk = lot_of("Payments"), lot_of("Risk")
    moved = lot(0, risk.node, [*risk.entries[1:], payments.entries[0]])
    rest = lot(0, payments.node, payments.entries[1:])
    assert judged(with_lots(moved, rest)) is Refusal.TOKENS


def test_more_answers_at_and_below_a_node_than_people_are_refused() -> None:
    """Each lot by itself is no larger than its node; together with the one above they are more than the people."""
    payments, root = lot_of("Payments"), next(iter(made().trees[0].nodes))
    of_others = [entry(made(), f"p{number}", 0, made().closed(1), root, code=2) for number in range(5)]
    assert judged(with_lots(lot(0, root, [*lot_at(root), *of_others]))) is Refusal.CROWDED
    one_more = entry(made(), "p0", 0, made().closed(1), payments.node, code=2)
    assert judged(with_lots(lot(0, payments.node, [*payments.entries, one_more]))) is Refusal.CROWDED


def lot_at(node: int) -> tuple[Entry, ...]:
    return next((lot.entries for lot in batch().lots if (lot.part, lot.node) == (0, node)), ())


@pytest.mark.parametrize("issuer", [0, 1])
def test_a_wrong_token_of_any_issuer_is_refused_for_root_and_cell(issuer: int) -> None:
    risk = lot_of("Risk")

    def swapped(tokens: tuple[bytes, ...] | None) -> tuple[bytes, ...]:
        assert tokens is not None
        return tuple(bytes(256) if place == issuer else token for place, token in enumerate(tokens))

    for place in (0, len(risk.entries) - 1):
        assert judged(with_lots(changed(risk, place, lambda e: replace(e, root=swapped(e.root))))) is Refusal.TOKENS
        assert judged(with_lots(changed(risk, place, lambda e: replace(e, cell=swapped(e.cell))))) is Refusal.TOKENS


def test_the_roots_token_does_not_do_for_the_cell() -> None:
    risk = lot_of("Risk")
    assert judged(with_lots(changed(risk, 0, lambda e: replace(e, cell=e.root)))) is Refusal.TOKENS


def test_a_token_of_another_part_does_not_do() -> None:
    """The same envelope key in both parts: the token of part 1 is worth nothing in part 0."""
    risk = lot_of("Risk")
    person = next(p.id for p in made().roster.people if made().finest(p.id, 0) == risk.node)
    words = made().member(person).outer(1, made().words("x"))
    in_words = Entry(words.pk, words.tokens[0], words.tokens[-1], words.sig, risk.entries[0].inner)
    assert judged(with_lots(lot(0, risk.node, [*risk.entries[1:], in_words]))) is Refusal.TOKENS


def test_an_inner_layer_that_its_key_has_not_signed_is_refused() -> None:
    risk = lot_of("Risk")
    other = risk.entries[1]
    assert judged(with_lots(changed(risk, 0, lambda e: replace(e, inner=other.inner)))) is Refusal.SIGNATURE
    assert judged(with_lots(changed(risk, 0, lambda e: replace(e, sig=other.sig)))) is Refusal.SIGNATURE
    both = [replace(risk.entries[0], inner=other.inner, sig=other.sig), *risk.entries[1:]]
    assert judged(with_lots(lot(0, risk.node, both))) is Refusal.SIGNATURE


def test_nothing_may_be_held_back_beside_a_lot() -> None:
    assert judged(Batch(batch().lots, {**batch().held_back, 0: (bytes(16),)})) is Refusal.HELD_BACK


def test_an_answer_is_not_held_back_twice_nor_both_counted_and_held_back() -> None:
    one, two = batch().held_back[1][:2]
    assert judged(Batch(batch().lots, {1: (one, one, two)})) is Refusal.HELD_BACK
    counted = next(entries_in_lots(batch(), made().manifest.hash))
    assert judged(Batch(batch().lots, {1: (counted,)})) is Refusal.HELD_BACK


@pytest.mark.parametrize("field", ["lots", "counted", "held_back"])
@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("off", [-1, 1])
def test_numbers_of_the_record_that_are_not_the_bundles_are_refused(field: str, part: int, off: int) -> None:
    numbers = said(made(), batch())
    numbers[part][field] += off
    assert judged(batch(), numbers) is Refusal.NUMBERS


def test_numbers_for_another_number_of_parts_are_refused() -> None:
    numbers = said(made(), batch())
    assert judged(batch(), numbers[:1]) is Refusal.NUMBERS
    assert judged(batch(), [*numbers, numbers[0]]) is Refusal.NUMBERS


def test_an_empty_batch_is_lawful() -> None:
    assert judged(Batch((), {})) is None
