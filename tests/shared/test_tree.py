"""What a part of the questionnaire sees of the round's tree."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.issuer.plan import plan
from services.issuer.roster import Roster
from shared.tree import Node, NodeKind, PartTree
from tests.organisations import rosters

GROUP, MERGE = NodeKind.GROUP, NodeKind.MERGE
NODES = (
    Node(0, None, GROUP, "Velda", 43),
    Node(1, 0, MERGE, "Finance + Sales", 40),
    Node(2, 1, GROUP, "Finance", 28),
    Node(3, 2, GROUP, "Payments", 20),
    Node(4, 2, GROUP, "Risk", 8),
    Node(5, 1, GROUP, "Sales", 12),
)


def test_a_node_below_the_parts_minimum_does_not_belong_to_its_tree() -> None:
    assert list(PartTree(NODES, 10).nodes) == [0, 1, 2, 3, 5]
    assert PartTree(NODES, 10).children[2] == (3,)


def test_people_of_a_group_that_is_too_small_become_the_parents_own() -> None:
    assert PartTree(NODES, 5).own == {0: 3, 1: 0, 2: 0, 3: 20, 4: 8, 5: 12}
    assert PartTree(NODES, 10).own == {0: 3, 1: 0, 2: 8, 3: 20, 5: 12}


def test_a_merge_group_has_a_key_only_if_some_child_of_it_has_none() -> None:
    assert PartTree(NODES, 5).keyed == {0, 2, 3, 4, 5}
    assert PartTree(NODES, 20).keyed == {0, 1, 2, 3}


def test_the_nearest_node_with_a_key_vouches_for_a_merge_group() -> None:
    assert PartTree(NODES, 5).vouching(1) == 0
    assert PartTree(NODES, 5).vouching(3) == 3


def test_a_path_runs_from_the_root_and_its_keys_leave_out_merge_groups() -> None:
    assert PartTree(NODES, 5).path(4) == (0, 1, 2, 4)
    assert PartTree(NODES, 5).keyed_path(4) == (0, 2, 4)
    assert PartTree(NODES, 5).slots == 3


def test_a_path_to_a_node_outside_the_parts_tree_is_an_error() -> None:
    with pytest.raises(KeyError):
        PartTree(NODES, 10).path(4)


def test_whoever_is_attached_below_the_minimum_counts_in_the_lowest_keyed_node_above() -> None:
    assert PartTree(NODES, 5).finest(4) == 4
    assert PartTree(NODES, 10).finest(4) == 2
    assert PartTree(NODES, 25).finest(5) == 1


def test_in_a_company_below_the_minimum_nobody_has_a_finest_node() -> None:
    tree = PartTree(NODES, 50)
    assert not tree.nodes
    assert tree.slots == 0
    with pytest.raises(KeyError):
        tree.finest(4)


@settings(deadline=None)
@given(rosters(), st.integers(5, 15))
def test_the_people_whose_finest_node_it_is_are_the_own_people_of_each_node(drawn: Roster, k: int) -> None:
    planned = plan(drawn, 5, 75)
    tree = PartTree(planned.nodes, k)
    if tree.nodes:
        own = Counter(tree.finest(node) for node in planned.place.values())
        assert dict(own) == {node: people for node, people in tree.own.items() if people}
        assert set(own) <= tree.keyed
        assert tree.slots == max(len(tree.keyed_path(node)) for node in tree.nodes)


def test_what_is_counted_at_and_below_a_node_is_its_own_and_that_of_its_children() -> None:
    assert PartTree(NODES, 10).at_and_below({0: 1, 2: 3, 3: 5, 4: 100, 5: 7}) == {0: 16, 1: 15, 2: 8, 3: 5, 5: 7}
