"""The group tree of a round, and the part of it that one part of the questionnaire may use (docs/disclosure.md).

The tree is planned from the roster before anybody answers and never changes. Nodes are numbered in pre-order, so a
parent always comes before its children and the numbers are indices of the manifest's Merkle tree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

NodeId = int


class NodeKind(StrEnum):
    """What a node stands for, so that a client can say it in the reader's language."""

    GROUP = "group"  # the company, a department, a team, or several small ones packed together
    DIRECT = "direct"  # the people attached to the parent itself and to none of its groups
    MERGE = "merge"  # siblings that are counted together if one of them misses the minimum


@dataclass(frozen=True, slots=True)
class Node:
    """One node; `size` counts all people at and below it."""

    id: NodeId
    parent: NodeId | None
    kind: NodeKind
    label: str
    size: int


class PartTree:
    """All nodes whose size reaches `k`: the nodes that can be a cell of a part with this minimum.

    Sizes never grow downwards, so with a node its ancestors belong to it too.
    """

    def __init__(self, nodes: Sequence[Node], k: int) -> None:
        """`nodes` is the whole tree of the round, parents first."""
        self.k = k
        self.nodes = {node.id: node for node in nodes if node.size >= k}
        self._parents = {node.id: node.parent for node in nodes}
        everyone: dict[NodeId, list[NodeId]] = {node.id: [] for node in nodes}
        for node in nodes:
            if node.parent is not None:
                everyone[node.parent].append(node.id)
        self.children: dict[NodeId, tuple[NodeId, ...]] = {
            node: tuple(child for child in everyone[node] if child in self.nodes) for node in self.nodes
        }
        self.own = {
            node.id: node.size - sum(self.nodes[child].size for child in self.children[node.id])
            for node in self.nodes.values()
        }
        """Per node the people whose finest node of this part it is."""
        self.keyed = frozenset(
            node.id
            for node in self.nodes.values()
            if node.kind is not NodeKind.MERGE or len(self.children[node.id]) < len(everyone[node.id])
        )
        """Nodes with a signing key: all but the merge groups whose children all belong to this tree."""

    def path(self, node: NodeId) -> tuple[NodeId, ...]:
        """From the root down to `node`, both included; KeyError if the part's tree lacks it."""
        steps = [node]
        while (parent := self.nodes[steps[-1]].parent) is not None:
            steps.append(parent)
        return tuple(reversed(steps))

    def keyed_path(self, node: NodeId) -> tuple[NodeId, ...]:
        """The nodes with a key on the way from the root to `node`: whose tokens an envelope carries."""
        return tuple(step for step in self.path(node) if step in self.keyed)

    def finest(self, node: NodeId) -> NodeId:
        """The lowest node with a key at or above `node`, which may be any node of the whole tree.

        Whoever is attached to `node` is one of the own people of that one. KeyError if the company is below k.
        """
        at: NodeId | None = node
        while at is not None and at not in self.keyed:
            at = self._parents[at]
        if at is None:
            raise KeyError(node)
        return at

    def vouching(self, node: NodeId) -> NodeId:
        """The nearest node with a key at or above `node`; the root always has one."""
        return self.keyed_path(node)[-1]

    def at_and_below(self, counts: Mapping[NodeId, int]) -> dict[NodeId, int]:
        """Per node the sum of what is counted at it and at all nodes below; `counts` of other nodes are left out."""
        found = {node: counts.get(node, 0) for node in self.nodes}
        for node in reversed(self.nodes.values()):
            if node.parent is not None:
                found[node.parent] += found[node.id]
        return found

    @cached_property
    def slots(self) -> int:
        """The most nodes with a key on any path: how many group tokens an envelope has room for."""
        depth: dict[NodeId, int] = {}
        for node in self.nodes.values():
            above = 0 if node.parent is None else depth[node.parent]
            depth[node.id] = above + (node.id in self.keyed)
        return max(depth.values(), default=0)
