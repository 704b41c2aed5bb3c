"""How long the plan and the partition take, and how many answers keep their own team."""

from collections import defaultdict
from random import Random
from time import perf_counter

from services.issuer.plan import Plan, plan
from services.issuer.roster import Roster
from shared.partition import partition
from shared.tree import NodeId, PartTree
from tests.organisations import envelopes, organisation

K, RATE = 5, 75


def measure() -> list[tuple[str, float, str]]:
    """Rows of (what, value, unit)."""
    return [*_speed(), *_detail()]


def _speed() -> list[tuple[str, float, str]]:
    random = Random(1)
    roster = organisation(random, teams=7500, largest=25)
    start = perf_counter()
    planned = plan(roster, K, RATE)
    planning = perf_counter() - start
    rows: list[tuple[str, float, str]] = [
        ("people", len(roster.people), ""),
        ("nodes", len(planned.nodes), ""),
        ("plan", planning, "s"),
    ]
    for k in (K, 2 * K):
        tree = PartTree(planned.nodes, k)
        counts = envelopes(random, planned, tree, RATE)
        start = perf_counter()
        partition(tree, counts)
        rows.append((f"partition, k = {k}", perf_counter() - start, "s"))
    return rows


def _detail() -> list[tuple[str, float, str]]:
    """Organisations of 200 teams: where answers end up."""
    finest = alone = total = 0
    for seed in range(20):
        random = Random(seed)
        roster = organisation(random, teams=200)
        planned = plan(roster, K, RATE)
        tree = PartTree(planned.nodes, K)
        counts = envelopes(random, planned, tree, RATE)
        single = _single_teams(roster, planned)
        total += sum(counts.values())
        for node, cell in partition(tree, counts).items():
            if node == cell:
                finest += counts[node]
                alone += counts[node] if node in single else 0
    return [
        ("answers in the finest group announced", 100 * finest / total, "%"),
        ("answers in their own team alone", 100 * alone / total, "%"),
    ]


def _single_teams(roster: Roster, planned: Plan) -> set[NodeId]:
    """Nodes whose people all stand in one group of the roster."""
    groups: dict[NodeId, set[tuple[str, ...]]] = defaultdict(set)
    for person in roster.people:
        groups[planned.place[person.id]].add(person.path)
    return {node for node, paths in groups.items() if len(paths) == 1}


if __name__ == "__main__":
    for what, value, unit in measure():
        print(f"{what:40} {value:10.2f} {unit}")
