"""Somebody who knows the roster and everything published still learns nothing about 1 to k-1 answers.

These attackers know nothing of the procedure: they take what is published and try all there is to try.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings

from services.aggregate.questions import Final, merge
from services.aggregate.totals import Histogram
from shared.tree import NodeId
from tests.services.aggregate.worlds import World, worlds

Vector = tuple[int, ...]
"""Per cell of the part, how often it is in a published number."""


def questions(world: World) -> Iterator[tuple[int, Final, int, dict[NodeId, int]]]:
    """Each question with a result: its place, its unit, its place there, and how many answered it per cell."""
    cells = world.cells
    for final in merge(world.tree, world.part, cells, world.lottery):
        for at, place in enumerate(final.questions):
            answered = {node: totals.n - totals.histograms[place][0] for node, totals in cells.items()}
            if final.cells:
                yield place, final, at, answered


def published(world: World, final: Final) -> list[frozenset[NodeId]]:
    """All sets of cells whose total stands anywhere: each final cell, and at each node the sum of those below it."""
    held = {node: frozenset(cell for cell, target in final.counts_in.items() if target == node) for node in final.cells}
    sums = [
        frozenset().union(*(held[target] for target in held if node in world.tree.path(target)))
        for node in world.tree.nodes
    ]
    return [*held.values(), *(total for total in sums if total)]


def rank(rows: Sequence[Sequence[int]]) -> int:
    left = [[Fraction(x) for x in row] for row in rows]
    found = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left.insert(found, pivot)
        for row in left[found + 1 :]:
            factor = row[column] / pivot[column]
            row[:] = [x - factor * y for x, y in zip(row, pivot, strict=True)]
        found += 1
    return found


@given(worlds())
def test_the_difference_of_two_published_sets_is_empty_or_holds_k_answers(world: World) -> None:
    for _, final, _, answered in questions(world):
        sets = published(world, final)
        for one in sets:
            for other in sets:
                answers = sum(answered[cell] for cell in one - other)
                assert not one - other or answers >= world.tree.k


@settings(max_examples=60, deadline=None)
@given(worlds(9))
def test_no_sum_of_published_numbers_with_any_factors_stands_for_fewer_than_k_answers(world: World) -> None:
    """Linear algebra: combinations that vanish outside a set exist exactly if leaving the set out lowers the rank."""
    for _, final, _, answered in questions(world):
        nodes = list(answered)
        rows = [[int(node in one) for node in nodes] for one in published(world, final)]
        whole = rank(rows)
        for size in range(1, len(nodes) + 1):
            for some in combinations(range(len(nodes)), size):
                if 0 < sum(answered[nodes[i]] for i in some) < world.tree.k:
                    outside = [[x for i, x in enumerate(row) if i not in some] for row in rows]
                    assert rank(outside) == whole


@settings(max_examples=60, deadline=None)
@given(worlds(9))
def test_numbers_of_envelopes_subtracted_across_questions_never_isolate_fewer_than_k_envelopes(world: World) -> None:
    """n of a part's cells is published too, and so are cells of several units over the same people."""
    sets = [frozenset((cell,)) for cell in world.lots]
    for _, final, _, _ in questions(world):
        sets += published(world, final)
    envelopes = {cell: len(answers) for cell, answers in world.lots.items()}
    for one in sets:
        for other in sets:
            assert not one - other or sum(envelopes[cell] for cell in one - other) >= world.tree.k


@given(worlds())
def test_no_set_of_fewer_than_k_answers_is_determined_by_its_cell(world: World) -> None:
    """Whatever 1 to k-1 answers in a final cell are, others are possible: at least two sub-multisets of that size."""
    for _, final, at, _ in questions(world):
        for histograms in final.cells.values():
            for size in range(1, world.tree.k):
                assert ways(histograms[at], size) >= 2


def ways(histogram: Histogram, size: int) -> int:
    """How many different heaps of `size` answers a cell with this histogram can hold."""
    reachable = [1] + [0] * size
    for count in histogram[1:]:
        reachable = [sum(reachable[max(0, total - count) : total + 1]) for total in range(size + 1)]
    return reachable[size]


def test_the_attacker_does_find_what_suppression_after_counting_leaves() -> None:
    """Two totals that differ by one cell give it away: so the attacker above can succeed."""
    assert rank([[1, 1, 1], [1, 1, 0]]) == 2
    assert rank([[1, 1], [1, 1]]) == 1
    assert ways((0, 9, 0), 4) == 1
