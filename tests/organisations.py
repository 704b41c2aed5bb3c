"""Made-up companies, small ones drawn by hypothesis and large ones from a seed, and counts of their envelopes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

from hypothesis import strategies as st

from services.issuer.plan import Plan
from services.issuer.roster import Person, Roster
from shared.tree import Node, NodeId, NodeKind, PartTree


def roster(headcounts: Mapping[tuple[str, ...], int], depth: int = 4) -> Roster:
    """A company with so many people attached to each path of groups; () is the company itself."""
    people = [
        Person(f"p{number}", f"Name {number}", f"p{number}@example.test", "nl", path)
        for number, path in enumerate(path for path, heads in headcounts.items() for _ in range(heads))
    ]
    return Roster("Velda", ("company", "division", "department", "team")[:depth], tuple(people))


def rosters(min_people: int = 5) -> st.SearchStrategy[Roster]:
    """Small companies with up to three levels below the company, people on all of them, and teams of one."""
    paths = st.lists(st.sampled_from("ABCD"), max_size=3).map(tuple)
    heads = st.one_of(st.integers(1, 4), st.integers(1, 25))
    return (
        st.dictionaries(paths, heads, min_size=1, max_size=14)
        .map(roster)
        .filter(lambda drawn: len(drawn.people) >= min_people)
    )


@st.composite
def trees(draw: st.DrawFn, max_nodes: int = 9, k: int = 3) -> PartTree:
    """Trees of any shape, also such as no plan makes: chains, one child, many children, own people everywhere."""
    parents = [draw(st.integers(0, number)) for number in range(draw(st.integers(0, max_nodes - 1)))]
    children: list[list[int]] = [[] for _ in range(len(parents) + 1)]
    for child, parent in enumerate(parents, 1):
        children[parent].append(child)
    return PartTree(_nodes(children, [k if not below else draw(st.integers(0, k)) for below in children]), k)


def _nodes(children: Sequence[Sequence[int]], own: Sequence[int]) -> list[Node]:
    """Number the nodes in pre-order; inner ones without own people become merge groups now and then."""
    sizes = list(own)
    for node in reversed(range(len(own))):
        sizes[node] += sum(sizes[child] for child in children[node])
    nodes: list[Node] = []
    todo: list[tuple[int, NodeId | None]] = [(0, None)]
    while todo:
        node, parent = todo.pop()
        merge = parent is not None and len(children[node]) > 1 and own[node] == 0
        kind = NodeKind.MERGE if merge else NodeKind.GROUP
        number = len(nodes)
        nodes.append(Node(number, parent, kind, f"n{node}", sizes[node]))
        todo += [(child, number) for child in reversed(children[node])]
    return nodes


@st.composite
def counted(draw: st.DrawFn, max_nodes: int = 9, k: int = 3) -> tuple[PartTree, dict[NodeId, int]]:
    """A tree and the envelopes at its nodes with a key, many of them fewer than k."""
    tree = draw(trees(max_nodes, k))
    number = st.one_of(st.just(0), st.integers(0, k - 1), st.integers(0, 2 * k))
    return tree, {node: draw(number) for node in tree.nodes if node in tree.keyed}


def organisation(random: Random, teams: int, largest: int = 20) -> Roster:
    """About so many teams of 2 to `largest` people in departments of 3 to 8 teams and divisions of 3 to 8 departments.

    A team's leader counts in its department and comes on top; departments and divisions have a few people of their own.
    """
    headcounts: dict[tuple[str, ...], int] = {(): random.randint(1, 6)}
    made = 0
    while made < teams:
        division = (f"Division {len(headcounts)}",)
        headcounts[division] = random.randint(0, 6)
        for _ in range(random.randint(3, 8)):
            department = (*division, f"Department {len(headcounts)}")
            count = min(random.randint(3, 8), teams - made)
            headcounts[department] = count + random.randint(0, 2)
            for _ in range(count):
                headcounts[(*department, f"Team {len(headcounts)}")] = random.randint(2, largest)
            made += count
    return roster(headcounts)


def envelopes(random: Random, plan: Plan, tree: PartTree, rate: int) -> dict[NodeId, int]:
    """How many envelopes name each finest node if everybody answers with a chance of `rate` percent."""
    answered = (node for node in plan.place.values() if random.randrange(100) < rate)
    return dict(Counter(map(tree.finest, answered)))
