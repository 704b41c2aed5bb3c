"""Cells are combined per question until none gives anybody away."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aggregate.invariants import check
from services.aggregate.prf import Lots
from services.aggregate.questions import Final, Histograms, fails, merge, units
from services.aggregate.totals import Totals, added, fold
from shared.answers import ClosedAnswer
from shared.canonical import dumps
from shared.tree import NodeId, PartTree
from tests.services.aggregate.worlds import OPEN, World, closed_part, tree_of, worlds

ONE = closed_part(3, (None,))
NO_COVER = Lots(bytes(32), bytes(32), 0, 0)
PAIR = tree_of([None, 0, 0], [0, 9, 9])
"""A company of two teams."""

CHAIN = tree_of([None, 0, 1, 2, 2, 1], [0, 0, 0, 9, 9, 9])
"""A company of one division, with a department of two teams (3, 4) and a team of its own (5)."""


def cell(*counts: int) -> Totals:
    return Totals(sum(counts), (counts,))


def only(finals: tuple[Final, ...]) -> Final:
    (final,) = finals
    return final


MIXED, ALIKE, FEW = cell(0, 4, 3, 2), cell(0, 9, 0, 0), cell(5, 2, 2, 0)


def test_cells_that_tell_nothing_stay_as_they_are() -> None:
    assert only(merge(PAIR, ONE, {1: MIXED, 2: MIXED}, NO_COVER)) == Final(
        "q0", (0,), {1: MIXED.histograms, 2: MIXED.histograms}, {1: 1, 2: 2}
    )


@pytest.mark.parametrize("bad", [ALIKE, FEW])
def test_a_cell_that_fails_is_combined_with_its_neighbour_in_their_parent(bad: Totals) -> None:
    for cells in ({1: bad, 2: MIXED}, {1: MIXED, 2: bad}):
        final = only(merge(PAIR, ONE, cells, NO_COVER))
        assert final.counts_in == {1: 0, 2: 0}
        assert final.cells == {0: added(bad.histograms, MIXED.histograms)}


def test_two_unanimous_teams_of_different_minds_are_combined() -> None:
    final = only(merge(PAIR, ONE, {1: ALIKE, 2: cell(0, 0, 9, 0)}, NO_COVER))
    assert final.cells == {0: ((0, 9, 9, 0),)}


@pytest.mark.parametrize("bad", [ALIKE, cell(9, 0, 0, 0)])
def test_a_company_that_fails_as_a_whole_has_no_result(bad: Totals) -> None:
    assert only(merge(PAIR, ONE, {1: bad, 2: bad}, NO_COVER)) == Final("q0", (0,), {}, {})
    assert only(merge(PAIR, ONE, {0: bad}, NO_COVER)) == Final("q0", (0,), {}, {})


def test_nothing_opened_has_no_result_for_any_unit() -> None:
    assert merge(PAIR, closed_part(3, ("s", "s", None)), {}, NO_COVER) == (
        Final("s", (0, 1), {}, {}),
        Final("q2", (2,), {}, {}),
    )


def test_no_more_is_combined_than_is_needed() -> None:
    final = only(merge(CHAIN, ONE, {3: ALIKE, 4: MIXED, 5: MIXED}, NO_COVER))
    assert final.counts_in == {3: 2, 4: 2, 5: 5}


def test_a_failing_pool_climbs_until_it_finds_another() -> None:
    final = only(merge(CHAIN, ONE, {3: ALIKE, 4: ALIKE, 5: MIXED}, NO_COVER))
    assert final.counts_in == {3: 1, 4: 1, 5: 1}


def test_an_inner_cell_takes_in_the_first_below_it_in_the_order_of_the_tree() -> None:
    final = only(merge(CHAIN, ONE, {1: FEW, 3: MIXED, 4: MIXED, 5: MIXED}, NO_COVER))
    assert final.counts_in == {1: 1, 3: 1, 4: 4, 5: 5}


class Drawn(Lots):
    """Lots of which the outcome is known: the inner cell 0 must come to hold `part` cells."""

    def cover(self, unit: str, cells: Collection[NodeId]) -> dict[NodeId, int]:
        return {0: self.part}


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (1, {0: 0, 2: 2, 3: 3, 4: 4}),
        (2, {0: 0, 2: 0, 3: 3, 4: 4}),
        (3, {0: 0, 2: 0, 3: 3, 4: 0}),
        (4, {0: 0, 2: 0, 3: 0, 4: 0}),
        (9, {0: 0, 2: 0, 3: 0, 4: 0}),
    ],
)
def test_a_drawn_cell_takes_in_the_topmost_first_and_then_those_hidden_below_them(
    least: int, expected: dict[NodeId, NodeId]
) -> None:
    tree = tree_of([None, 0, 1, 2, 0], [6, 0, 6, 9, 9])
    cells = dict.fromkeys((0, 2, 3, 4), MIXED)
    assert only(merge(tree, ONE, cells, Drawn(bytes(32), bytes(32), least, 0))).counts_in == expected


def test_strict_mode_also_combines_where_all_but_one_agree() -> None:
    nearly = {1: cell(0, 8, 1, 0), 2: MIXED}
    assert only(merge(PAIR, ONE, nearly, NO_COVER)).counts_in == {1: 1, 2: 2}
    assert only(merge(PAIR, ONE, nearly, NO_COVER, strict=True)).counts_in == {1: 0, 2: 0}


def test_items_of_a_scale_stand_on_the_same_cells_and_other_questions_on_their_own() -> None:
    part = closed_part(3, ("s", None, "s"))
    mixed, alike = (0, 4, 3, 2), (0, 9, 0, 0)
    cells = {1: Totals(9, (mixed, mixed, alike)), 2: Totals(9, (mixed, mixed, mixed))}
    scale, single = merge(PAIR, part, cells, NO_COVER)
    assert (scale.unit, scale.questions, scale.counts_in) == ("s", (0, 2), {1: 0, 2: 0})
    assert (single.unit, single.questions, single.counts_in) == ("q1", (1,), {1: 1, 2: 2})
    assert units(part) == {"s": (0, 2), "q1": (1,)}


def test_an_open_part_has_no_units() -> None:
    assert merge(PAIR, OPEN, {1: Totals(9, (), ("words",))}, NO_COVER) == ()


def test_a_company_of_one_cell_gets_no_cover() -> None:
    final = only(merge(PAIR, ONE, {0: MIXED}, replace(NO_COVER, percent=100)))
    assert final.counts_in == {0: 0}


def test_with_everything_drawn_everything_is_combined() -> None:
    final = only(merge(PAIR, ONE, {1: MIXED, 2: MIXED}, replace(NO_COVER, percent=100)))
    assert final.counts_in == {1: 0, 2: 0}


def test_one_department_of_nothing_but_a_chain_of_only_children_can_be_combined() -> None:
    tree = tree_of([None, 0, 1, 2, 0], [0, 0, 0, 9, 9])
    final = only(merge(tree, ONE, {3: ALIKE, 4: MIXED}, NO_COVER))
    assert final.counts_in == {3: 0, 4: 0}


@given(worlds(), st.booleans())
def test_the_last_look_finds_nothing_wrong(world: World, strict: bool) -> None:
    finals = merge(world.tree, world.part, world.cells, world.lottery, strict=strict)
    assert check(world.tree, world.part, world.cells, finals, strict=strict) is None


@given(worlds())
def test_each_node_shows_exactly_the_sum_of_the_cells_at_or_below_it(world: World) -> None:
    cells = world.cells
    for final in merge(world.tree, world.part, cells, world.lottery):
        for node in world.tree.nodes:
            below = [node_ for node_ in final.cells if node in world.tree.path(node_)]
            answers = [
                answer for cell_, target in final.counts_in.items() if target in below for answer in world.lots[cell_]
            ]
            expected = fold(world.part, answers).histograms
            for at, place in enumerate(final.questions):
                shown = [final.cells[node_][at] for node_ in below]
                assert [sum(column) for column in zip(*shown, strict=True)] == (list(expected[place]) if below else [])


@given(worlds())
def test_every_drawn_cell_counts_with_as_many_as_were_drawn_or_with_all(world: World) -> None:
    cells = world.cells
    for final in merge(world.tree, world.part, cells, world.lottery):
        together = list(final.counts_in.values())
        for drawn, least in world.lottery.cover(final.unit, cells).items():
            if final.cells:
                assert together.count(final.counts_in[drawn]) >= min(least, len(cells))


@given(worlds())
def test_without_reason_and_without_cover_nothing_is_combined(world: World) -> None:
    cells = world.cells
    for final in merge(world.tree, world.part, cells, replace(world.lottery, percent=0)):
        reasons = [
            node
            for node, totals in cells.items()
            if fails(tuple(totals.histograms[place] for place in final.questions), world.tree.k, strict=False)
        ]
        assert reasons or final.counts_in == {node: node for node in cells}
        combined = {node for node in cells if list(final.counts_in.values()).count(final.counts_in.get(node, -1)) > 1}
        assert set(reasons) <= combined or not final.cells


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_cells_does_not_matter_and_the_same_bytes_come_out_twice(world: World, random: Random) -> None:
    cells = world.cells
    shuffled = dict(random.sample(sorted(cells.items()), len(cells)))
    first, second = (
        dumps([[final.unit, texts(final.cells), texts(final.counts_in)] for final in finals])
        for finals in (
            merge(world.tree, world.part, cells, world.lottery),
            merge(world.tree, world.part, shuffled, world.lottery),
        )
    )
    assert first == second


def texts(mapping: Mapping[Any, Any]) -> list[str]:
    return [repr(item) for item in mapping.items()]


@given(worlds(), st.data())
def test_swapping_two_answers_in_a_final_cell_changes_nothing_that_is_published(
    world: World, data: st.DataObject
) -> None:
    """The final cells given; texts of an open part are the same case, with the part's own cells as final ones."""
    finals = merge(world.tree, world.part, world.cells, world.lottery)
    for final in finals:
        people = [(cell_, i) for cell_, answers in world.lots.items() for i in range(len(answers))]
        if not final.cells:
            continue
        one = data.draw(st.sampled_from(people))
        same = [person for person in people if final.counts_in[person[0]] == final.counts_in[one[0]]]
        other = data.draw(st.sampled_from(same))
        lots = {cell_: list(answers) for cell_, answers in world.lots.items()}
        swap(lots, one, other, final.questions)
        published: Histograms = {}
        for cell_, answers in lots.items():
            totals = fold(world.part, answers)
            own = tuple(totals.histograms[place] for place in final.questions)
            target = final.counts_in[cell_]
            published[target] = added(published[target], own) if target in published else own
        assert published == final.cells


def swap(
    lots: dict[NodeId, list[ClosedAnswer]], one: tuple[NodeId, int], other: tuple[NodeId, int], places: tuple[int, ...]
) -> None:
    a, b = bytearray(lots[one[0]][one[1]].choices), bytearray(lots[other[0]][other[1]].choices)
    for place in places:
        a[place], b[place] = b[place], a[place]
    lots[one[0]][one[1]] = ClosedAnswer(bytes(a))
    if one != other:
        lots[other[0]][other[1]] = ClosedAnswer(bytes(b))


@settings(max_examples=200)
@given(worlds(20))
def test_the_procedure_is_the_one_that_is_written_down(world: World) -> None:
    cells = world.cells
    for final in merge(world.tree, world.part, cells, world.lottery):
        own = {node: tuple(totals.histograms[place] for place in final.questions) for node, totals in cells.items()}
        assert final.counts_in == by_the_book(world.tree, own, world.lottery.cover(final.unit, cells))


def by_the_book(tree: PartTree, cells: Histograms, draws: dict[NodeId, int]) -> dict[NodeId, NodeId]:
    """The procedure of docs/disclosure.md, every pool computed anew from the closed set; slow and plain."""
    closed = set(cells)
    wanted = dict(draws)

    def pool(node: NodeId) -> list[NodeId]:
        return [cell_ for cell_ in cells if next(s for s in reversed(tree.path(cell_)) if s in closed) == node]

    def is_failing(node: NodeId) -> bool:
        held = pool(node)
        total = cells[held[0]]
        for cell_ in held[1:]:
            total = added(total, cells[cell_])
        return fails(total, tree.k, strict=False) or is_short(node, held)

    def is_short(node: NodeId, held: list[NodeId]) -> bool:
        return len(held) < wanted.get(node, 1) and len(held) < len(cells)

    def topmost(node: NodeId) -> list[NodeId]:
        below = [other for other in closed if other != node and node in tree.path(other)]
        return sorted(other for other in below if not set(tree.path(other)[:-1]) & set(below))

    for node in sorted(tree.nodes, reverse=True):
        if node not in closed:
            continue
        while is_failing(node) and (wave := topmost(node)):
            for below in wave:
                if is_failing(node):
                    closed.remove(below)
        if not is_failing(node):
            continue
        parent = tree.nodes[node].parent
        if parent is None:
            return {}
        if is_short(node, pool(node)):
            wanted[parent] = max(wanted[node], wanted.get(parent, 1))
        closed = (closed - {node}) | {parent}
    return {cell_: next(s for s in reversed(tree.path(cell_)) if s in closed) for cell_ in cells}
