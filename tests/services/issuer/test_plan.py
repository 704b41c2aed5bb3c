"""The tree that is planned before anybody answers: its laws, and companies of awkward shape."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from math import comb
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.issuer.plan import Plan, PlanError, PlanProblem, kr, plan
from services.issuer.roster import Person, Roster
from shared.partition import K_FLOOR, partition
from shared.tree import Node, NodeId, NodeKind, PartTree
from tests.organisations import envelopes, organisation, roster, rosters

Headcounts = Mapping[tuple[str, ...], int]


def outline(planned: Plan) -> list[str]:
    """One line per node, indented by depth: label, size, and the kind where it is not an ordinary group."""
    depth: dict[NodeId, int] = {}
    lines = []
    for node in planned.nodes:
        depth[node.id] = 0 if node.parent is None else depth[node.parent] + 1
        kind = "" if node.kind is NodeKind.GROUP else f" {node.kind}"
        lines.append(f"{'  ' * depth[node.id]}{node.label} {node.size}{kind}")
    return lines


def planned_outline(headcounts: Headcounts) -> list[str]:
    return outline(plan(roster(headcounts), 5, 75))


def chance(size: int, k: int, rate: int) -> Fraction:
    """That at least k of a group answer."""
    p = Fraction(rate, 100)
    return sum((comb(size, n) * p**n * (1 - p) ** (size - n) for n in range(k, size + 1)), Fraction(0))


@pytest.mark.parametrize(("k", "rate", "size"), [(5, 75, 8), (5, 80, 7), (10, 75, 15), (5, 50, 13), (5, 1, 726)])
def test_a_group_needs_so_many_people_to_reach_k_in_85_of_100_rounds(k: int, rate: int, size: int) -> None:
    assert kr(k, rate) == size


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 15), st.integers(20, 80))
def test_one_person_fewer_would_not_be_enough(k: int, rate: int) -> None:
    size = kr(k, rate)
    assert chance(size, k, rate) >= Fraction(85, 100) > chance(size - 1, k, rate)


@pytest.mark.parametrize(("k", "rate"), [(0, 75), (5, 0), (5, 81), (5, -1)])
def test_a_rate_above_80_percent_or_without_meaning_is_refused(k: int, rate: int) -> None:
    with pytest.raises(ValueError, match="no group size"):
        kr(k, rate)


@settings(max_examples=200, deadline=None)
@given(rosters(), st.sampled_from([60, 75, 80]))
def test_every_plan_keeps_its_promises(drawn: Roster, rate: int) -> None:
    planned = plan(drawn, 5, rate)
    nodes, enough = planned.nodes, kr(5, rate)
    below: dict[NodeId, list[Node]] = {node.id: [] for node in nodes}
    for number, node in enumerate(nodes):
        assert node.id == number
        if node.parent is not None:
            assert node.parent < node.id
            below[node.parent].append(node)
    attached = Counter(planned.place.values())

    assert set(planned.place) == {person.id for person in drawn.people}
    assert [node.id for node in nodes if node.parent is None] == [0]
    assert (nodes[0].label, nodes[0].size) == ("Velda", len(drawn.people))
    for node in nodes:
        children = below[node.id]
        assert node.size == attached[node.id] + sum(child.size for child in children)
        assert node.size >= (5 if node.id == 0 else enough)
        assert len(children) != 1 or attached[node.id]
        assert len(children) <= 2
        assert not attached[node.id] or not children or (node.id == 0 and attached[0] < enough)
        if node.kind is NodeKind.DIRECT:
            assert not children
        if node.kind is NodeKind.MERGE:
            assert len(children) == 2
            assert node.label == " + ".join(child.label for child in children)
        assert [order(child) for child in children] == sorted(order(child) for child in children)
        assert len({(child.kind, child.label) for child in children}) == len(children)
        end = max(at.id for at in nodes if node.id in path(nodes, at))
        assert end - node.id + 1 == sum(node.id in path(nodes, at) for at in nodes)


def order(node: Node) -> tuple[list[str], NodeKind]:
    return node.label.split(" + "), node.kind


def path(nodes: tuple[Node, ...], node: Node) -> list[NodeId]:
    return [node.id] if node.parent is None else [*path(nodes, nodes[node.parent]), node.id]


@given(rosters())
def test_every_group_that_somebody_counts_in_carries_a_name_from_her_own_path(drawn: Roster) -> None:
    planned = plan(drawn, 5, 75)
    for person in drawn.people:
        for number in path(planned.nodes, planned.nodes[planned.place[person.id]]):
            names = planned.nodes[number].label.split(" + ")
            assert {drawn.company, *person.path} & set(names)


@given(rosters(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(drawn: Roster, random: Random) -> None:
    people = list(drawn.people)
    random.shuffle(people)
    shuffled = plan(Roster(drawn.company, drawn.levels, tuple(people)), 5, 75)
    planned = plan(drawn, 5, 75)
    assert shuffled == planned
    assert list(shuffled.place) == list(planned.place)


def test_small_teams_are_packed_in_the_order_of_names_and_the_leftover_joins_the_smallest_block() -> None:
    teams = {"A": 3, "B": 20, "C": 3, "D": 3, "E": 7, "F": 3, "G": 2}
    assert planned_outline({("Finance", name): heads for name, heads in teams.items()} | {("Sales",): 9}) == [
        "Velda 50",
        "  Finance 41",
        "    A + C + D + G + B 31 merge",
        "      A + C + D + G 11",
        "      B 20",
        "    E + F 10",
        "  Sales 9",
    ]


def test_without_a_block_the_leftover_joins_the_smallest_team() -> None:
    assert planned_outline({("A",): 3, ("B",): 20, ("C",): 12}) == ["Velda 35", "  A + C 15", "  B 20"]


def test_beside_departments_alone_the_leftover_becomes_directs_of_the_parent() -> None:
    departments: Headcounts = {(name, team): 10 for name in ("Finance", "Sales") for team in ("A", "B")}
    assert planned_outline({**departments, ("Legal",): 3}) == [
        "Velda 43",
        "  Finance + Sales 40 merge",
        "    Finance 20",
        "      A 10",
        "      B 10",
        "    Sales 20",
        "      A 10",
        "      B 10",
    ]


def test_enough_directs_are_a_group_of_their_own_and_fewer_are_handed_to_the_parents_directs() -> None:
    teams: Headcounts = {("Finance", "A"): 10, ("Finance", "B"): 10, ("Sales",): 10}
    assert planned_outline({**teams, ("Finance",): 8}) == [
        "Velda 38",
        "  Finance 28",
        "    A + B 20 merge",
        "      A 10",
        "      B 10",
        "    Finance 8 direct",
        "  Sales 10",
    ]
    handed_up = plan(roster({**teams, ("Finance",): 4, (): 4}), 5, 75)
    assert outline(handed_up) == [
        "Velda 38",
        "  Finance + Sales 30 merge",
        "    Finance 20",
        "      A 10",
        "      B 10",
        "    Sales 10",
        "  Velda 8 direct",
    ]


def test_too_few_directs_of_the_company_stay_and_the_root_is_their_finest_node() -> None:
    planned = plan(roster({("A",): 10, ("B",): 10, (): 7}), 5, 75)
    assert outline(planned) == ["Velda 27", "  A + B 20 merge", "    A 10", "    B 10"]
    assert Counter(planned.place.values()) == {0: 7, 2: 10, 3: 10}
    assert PartTree(planned.nodes, 5).own[0] == 7


def test_all_children_of_a_parent_are_paired_again_and_again() -> None:
    assert planned_outline({(name,): 8 for name in "EDCBA"}) == [
        "Velda 40",
        "  A + B + C + D 32 merge",
        "    A + B 16 merge",
        "      A 8",
        "      B 8",
        "    C + D 16 merge",
        "      C 8",
        "      D 8",
        "  E 8",
    ]


def test_one_big_team_and_one_single_person_make_a_root_with_one_child() -> None:
    planned = plan(roster({("Payments",): 20, (): 1}), 5, 75)
    assert outline(planned) == ["Velda 21", "  Payments 20"]
    assert Counter(planned.place.values()) == {0: 1, 1: 20}


def test_a_team_of_one_beside_one_big_team_joins_it() -> None:
    assert planned_outline({("Payments",): 20, ("Risk",): 1}) == ["Velda 21"]


def test_a_chain_of_groups_with_one_child_each_is_one_node_with_the_outermost_name() -> None:
    assert planned_outline({("Finance", "Payments", "Cards"): 12}) == ["Velda 12"]
    assert planned_outline({("Finance", "Payments", "Cards"): 12, ("Sales", "Shops"): 9}) == [
        "Velda 21",
        "  Finance 12",
        "  Sales 9",
    ]


def test_a_department_of_nothing_but_teams_of_one_is_a_team_itself() -> None:
    ones: Headcounts = {("Board", f"Office {number}"): 1 for number in range(4)}
    assert planned_outline({**ones, ("Finance",): 20}) == ["Velda 24"]
    assert planned_outline({**ones, ("Finance",): 20, ("Sales",): 9}) == [
        "Velda 33",
        "  Board + Sales 13",
        "  Finance 20",
    ]
    many: Headcounts = {("Board", f"Office {number}"): 1 for number in range(17)}
    assert planned_outline({**many, ("Finance",): 20}) == [
        "Velda 37",
        "  Board 17",
        "    Office 0 + Office 1 + Office 10 + Office 11 + Office 12 + Office 13 + Office 14 + Office 15 + Office 9 9",
        "    Office 16 + Office 2 + Office 3 + Office 4 + Office 5 + Office 6 + Office 7 + Office 8 8",
        "  Finance 20",
    ]


def test_a_company_that_would_likely_miss_k_in_any_group_is_one_node() -> None:
    assert planned_outline({("A",): 3, ("B",): 2}) == ["Velda 5"]
    assert planned_outline({("A",): 3, ("B",): 2, (): 1}) == ["Velda 6"]


def test_the_same_name_under_two_parents_is_two_groups() -> None:
    assert planned_outline({("Finance", "Support"): 9, ("Sales", "Support"): 9, ("Sales", "Shops"): 9}) == [
        "Velda 27",
        "  Finance 9",
        "  Sales 18",
        "    Shops 9",
        "    Support 9",
    ]


def test_directs_of_a_group_that_was_an_only_child_keep_its_name() -> None:
    assert planned_outline({("Finance",): 8, ("Finance", "Payments"): 9}) == [
        "Velda 17",
        "  Finance 8 direct",
        "  Payments 9",
    ]


def test_a_chain_of_hundreds_of_groups_is_planned_like_any_other() -> None:
    names = tuple(f"L{depth}" for depth in range(500))
    planned = plan(roster({names[:depth]: 8 for depth in range(501)}), 5, 75)
    assert len(planned.nodes) == 1001
    assert planned.nodes[-1].size == 8


def test_a_joint_name_that_nobody_can_read_is_shortened() -> None:
    planned = plan(roster({(f"Team {number:04}",): 9 for number in range(400)}), 5, 75)
    assert planned.nodes[1].label == "Team 0000 + … + Team 0255"
    assert max(len(node.label) for node in planned.nodes) <= 500


@pytest.mark.parametrize(
    ("headcounts", "k", "reason"),
    [
        ({("A",): 40}, K_FLOOR - 1, PlanProblem.FLOOR),
        ({("A",): 4}, 5, PlanProblem.SMALL),
        ({("A",): 9}, 10, PlanProblem.SMALL),
        ({("A",): 4, ("B",): 4, ("A + B",): 9}, 5, PlanProblem.NAMES),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_reason(
    headcounts: dict[tuple[str, ...], int], k: int, reason: PlanProblem
) -> None:
    with pytest.raises(PlanError) as refused:
        plan(roster(headcounts), k, 75)
    assert refused.value.reason is reason


def test_a_person_who_is_listed_twice_is_not_counted_twice() -> None:
    twice = (Person("p1", "Ann", "a@example.test", "nl", ("A",)),) * 8
    with pytest.raises(ValueError, match="twice"):
        plan(Roster("Velda", ("company", "team"), twice), 5, 75)


def test_at_75_percent_response_nearly_all_answers_count_in_the_finest_group_that_was_announced() -> None:
    finest = total = 0
    for seed in range(5):
        random = Random(seed)
        planned = plan(organisation(random, teams=200), 5, 75)
        counts = envelopes(random, planned, PartTree(planned.nodes, 5), rate=75)
        cells = partition(PartTree(planned.nodes, 5), counts)
        finest += sum(counts[node] for node, cell in cells.items() if cell == node)
        total += sum(counts.values())
    assert finest / total > 0.95
