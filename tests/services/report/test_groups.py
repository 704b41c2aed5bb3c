"""Which totals a group has: always unions of final cells, and always told whether that is all of the group."""

from functools import reduce
from operator import add

from hypothesis import given, settings
from hypothesis import strategies as st

from services.report.groups import Standing, Sum, standings
from shared.partition import assigned, partition
from shared.tree import Node, NodeId, NodeKind, PartTree
from tests.organisations import counted


def sums(sizes: dict[NodeId, int]) -> dict[NodeId, Sum]:
    return {node: Sum(n, ((node, n), (n, 0))) for node, n in sizes.items()}


def below(tree: PartTree, node: NodeId) -> set[NodeId]:
    return {one for one in tree.nodes if node in tree.path(one)}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[PartTree, dict[NodeId, int], dict[NodeId, NodeId]]:
    """A tree, the n of each final cell of a lawful partition, and the cell of each finest node with envelopes.

    Everybody names her own finest node, so that nodes without people of their own have no envelopes.
    """
    tree, drawn = draw(counted())
    counts = {node: number for node, number in drawn.items() if tree.own[node]}
    cells = {finest: cell for finest, cell in partition(tree, counts).items() if cell is not None}
    n: dict[NodeId, int] = {}
    for finest, cell in cells.items():
        n[cell] = n.get(cell, 0) + counts[finest]
    return tree, n, cells


@settings(max_examples=300)
@given(worlds())
def test_a_total_is_exactly_the_sum_of_the_cells_at_and_below(
    world: tuple[PartTree, dict[NodeId, int], dict[NodeId, NodeId]],
) -> None:
    tree, n, _ = world
    finals = sums(n)
    found = standings(list(tree.nodes.values()), tree, finals)
    for node in tree.nodes:
        inside = [finals[cell] for cell in sorted(n) if cell in below(tree, node)]
        expected = reduce(add, inside) if inside else None
        assert found[node].total == expected
        assert expected is None or expected.n >= tree.k


@settings(max_examples=300)
@given(worlds())
def test_people_counted_higher_up_are_told_of_and_never_in_the_total(
    world: tuple[PartTree, dict[NodeId, int], dict[NodeId, NodeId]],
) -> None:
    tree, n, cells = world
    found = standings(list(tree.nodes.values()), tree, sums(n))
    for node in tree.nodes:
        inside = below(tree, node)
        outside = {cell for finest, cell in cells.items() if finest in inside and cell not in inside}
        if found[node].elsewhere is None:
            assert not outside
        else:
            assert outside <= {found[node].elsewhere}
            assert found[node].elsewhere == assigned(tree, [node], set(n) - {node})[node]


@settings(max_examples=200)
@given(worlds())
def test_any_two_totals_differ_by_nothing_or_by_at_least_k(
    world: tuple[PartTree, dict[NodeId, int], dict[NodeId, NodeId]],
) -> None:
    tree, n, _ = world
    found = standings(list(tree.nodes.values()), tree, sums(n))
    unions = [frozenset(cell for cell in n if cell in below(tree, node)) for node in tree.nodes]
    assert [found[node].total is not None for node in tree.nodes] == [bool(union) for union in unions]
    for left in unions:
        for right in unions:
            assert sum(n[cell] for cell in left - right) in {0, *range(tree.k, 1000)}


def chain() -> tuple[Node, ...]:
    """Company, a department with two teams; the second team is too small for the part."""
    return (
        Node(0, None, NodeKind.GROUP, "Company", 30),
        Node(1, 0, NodeKind.GROUP, "Department", 14),
        Node(2, 1, NodeKind.GROUP, "One", 10),
        Node(3, 1, NodeKind.GROUP, "Two", 4),
    )


def test_a_group_that_is_too_small_for_the_part_counts_with_the_next_above() -> None:
    nodes = chain()
    tree = PartTree(nodes, 5)
    assert 3 not in tree.nodes
    one, company = Sum(8), Sum(12)
    found = standings(nodes, tree, {2: one, 0: company})
    assert found[3] == Standing(None, 0)
    assert found[2] == Standing(one, None)
    assert found[1] == Standing(one, 0)  # The four of Two count in the company, so this is only part of the department.
    assert found[0] == Standing(one + company, None)


def test_without_any_cell_above_everybody_who_answered_is_below() -> None:
    nodes = chain()
    found = standings(nodes, PartTree(nodes, 5), {2: Sum(8)})
    assert found[1] == found[0] == Standing(Sum(8), None)
    assert found[3] == Standing(None, None)


def test_where_nothing_is_published_nothing_is_known() -> None:
    nodes = chain()
    assert set(standings(nodes, PartTree(nodes, 5), {}).values()) == {Standing(None, None)}
