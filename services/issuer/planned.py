"""What an issuer fixes of a round before anybody collects: its tree, its members, and which signing keys there are."""

from dataclasses import dataclass, field
from typing import NamedTuple

from shared.rounds import RoundId
from shared.tree import Node, NodeId, PartTree


class Address(NamedTuple):
    """Which signing key: that of a node for a part, or ADMISSION."""

    node: int
    part: int


ADMISSION = Address(-1, -1)
"""The key that vouches for being a member at all."""


@dataclass(frozen=True)
class Planned:
    """A round as this issuer planned it. Times are POSIX seconds."""

    round_id: RoundId
    draft: str
    """The digest of the draft's record."""
    nodes: tuple[Node, ...]
    ks: tuple[int, ...]
    """The minimum of each part."""
    keys: int
    """How many signing keys it needs, the admission key included."""
    keys_until: int
    """When they are destroyed: closing and grace."""
    erase_at: int

    def trees(self) -> tuple[PartTree, ...]:
        return tuple(PartTree(self.nodes, k) for k in self.ks)


@dataclass(frozen=True)
class Member:
    """A person in a round."""

    person: str = field(repr=False)
    node: NodeId
    """Where she is attached."""
    language: str
