"""What is known of each group: sums of disjoint counted groups, and where the people of the others count.

Only unions of final cells are ever shown, for only these are safe (docs/disclosure.md, section 2). The total of a node
is the sum of the final cells at and below it. Those of its people whose own group has no cell are in a cell further up
and do not belong to that sum: then the total is one of "part of the group", and says where the others are. (A member
may also count higher up than she has to. Nobody can know that, and it is not told.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.release_items import Histogram
from shared.tree import Node, NodeId, PartTree


@dataclass(frozen=True, slots=True)
class Sum:
    """Envelopes, and a histogram per question of the unit in their order; an open part has no histograms."""

    n: int
    histograms: tuple[Histogram, ...] = ()

    def __add__(self, other: "Sum") -> "Sum":
        pairs = zip(self.histograms, other.histograms, strict=True)
        return Sum(self.n + other.n, tuple(tuple(map(sum, zip(a, b, strict=True))) for a, b in pairs))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is published of one node for one unit.

    `total` without `elsewhere`: of the whole group. With it: of part of the group, the others count in `elsewhere`.
    `elsewhere` alone: too few answers to show alone, they count there. Neither: there are no answers to show.
    """

    total: Sum | None
    elsewhere: NodeId | None


NOTHING = Standing(None, None)


def standings(nodes: Sequence[Node], tree: PartTree, finals: Mapping[NodeId, Sum]) -> dict[NodeId, Standing]:
    """Of every node of the round. `tree` is the part's, `finals` are the final cells of one unit, all of its nodes."""
    totals: dict[NodeId, Sum] = {}
    covered: dict[NodeId, bool] = {}
    for node in reversed(nodes):
        if node.id not in tree.nodes:
            continue
        below = [finals[node.id]] if node.id in finals else []
        below += [totals[child] for child in tree.children[node.id] if child in totals]
        if below:
            totals[node.id] = sum(below[1:], start=below[0])
        # Somebody whose finest node it is, or one below it, has her cell at or below it.
        complete = tree.own[node.id] == 0 and all(covered[child] for child in tree.children[node.id])
        covered[node.id] = node.id in finals or complete
    above: dict[NodeId, NodeId | None] = {}
    found: dict[NodeId, Standing] = {}
    for node in nodes:
        up = None if node.parent is None else above[node.parent]
        above[node.id] = node.id if node.id in finals else up
        found[node.id] = Standing(totals.get(node.id), None if covered.get(node.id) else up)
    return found
