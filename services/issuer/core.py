"""What an issuer decides, without asking anybody: who gets which signatures, what a member and HR may see.

Pure: the time, the plan and what is known about the member are arguments.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from services.issuer.planned import ADMISSION, Address, Member
from shared import blind_rsa, canonical
from shared.canonical import b64, unb64
from shared.manifest import Composed, Manifest
from shared.rounds import DEAD, Round, State
from shared.tree import Node, NodeId, NodeKind, PartTree

COLLECTING = frozenset({State.SCHEDULED, State.OPEN})
"""From the last accept until closing, so that collecting and answering can lie apart."""

VISIBLE_UNIT = 50
"""People. The share who have collected is shown of units that have at least as many."""

STEP = 5
"""Percentage points to which that share is rounded down: of 50 people it moves with every third."""

DAY = 86_400
"""Seconds. That share is noted once in each, by the clock and not when somebody asks."""


class Refusal(StrEnum):
    """Why a request is refused: the metric's label and the problem's type."""

    UNKNOWN_ROUND = "unknown-round"
    UNKNOWN_CODE = "unknown-code"
    NOT_A_MEMBER = "not-a-member"
    NOT_COLLECTING = "not-collecting"
    OTHER_MANIFEST = "other-manifest"
    MALFORMED = "malformed"
    ALREADY_COLLECTED = "already-collected"
    UNKNOWN_KEY = "unknown-key"  # HR's


class Fault(StrEnum):
    """What is broken on our side: nothing was signed."""

    LOG = "log-unavailable"  # not read since this process began
    DATABASE = "database-unavailable"  # locked, full or away
    RESTORED = "database-restored"  # it knows fewer members served, or keys, than this issuer
    COUNTER = "counter-lost"  # nobody knows how many were served
    KEYS = "keys-lost"  # the round's secrets are gone or damaged; the round is lost, nothing else
    SIGNING = "signing-fault"  # a signature did not verify (RFC 9474 section 4.3)
    NODES = "nodes-unavailable"  # the round's nodes are not in the log just now


ALARMS = frozenset({Fault.RESTORED, Fault.COUNTER, Fault.KEYS, Fault.SIGNING, Refusal.ALREADY_COLLECTED})
"""What somebody has to look into."""


@dataclass(frozen=True)
class Request:
    """All blinded messages of a member for one issuer, and the fingerprint of the manifest that they are for."""

    manifest: str
    blinded: tuple[bytes, ...] = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 by which the same request is known again."""
        body = {"manifest": self.manifest, "blinded": [b64(one) for one in self.blinded]}
        return sha256(canonical.dumps(body)).digest()


@dataclass(frozen=True)
class Sign:
    """Which key signs each blinded message, in their order; `first` if the member has to be marked as served."""

    addresses: tuple[Address, ...]
    first: bool


@dataclass(frozen=True)
class Refused:
    reason: Refusal
    detail: str


@dataclass(frozen=True)
class Broken:
    fault: Fault
    detail: str


def addresses(trees: Sequence[PartTree]) -> list[Address]:
    """Every signing key that a round needs from an issuer."""
    nodes = [Address(node, part) for part, tree in enumerate(trees) for node in sorted(tree.keyed)]
    return [ADMISSION, *nodes]


def called_for(trees: Sequence[PartTree], place: NodeId) -> tuple[Address, ...]:
    """The keys that sign for whoever is attached to `place`: per part admission, then her path from the root down."""
    return tuple(
        address
        for part, tree in enumerate(trees)
        for address in (ADMISSION, *(Address(node, part) for node in tree.keyed_path(tree.finest(place))))
    )


def most_messages(manifest: Manifest) -> int:
    """How many blinded messages the longest request of any member of the round holds."""
    return sum(1 + layout.slots for layout in manifest.layouts)


def collect(
    issuer: str, member: Member, request: Request, served: bytes | None, of: Round, composed: Composed, now: float
) -> Sign | Refused:
    """Whether a member gets these signatures of `issuer`, and with which keys.

    `served`: the digest of the request that was answered before, if one was. Nothing may be marked before this says
    Sign. docs/protocol.md, "Tokens".
    """
    if of.state(now) not in COLLECTING:
        return Refused(Refusal.NOT_COLLECTING, "Tokens are handed out from the last agreement until closing.")
    if of.manifest is None or request.manifest != of.manifest.fingerprint:
        return Refused(Refusal.OTHER_MANIFEST, "The request is for another manifest than the agreed one.")
    asked = called_for(composed.part_trees, member.node)
    if len(request.blinded) != len(asked):
        return Refused(Refusal.MALFORMED, f"{len(request.blinded)} blinded messages where {len(asked)} belong.")
    for message, address in zip(request.blinded, asked, strict=True):
        # Numbers of one length compare as their bytes do.
        if len(message) != blind_rsa.SIZE or message >= _modulus(issuer, composed, address):
            return Refused(Refusal.MALFORMED, "A blinded message does not belong to its key.")
    if served is not None and served != request.digest:
        return Refused(Refusal.ALREADY_COLLECTED, "Another request was answered with this code in this round.")
    return Sign(asked, first=served is None)


def _modulus(issuer: str, composed: Composed, address: Address) -> bytes:
    if address == ADMISSION:
        return composed.manifest.admission_keys[issuer].modulus_bytes
    return unb64(composed.nodes[address.node]["keys"][issuer][address.part])


def path(nodes: Sequence[Node], place: NodeId) -> list[NodeId]:
    """Every node from the root down to `place`."""
    steps = [place]
    while (parent := nodes[steps[-1]].parent) is not None:
        steps.append(parent)
    return steps[::-1]


def attached(nodes: Iterable[Node], tree: PartTree) -> dict[NodeId, list[NodeId]]:
    """By finest node of a part the nodes whose people are its own."""
    found: dict[NodeId, list[NodeId]] = {}
    for node in nodes:
        found.setdefault(tree.finest(node.id), []).append(node.id)
    return found


def shares(nodes: Sequence[Node], collected: Mapping[NodeId, int]) -> dict[NodeId, int]:
    """The percentage who collected, of the company and each unit that has VISIBLE_UNIT people, in steps of STEP.

    `collected` counts those attached to a node itself.
    """
    below = [collected.get(node.id, 0) for node in nodes]
    for node in reversed(nodes):
        if node.parent is not None:
            below[node.parent] += below[node.id]
    return {
        node.id: below[node.id] * 100 // node.size // STEP * STEP
        for node in nodes
        if node.size >= VISIBLE_UNIT and node.kind is not NodeKind.MERGE
    }


def keys_must_go(of: Round | None, keys_until: int, now: float) -> bool:
    """Whether a round's keys are to be destroyed: it came to nothing, or closing and grace are over (`keys_until`)."""
    return now >= keys_until or (of is not None and of.phase in DEAD)
