"""The last look before publishing sees every way in which a release could be wrong."""

from dataclasses import replace

import pytest

from services.aggregate.invariants import Violation, check
from services.aggregate.prf import Lots
from services.aggregate.questions import Final, merge
from services.aggregate.totals import Totals
from tests.services.aggregate.worlds import OPEN, closed_part, tree_of

TREE = tree_of([None, 0, 1, 1, 0], [0, 0, 9, 9, 9])
PART = closed_part(3, ("s", None, "s"))
MIXED = (0, 4, 3, 2)
CELLS = {node: Totals(9, (MIXED, MIXED, MIXED)) for node in (2, 3, 4)}
SCALE, SINGLE = merge(TREE, PART, CELLS, Lots(bytes(32), bytes(32), 0, 0))
SUM = (0, 8, 6, 4)


def violation(*finals: Final, strict: bool = False) -> Violation | None:
    return check(TREE, PART, CELLS, finals, strict=strict)


def single(cells: dict[int, tuple[int, ...]], counts_in: dict[int, int]) -> Final:
    return replace(SINGLE, cells={node: (histogram,) for node, histogram in cells.items()}, counts_in=counts_in)


def test_a_lawful_release_passes() -> None:
    assert violation(SCALE, SINGLE) is None
    assert violation(SCALE, single({1: SUM, 4: MIXED}, {2: 1, 3: 1, 4: 4})) is None
    assert violation(SCALE, single({}, {})) is None


def test_every_question_is_published_once_with_its_own_unit() -> None:
    for finals in ((SCALE,), (SINGLE, SCALE), (SCALE, SINGLE, SINGLE), (SCALE, replace(SINGLE, questions=(0,)))):
        assert violation(*finals) is Violation.QUESTIONS


def test_final_cells_are_nested_in_the_tree() -> None:
    """Two siblings in one of them; a cell past the final one that is nearer; a cell in another branch."""
    assert violation(SCALE, single({2: SUM, 4: MIXED}, {2: 2, 3: 2, 4: 4})) is Violation.NESTED
    assert violation(SCALE, single({0: SUM, 1: MIXED}, {2: 1, 3: 0, 4: 0})) is Violation.NESTED
    assert violation(SCALE, single({2: MIXED, 3: MIXED, 1: MIXED}, {2: 2, 3: 3, 4: 1})) is Violation.NESTED


def test_no_cell_is_lost_or_made_up() -> None:
    assert violation(SCALE, single({2: MIXED, 3: MIXED}, {2: 2, 3: 3})) is Violation.LOST
    assert violation(SCALE, single({0: MIXED, 2: MIXED, 3: MIXED, 4: MIXED}, {2: 2, 3: 3, 4: 4})) is Violation.LOST
    assert violation(SCALE, single({2: MIXED, 3: MIXED, 4: (0, 4, 2, 3)}, {2: 2, 3: 3, 4: 4})) is Violation.LOST
    assert violation(SCALE, single({1: MIXED, 4: MIXED}, {2: 1, 3: 1, 4: 4})) is Violation.LOST


@pytest.mark.parametrize(
    ("histogram", "found"),
    [
        ((5, 2, 2, 0), Violation.SMALL),
        ((0, 9, 0, 0), Violation.HOMOGENEOUS),
        ((4, 0, 0, 5), Violation.HOMOGENEOUS),
        ((4, 1, 0, 4), None),
    ],
)
def test_no_cell_has_fewer_than_k_answers_or_only_equal_ones(
    histogram: tuple[int, ...], found: Violation | None
) -> None:
    cells = CELLS | {4: Totals(9, (MIXED, histogram, MIXED))}
    final = single({2: MIXED, 3: MIXED, 4: histogram}, {2: 2, 3: 3, 4: 4})
    assert check(TREE, PART, cells, (SCALE, final)) is found


def test_strict_mode_finds_all_but_one() -> None:
    cells = CELLS | {4: Totals(9, (MIXED, (4, 1, 0, 4), MIXED))}
    final = single({2: MIXED, 3: MIXED, 4: (4, 1, 0, 4)}, {2: 2, 3: 3, 4: 4})
    assert check(TREE, PART, cells, (SCALE, final), strict=True) is Violation.HOMOGENEOUS


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (Totals(4, ((0, 2, 1, 1),) * 3), Violation.SMALL),
        (Totals(9, (MIXED, MIXED)), Violation.COUNTS),
        (Totals(8, (MIXED, MIXED, MIXED)), Violation.COUNTS),
        (Totals(9, (MIXED, (*MIXED, 0), MIXED)), Violation.COUNTS),
        (Totals(9, (MIXED, (-1, 5, 3, 2), MIXED)), Violation.COUNTS),
        (Totals(9, (MIXED, MIXED, MIXED), ("words",)), Violation.COUNTS),
    ],
)
def test_each_cell_of_the_part_is_what_its_envelopes_can_give(wrong: Totals, found: Violation) -> None:
    assert check(TREE, PART, CELLS | {4: wrong}, (SCALE, SINGLE)) is found


def test_a_cell_outside_the_tree_is_no_cell() -> None:
    assert check(TREE, PART, CELLS | {9: CELLS[4]}, (SCALE, SINGLE)) is Violation.NESTED


def test_an_open_part_has_no_histograms_and_no_more_texts_than_envelopes() -> None:
    assert check(TREE, OPEN, {2: Totals(5, (), ("words",))}, ()) is None
    assert check(TREE, OPEN, {2: Totals(5, (), ("words",) * 6)}, ()) is Violation.COUNTS
    assert check(TREE, OPEN, {2: Totals(4, (), ("words",))}, ()) is Violation.SMALL
    assert check(TREE, OPEN, {2: Totals(5, ((5,),), ())}, ()) is Violation.COUNTS
