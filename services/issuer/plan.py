"""The group tree of a round, planned from the roster alone before anybody answers (docs/disclosure.md).

Groups that would likely miss k are packed with their neighbours, then the groups of one parent are paired again and
again, so that one that misses k all the same is first counted with its neighbour. Every issuer plans from its own
copy of the roster and must come to the same tree: order is by name (code points) and never by row.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from math import comb

from services.issuer.roster import Roster
from shared.draft import MAX_RATE
from shared.partition import K_FLOOR
from shared.tree import Node, NodeId, NodeKind

LIKELY = 85
"""Percent. A group should reach k with at least this probability; at 75 % response and k = 5 that takes 8 people."""

RATES = range(1, MAX_RATE + 1)
"""Percent of people expected to answer."""

LABEL_MAX = 500
"""Characters. Nobody reads a joint name that is longer, and of hundreds of names it would not fit a record."""


class PlanProblem(StrEnum):
    """Why there is no plan."""

    FLOOR = "below-the-floor"
    SMALL = "too-few-people"
    NAMES = "same-names"


class PlanError(Exception):
    """The roster cannot be planned with this k."""

    def __init__(self, reason: PlanProblem, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Plan:
    """The nodes in pre-order, ids being their positions, and for each person's id the node that she is attached to.

    That is a team or block, a `direct` or, for few people directly in the company, the root. The finest node of a
    part may lie higher: see `PartTree.finest`.
    """

    nodes: tuple[Node, ...]
    place: Mapping[str, NodeId] = field(repr=False)


@dataclass(slots=True)
class _Group:
    """A node that is not numbered yet. People are ids, and only those attached to the node itself."""

    names: tuple[str, ...]
    kind: NodeKind
    people: list[str] = field(repr=False)
    children: list["_Group"]
    size: int

    @property
    def label(self) -> str:
        label = " + ".join(self.names)
        return label if len(label) <= LABEL_MAX else f"{self.names[0]} + … + {self.names[-1]}"

    @property
    def order(self) -> tuple[tuple[str, ...], NodeKind]:
        return self.names, self.kind


def kr(k: int, rate: int) -> int:
    """The smallest group in which at least k answer with a probability of 85 %, at `rate` percent of response.

    Exact: a binomial tail in whole numbers. ValueError if k < 1 or the rate is not 1 to 80.
    """
    if k < 1 or rate not in RATES:
        raise ValueError(f"no group size for k = {k} at {rate} %")
    highest = k
    while not _likely(highest, k, rate):
        highest *= 2
    return bisect_left(range(highest), True, lo=k, key=lambda size: _likely(size, k, rate))


def _likely(size: int, k: int, rate: int) -> bool:
    misses = sum(comb(size, n) * pow(rate, n) * pow(100 - rate, size - n) for n in range(min(k, size + 1)))
    return bool(misses * 100 <= (100 - LIKELY) * pow(100, size))


def plan(roster: Roster, k: int, rate: int) -> Plan:
    """The tree for the smallest k of a round's parts and the expected response in percent.

    PlanError if k is below the floor, the company has fewer than k people, or two groups side by side would be
    called the same; ValueError for a rate as in `kr` or if a person's id occurs twice.
    """
    if k < K_FLOOR:
        raise PlanError(PlanProblem.FLOOR, f"the smallest group has at least {K_FLOOR} answers, not {k}")
    if len(roster.people) < k:
        raise PlanError(PlanProblem.SMALL, f"{len(roster.people)} people, but nothing is shown below {k}")
    enough = kr(k, rate)
    attached: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for person in roster.people:
        attached[person.path].append(person.id)
    paths = {path[:depth] for path in attached for depth in range(len(path) + 1)}
    below: defaultdict[tuple[str, ...], list[_Group]] = defaultdict(list)
    for path in sorted(paths - {()}, key=lambda path: (-len(path), path)):
        group, handed_up = _inner(path[-1], attached[path], below[path], enough)
        below[path[:-1]].append(group)
        attached[path[:-1]] += handed_up
    return _numbered(_root(roster.company, attached[()], below[()], enough))


def _inner(name: str, people: list[str], groups: list[_Group], enough: int) -> tuple[_Group, list[str]]:
    """A group below the company, and its directs if they are too few: they become the parent's.

    A group of which no inner group is left is a leaf, however small: it is packed with its own neighbours.
    """
    groups, leftover = _packed(groups, enough)
    people = people + leftover
    if not groups:
        return _leaf((name,), people), []
    if len(people) >= enough:
        return _parent(name, [], [*groups, _leaf((name,), people, NodeKind.DIRECT)]), []
    return _parent(name, [], groups), people


def _root(name: str, people: list[str], groups: list[_Group], enough: int) -> _Group:
    """The company. Directs that are too few have nowhere to go: they stay, with the root as their finest node."""
    groups, leftover = _packed(groups, enough)
    people = people + leftover
    if groups and len(people) >= enough:
        return _parent(name, [], [*groups, _leaf((name,), people, NodeKind.DIRECT)])
    return _parent(name, people, groups)


def _packed(groups: Sequence[_Group], enough: int) -> tuple[list[_Group], list[str]]:
    """Small neighbours put together, in the order of names, until they are enough; and the people of what is left over.

    The leftover joins the smallest block or else the smallest team; only without either its people come back. What
    has groups of its own is neither: nobody could be put into it without dissolving these.
    """
    large = [group for group in groups if group.size >= enough]
    blocks: list[_Group] = []
    waiting: list[_Group] = []
    for group in groups:
        if group.size < enough:
            waiting.append(group)
            if sum(small.size for small in waiting) >= enough:
                blocks.append(_block(waiting))
                waiting = []
    hosts = blocks or [group for group in large if not group.children]
    if waiting and hosts:
        host = min(hosts, key=lambda group: (group.size, group.names))
        (blocks if blocks else large).remove(host)
        blocks.append(_block([host, *waiting]))
        waiting = []
    return large + blocks, [person for group in waiting for person in group.people]


def _leaf(names: tuple[str, ...], people: list[str], kind: NodeKind = NodeKind.GROUP) -> _Group:
    return _Group(names, kind, people, [], len(people))


def _block(groups: Sequence[_Group]) -> _Group:
    names = sorted(name for group in groups for name in group.names)
    return _leaf(tuple(names), [person for group in groups for person in group.people])


def _parent(name: str, people: list[str], groups: list[_Group]) -> _Group:
    """A node over paired groups. One child and no own people would be the same people twice: that child is not made."""
    named = sorted(group.label for group in groups if group.kind is NodeKind.GROUP)
    for label, after in pairwise(named):
        if label == after:
            raise PlanError(PlanProblem.NAMES, f"two groups in {name} would both be called {label}")
    if not groups:
        return _leaf((name,), people)
    level = sorted(groups, key=lambda group: group.order)
    while len(level) > 1:
        level = [_merge(level[at : at + 2]) for at in range(0, len(level), 2)]
    top = level[0]
    if not people:
        return _Group((name,), NodeKind.GROUP, top.people, top.children, top.size)
    return _Group((name,), NodeKind.GROUP, people, [top], top.size + len(people))


def _merge(pair: Sequence[_Group]) -> _Group:
    if len(pair) == 1:
        return pair[0]
    names = tuple(name for group in pair for name in group.names)
    return _Group(names, NodeKind.MERGE, [], list(pair), sum(group.size for group in pair))


def _numbered(root: _Group) -> Plan:
    """Pre-order: a node's number is its position, and its parent's number is smaller."""
    nodes: list[Node] = []
    place: dict[str, NodeId] = {}
    todo: list[tuple[_Group, NodeId | None]] = [(root, None)]
    while todo:
        group, parent = todo.pop()
        number = len(nodes)
        nodes.append(Node(number, parent, group.kind, group.label, group.size))
        place.update(dict.fromkeys(group.people, number))
        todo += [(child, number) for child in reversed(group.children)]
    if len(place) != root.size:
        raise ValueError("a person's id occurs twice")
    return Plan(tuple(nodes), dict(sorted(place.items())))
