"""Laws of the partition, the attackers of docs/disclosure.md played out, and cases that once looked harmless."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.issuer.plan import plan
from services.issuer.roster import Roster
from shared.partition import _thinned, assigned, is_lawful, partition, pools
from shared.tree import Node, NodeId, NodeKind, PartTree
from tests.organisations import counted, envelopes, organisation, rosters

Counts = Mapping[NodeId, int]
ENDLESS = 10**12
"""Edges: more than any envelopes can climb here."""


def group(number: NodeId, parent: NodeId | None, size: int) -> Node:
    return Node(number, parent, NodeKind.GROUP, f"n{number}", size)


def star(k: int, *sizes: int, own: int = 0) -> PartTree:
    """A company of teams, with `own` people directly in it."""
    teams = [group(number, 0, size) for number, size in enumerate(sizes, 1)]
    return PartTree([group(0, None, sum(sizes) + own), *teams], k)


def climbed(tree: PartTree, counts: Counts, assignment: Mapping[NodeId, NodeId | None]) -> int:
    """Edges from every envelope's finest node to its cell, in total."""
    edges = 0
    for node, cell in assignment.items():
        assert cell is not None
        edges += counts[node] * (len(tree.path(node)) - len(tree.path(cell)))
    return edges


@given(counted(max_nodes=30, k=5))
def test_every_cell_holds_at_least_k_envelopes_and_lies_on_their_path_and_none_is_lost(
    drawn: tuple[PartTree, dict[NodeId, int]],
) -> None:
    tree, counts = drawn
    cells = partition(tree, counts)
    assert set(cells) == {node for node, count in counts.items() if count}
    if 0 < sum(counts.values()) < tree.k:
        assert set(cells.values()) == {None}
    else:
        closed = {cell for cell in cells.values() if cell is not None}
        assert all(cell in tree.path(node) for node, cell in cells.items())
        assert all(count >= tree.k for count in pools(counts, cells).values())
        assert sum(pools(counts, cells).values()) == sum(counts.values())
        assert assigned(tree, cells, closed) == cells
        assert is_lawful(tree, counts, closed)


@settings(max_examples=400, deadline=None)
@given(counted(max_nodes=9, k=3))
def test_no_lawful_partition_climbs_less_and_ties_go_the_written_way(
    drawn: tuple[PartTree, dict[NodeId, int]],
) -> None:
    tree, counts = drawn
    ways = [
        (climbed(tree, counts, cells), order_of_ties(tree, counts, closed), cells)
        for closed in subsets(tuple(tree.nodes))
        if is_lawful(tree, counts, closed)
        for cells in [assigned(tree, [node for node in tree.nodes if counts.get(node)], closed)]
    ]
    if ways:
        assert partition(tree, counts) == min(ways, key=lambda way: way[:2])[2]
    else:
        assert 0 < sum(counts.values()) < tree.k


def subsets(nodes: Sequence[NodeId]) -> Iterator[tuple[NodeId, ...]]:
    for size in range(len(nodes) + 1):
        yield from combinations(nodes, size)


def order_of_ties(tree: PartTree, counts: Counts, closed: Sequence[NodeId]) -> list[tuple[bool, list[int]]]:
    """From the root down: closed before open, then what each child passes up, smaller first and capped at k."""
    passed: dict[NodeId, int] = {}
    for node in reversed(tree.nodes):
        pool = counts.get(node, 0) + sum(passed[child] for child in tree.children[node])
        passed[node] = 0 if node in closed else pool
    return [(node not in closed, [min(passed[child], tree.k) for child in tree.children[node]]) for node in tree.nodes]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([5, 20, 50, 75]), st.sampled_from([5, 10]))
def test_on_planned_trees_it_climbs_as_little_as_the_programme_over_node_level_and_capped_pool(
    seed: int, rate: int, k: int
) -> None:
    random = Random(seed)
    planned = plan(organisation(random, teams=25, largest=14), 5, 75)
    tree = PartTree(planned.nodes, k)
    counts = envelopes(random, planned, tree, rate)
    cells = partition(tree, counts)
    least = least_climb(tree, counts)
    assert least == (climbed(tree, counts, cells) if None not in cells.values() else ENDLESS)


def least_climb(tree: PartTree, counts: Counts) -> int:
    """The same minimum by another way: every pool is paid for in advance, by the depth at which it will be closed."""

    @cache
    def best(node: NodeId, level: int, pool: int) -> int:
        """With a pool of `pool` (capped at k) at the node that will be closed at depth `level`."""
        depth = len(tree.path(node)) - 1
        ways = {min(counts.get(node, 0), tree.k): counts.get(node, 0) * (depth - level)}
        for child in tree.children[node]:
            options = {0: settled(child)} | {size: best(child, level, size) for size in range(1, tree.k + 1)}
            joined: dict[int, int] = {}
            for size, price in ways.items():
                for more, cost in options.items():
                    capped = min(size + more, tree.k)
                    joined[capped] = min(joined.get(capped, ENDLESS), price + cost)
            ways = joined
        return ways.get(pool, ENDLESS)

    @cache
    def settled(node: NodeId) -> int:
        depth = len(tree.path(node)) - 1
        return min(best(node, depth, 0), best(node, depth, tree.k))

    return min(settled(0), ENDLESS)


@given(st.dictionaries(st.integers(1, 40), st.integers(0, 60), min_size=1))
def test_a_pool_that_is_dropped_is_never_the_cheapest_however_far_it_climbs(prices: dict[int, int]) -> None:
    kept = _thinned(prices, 5)
    assert {n: kept.get(n) for n in prices if n < 5} == {n: cost for n, cost in prices.items() if n < 5}
    if max(prices) >= 5:
        for distance in range(100):
            assert min(cost + n * distance for n, cost in kept.items() if n >= 5) == min(
                cost + n * distance for n, cost in prices.items() if n >= 5
            )


@given(counted(max_nodes=20, k=4), st.randoms(use_true_random=False))
def test_the_order_in_which_envelopes_are_counted_changes_nothing(
    drawn: tuple[PartTree, dict[NodeId, int]], random: Random
) -> None:
    tree, counts = drawn
    shuffled = list(counts.items())
    random.shuffle(shuffled)
    assert list(partition(tree, dict(shuffled)).items()) == list(partition(tree, counts).items())


def published(tree: PartTree, cells: Mapping[NodeId, NodeId | None]) -> set[frozenset[NodeId]]:
    """Whose envelopes every total is made of that a reader may see: per node the cells at and below it."""
    totals = {
        node: {of for of, cell in cells.items() if cell is not None and node in tree.path(cell)} for node in tree.nodes
    }
    return {frozenset(total) for total in totals.values() if total}


@given(counted(max_nodes=20, k=4))
def test_two_published_totals_are_nested_or_disjoint_and_differ_by_nothing_or_at_least_k(
    drawn: tuple[PartTree, dict[NodeId, int]],
) -> None:
    tree, counts = drawn
    for one, other in combinations(published(tree, partition(tree, counts)), 2):
        assert one <= other or other <= one or not one & other
        for difference in (one - other, other - one):
            assert not difference or sum(counts[node] for node in difference) >= tree.k


def isolated(totals: set[frozenset[NodeId]], counts: Counts, k: int) -> list[set[NodeId]]:
    """What an attacker gets by any sums and differences of totals: 1 to k - 1 envelopes that one depends on alone.

    Some combination is zero outside a set and not inside it exactly if the totals have a lower rank outside it.
    """
    nodes = sorted(node for node, count in counts.items() if count)
    found = []
    for size in range(1, len(nodes) + 1):
        for inside in combinations(nodes, size):
            if sum(counts[node] for node in inside) < k:
                outside = [node for node in nodes if node not in inside]
                if rank([[node in total for node in outside] for total in totals]) < rank(
                    [[node in total for node in nodes] for total in totals]
                ):
                    found.append(set(inside))
    return found


def rank(matrix: Sequence[Sequence[bool]]) -> int:
    """Of a matrix of zeros and ones with at most 9 columns: its minors are far below this prime, so ranks agree."""
    prime = 2**31 - 1
    rows = [[int(cell) for cell in row] for row in matrix]
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows[found:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        inverse = pow(pivot[column], -1, prime)
        rows = [
            [(cell - row[column] * inverse * other) % prime for cell, other in zip(row, pivot, strict=True)]
            if at >= found
            else row
            for at, row in enumerate(rows)
        ]
        rows.insert(found, pivot)
        found += 1
    return found


@settings(max_examples=400, deadline=None)
@given(counted(max_nodes=9, k=5))
def test_no_combination_of_totals_depends_on_fewer_than_k_envelopes(
    drawn: tuple[PartTree, dict[NodeId, int]],
) -> None:
    tree, counts = drawn
    assert isolated(published(tree, partition(tree, counts)), counts, tree.k) == []


def test_the_attacker_who_finds_nothing_above_breaks_a_release_that_only_hides_small_groups() -> None:
    tree = star(5, 8, 8, 8)
    counts = {1: 7, 2: 7, 3: 2}
    hidden_if_small = {frozenset({1, 2, 3}), frozenset({1}), frozenset({2})}
    assert isolated(hidden_if_small, counts, tree.k) == [{3}]
    assert isolated(published(tree, partition(tree, counts)), counts, tree.k) == []


def test_the_attacker_breaks_overlapping_filters_too() -> None:
    counts = {1: 5, 2: 2, 3: 5}
    assert isolated({frozenset({1, 2}), frozenset({2, 3}), frozenset({1, 2, 3})}, counts, 5) == [{2}]


@settings(deadline=None)
@given(rosters(), st.data())
def test_k_minus_one_respondents_anywhere_are_merged_or_nothing_is_opened(drawn: Roster, data: st.DataObject) -> None:
    planned = plan(drawn, 5, 75)
    tree = PartTree(planned.nodes, 5)
    few = data.draw(st.sampled_from(sorted(node for node in tree.nodes if tree.own[node])))
    assert partition(tree, {few: 4}) == {few: None}
    counts = {node: own for node, own in tree.own.items() if own} | {few: min(4, tree.own[few])}
    cells = partition(tree, counts)
    if sum(counts.values()) < 5:
        assert set(cells.values()) == {None}
    else:
        together = [node for node, cell in cells.items() if cell == cells[few]]
        assert sum(counts[node] for node in together) >= 5


def test_one_big_team_and_one_single_person_are_counted_together() -> None:
    tree = star(5, 20, own=1)
    assert partition(tree, {0: 1, 1: 15}) == {0: 0, 1: 0}
    assert partition(tree, {1: 15}) == {1: 1}


def test_a_single_person_in_the_company_takes_no_more_with_her_than_one_team() -> None:
    tree = star(5, 20, 8, 20, own=1)
    assert partition(tree, {0: 1, 1: 15, 2: 6, 3: 15}) == {0: 0, 1: 1, 2: 0, 3: 3}


def test_a_team_that_misses_k_is_counted_with_its_neighbour_before_the_department() -> None:
    merge = Node(1, 0, NodeKind.MERGE, "n2 + n3", 16)
    tree = PartTree([group(0, None, 24), merge, group(2, 1, 8), group(3, 1, 8), group(4, 0, 8)], 5)
    assert partition(tree, {2: 3, 3: 6, 4: 6}) == {2: 1, 3: 1, 4: 4}


def test_two_groups_that_miss_k_meet_at_the_nearest_node_above_both() -> None:
    tree = PartTree([group(0, None, 32), group(1, 0, 16), group(2, 1, 8), group(3, 1, 8), group(4, 0, 16)], 5)
    assert partition(tree, {2: 3, 3: 2, 4: 9}) == {2: 1, 3: 1, 4: 4}


def test_equal_prices_go_to_the_later_team_because_the_smaller_pool_comes_first() -> None:
    assert partition(star(5, 8, 8, 8), {1: 6, 2: 6, 3: 2}) == {1: 1, 2: 0, 3: 0}
    assert partition(star(5, 8, 8, 8), {1: 2, 2: 6, 3: 6}) == {1: 0, 2: 2, 3: 0}


def test_at_five_percent_response_the_little_there_is_counts_in_the_company() -> None:
    random = Random(5)
    planned = plan(organisation(random, teams=40), 5, 75)
    tree = PartTree(planned.nodes, 5)
    counts = envelopes(random, planned, tree, rate=5)
    assert sum(counts.values()) >= 5
    assert min(pools(counts, partition(tree, counts)).values()) >= 5


def test_fewer_than_k_in_the_whole_company_are_held_back_all_together() -> None:
    assert partition(star(5, 8, 8), {1: 2, 2: 2}) == {1: None, 2: None}


@pytest.mark.parametrize("counts", [{}, {0: 0}, {1: 0, 2: 0}])
def test_without_envelopes_there_are_no_cells(counts: dict[NodeId, int]) -> None:
    assert partition(star(5, 8, 8), counts) == {}


def test_a_company_below_k_has_no_cells() -> None:
    tree = PartTree([group(0, None, 8)], 10)
    assert partition(tree, {}) == {}
    with pytest.raises(ValueError, match="without a key"):
        partition(tree, {0: 8})


@pytest.mark.parametrize("counts", [{7: 5}, {1: 5}, {2: -1, 3: 8}])
def test_envelopes_at_unknown_nodes_or_merge_groups_and_negative_numbers_are_refused(counts: dict[NodeId, int]) -> None:
    merge = Node(1, 0, NodeKind.MERGE, "n2 + n3", 16)
    tree = PartTree([group(0, None, 16), merge, group(2, 1, 8), group(3, 1, 8)], 5)
    with pytest.raises(ValueError, match=r"without a key|negative"):
        partition(tree, counts)
    with pytest.raises(ValueError, match=r"without a key|negative"):
        is_lawful(tree, counts, {0})


@pytest.mark.parametrize("closed", [set(), {1}, {1, 2}, {0, 1}, {0, 2}])
def test_other_sets_of_closed_nodes_are_unlawful(closed: set[NodeId]) -> None:
    counts = {1: 4, 2: 6}
    assert is_lawful(star(5, 8, 8), counts, {0})
    assert not is_lawful(star(5, 8, 8), counts, closed)


def test_a_chain_of_two_thousand_nodes_is_no_deeper_than_any_other_tree() -> None:
    length = 2000
    tree = PartTree([group(n, n - 1 if n else None, 3 * (length - n) + 5) for n in range(length)], 5)
    cells = partition(tree, dict.fromkeys(tree.nodes, 3))
    assert len(cells) == length
    assert set(pools(dict.fromkeys(tree.nodes, 3), cells).values()) == {6}


def test_a_company_of_thousands_of_teams_and_no_departments_is_divided_too() -> None:
    tree = star(5, *[8] * 3000)
    cells = partition(tree, {node: 4 + node % 2 for node in tree.nodes if node})
    assert {cell for node, cell in cells.items() if node % 2 == 0} == {0}
    assert all(cell == node for node, cell in cells.items() if node % 2)
