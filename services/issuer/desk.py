"""Where members come: who asks, what she may see, and the signatures that she gets once.

What must not be lost has one order (docs/protocol.md, "Tokens"): everything is checked; the member is marked, durably;
the counter of members served is raised, durably; only then is anything signed and handed out. After a crash in between
the same request is answered, and any other refused.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from services.issuer import core
from services.issuer.core import Broken, Fault, Refusal, Refused, Request
from services.issuer.keys import DamagedKey, NoCounter, RoundSecret, Secrets
from services.issuer.metrics import Metrics
from services.issuer.planned import Address, Member
from services.issuer.store import Standing, Store
from services.issuer.unavailable import DatabaseUnavailable
from shared import codes
from shared.blind_rsa import PrivateKey, SigningFault, blind_sign
from shared.canonical import b64
from shared.codes import AccessCode
from shared.manifest import Composed
from shared.nodes import node_of
from shared.published import Published
from shared.rounds import AGREED, Round, RoundId
from shared.tree import Node, NodeId

_Answer = TypeVar("_Answer")

_OVER = Refused(Refusal.NOT_COLLECTING, "The time for collecting is over.")
_FORGOTTEN = Broken(Fault.RESTORED, "The database does not know this round any more; nothing is signed.")
_RESTORED = Broken(Fault.RESTORED, "The database knows fewer members than were served; nothing is signed.")
_UNCOUNTED = Broken(Fault.COUNTER, "Nobody knows how many members were served; nothing is signed.")


@dataclass(frozen=True)
class Live:
    """An agreed round with its nodes, ready for members; none of it changes."""

    of: Round
    composed: Composed
    nodes: tuple[Node, ...]
    attached: tuple[Mapping[NodeId, list[NodeId]], ...]
    """Per part, by finest node, the nodes whose people are its own."""

    @classmethod
    def build(cls, of: Round, composed: Composed) -> "Live":
        """Compute what requests would else wait for: of 15,000 nodes it takes seconds."""
        nodes = tuple(node_of(node) for node in composed.nodes)
        _ = composed.tree.root
        return cls(of, composed, nodes, tuple(core.attached(nodes, tree) for tree in composed.part_trees))


@dataclass(frozen=True)
class Signed:
    """The blind signatures, in the order of the request."""

    signatures: tuple[bytes, ...] = field(repr=False)


class Desk:
    """Answers members; several threads use it at once. The loop tells it with `show` what the log says."""

    def __init__(
        self,
        name: str,
        store: Store,
        secrets: Secrets,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._name = name
        self._store = store
        self._secrets = secrets
        self._metrics = metrics
        self.now = clock
        self.rounds: Mapping[RoundId, Round] | None = None
        """All that the log tells of; None until it was read for the first time."""
        self._live: Mapping[RoundId, Live] = {}

    def show(self, rounds: Mapping[RoundId, Round], live: Mapping[RoundId, Live]) -> None:
        """What is true from now on; nobody changes it afterwards."""
        self.rounds, self._live = rounds, live

    @property
    def published(self) -> Published | None:
        """The agreed rounds."""
        return None if self.rounds is None else {of.id: of for of in self.rounds.values() if of.agreed}

    def most_messages(self, round_id: RoundId) -> int:
        """How many blinded messages a request may hold, for limiting its body; 0 for an unknown round."""
        of = (self.rounds or {}).get(round_id)
        return core.most_messages(of.manifest) if of and of.manifest else 0

    def membership(self, round_id: RoundId, typed: str) -> dict[str, Any] | Refused | Broken:
        """What the owner of an access code may see of her groups (docs/protocol.md, "HTTP")."""
        return self._noted(round_id, lambda: self._membership(round_id, typed))

    def collect(self, round_id: RoundId, typed: str, request: Request) -> Signed | Refused | Broken:
        """Sign a member's blinded messages, once."""
        return self._noted(round_id, lambda: self._collect(round_id, typed, request))

    def _noted(
        self, round_id: RoundId, answer: "Callable[[], _Answer | Refused | Broken]"
    ) -> "_Answer | Refused | Broken":
        try:
            outcome = answer()
        except (DatabaseUnavailable, OSError):
            outcome = Broken(Fault.DATABASE, "The issuer cannot note anything just now; nothing was lost.")
        if isinstance(outcome, Refused):
            self._metrics.refused(outcome.reason, round_id)
        elif isinstance(outcome, Broken):
            self._metrics.refused(outcome.fault, round_id)
        return outcome

    def _find(self, round_id: RoundId) -> Live | Refused | Broken:
        """The round that is asked about; nothing is looked up for a name that is none."""
        if self.rounds is None:
            return Broken(Fault.LOG, "The log has not been read yet.")
        of = self.rounds.get(round_id)
        if of is None or not of.agreed or self._name not in of.parties.issuer_names:
            return Refused(Refusal.UNKNOWN_ROUND, "There is no such round.")
        if of.state(self.now()) not in AGREED:
            return _OVER
        live = self._live.get(round_id)
        return live or Broken(Fault.NODES, "The groups of this round are not in the log just now.")

    def _enter(self, live: Live, typed: str) -> tuple[Member, Standing] | Refused | Broken:
        """Who asks. A code is found by its hash: how long the search takes tells nothing about it."""
        code, visitor = codes.parse(AccessCode, typed), None
        if isinstance(code, AccessCode):
            visitor = self._store.visitor(live.of.id, sha256(code.secret).digest())
        if visitor is None:
            return Refused(Refusal.UNKNOWN_CODE, "This access code is not known.")
        if visitor.standing is None:
            return _FORGOTTEN
        if visitor.member is None:
            return Refused(Refusal.NOT_A_MEMBER, "This person was not in the roster when the round was planned.")
        return visitor.member, visitor.standing

    def _membership(self, round_id: RoundId, typed: str) -> dict[str, Any] | Refused | Broken:
        live = self._find(round_id)
        if not isinstance(live, Live):
            return live
        entered = self._enter(live, typed)
        if not isinstance(entered, tuple):
            return entered
        member, standing = entered
        secret = self._secret(live)
        if not isinstance(secret, RoundSecret):
            return secret
        tree, items = live.composed.tree, live.composed.items
        return {
            "issuer": self._name,
            "language": member.language,
            "collected": standing.request is not None,
            "path": [
                {"node": items[node].decode(), "proof": [b64(step) for step in tree.proof(node)]}
                for node in core.path(live.nodes, member.node)
            ],
            "parts": [
                {
                    "finest": (finest := of_part.finest(member.node)),
                    "names": self._store.names(round_id, live.attached[part][finest]),
                    "salt": b64(secret.salt(Address(finest, part))),
                }
                for part, of_part in enumerate(live.composed.part_trees)
            ],
        }

    def _collect(self, round_id: RoundId, typed: str, request: Request) -> Signed | Refused | Broken:
        live = self._find(round_id)
        if not isinstance(live, Live):
            return live
        # Before the database: members who are served meanwhile must not look like too few.
        counted = self._counted(round_id)
        entered = self._enter(live, typed)
        if not isinstance(entered, tuple):
            return entered
        member, standing = entered
        decision = core.collect(self._name, member, request, standing.request, live.of, live.composed, self.now())
        if isinstance(decision, Refused):
            return decision
        if counted is None:
            return _UNCOUNTED
        if standing.served < counted:
            return _RESTORED
        keys = self._keys(live, decision.addresses)
        if not isinstance(keys, dict):
            return keys
        try:
            marked = self._store.mark(round_id, member.person, request.digest, lambda: self._secrets.served(round_id))
        except NoCounter:
            return _UNCOUNTED
        if marked is None:
            return _RESTORED
        if marked.request != request.digest:
            return Refused(Refusal.ALREADY_COLLECTED, "Another request came first.")
        try:
            self._secrets.raise_served(round_id, marked.served)
        except NoCounter:
            return _UNCOUNTED
        try:
            pairs = zip(decision.addresses, request.blinded, strict=True)
            return Signed(tuple(blind_sign(keys[address], message) for address, message in pairs))
        except SigningFault:
            return Broken(Fault.SIGNING, "A signature came out wrong and was not sent; the same request may try again.")

    def _counted(self, round_id: RoundId) -> int | None:
        """How many members were surely served; None if nobody knows."""
        try:
            return self._secrets.served(round_id)
        except NoCounter:
            return None

    def _secret(self, live: Live) -> RoundSecret | Refused | Broken:
        secret = self._secrets.load(live.of.id)
        if secret is not None:
            return secret
        if self.now() >= live.of.draft.closes:
            return _OVER
        return Broken(Fault.KEYS, "This issuer has lost the keys of this round.")

    def _keys(self, live: Live, addresses: Collection[Address]) -> dict[Address, PrivateKey] | Refused | Broken:
        secret = self._secret(live)
        if not isinstance(secret, RoundSecret):
            return secret
        wrapped = self._store.keys(live.of.id, {address.node for address in addresses})
        if not wrapped.keys() >= set(addresses):
            return Broken(Fault.RESTORED, "The database lacks keys that it had; nothing is signed.")
        try:
            return {address: secret.unwrap(address, wrapped[address]) for address in set(addresses)}
        except DamagedKey:
            return Broken(Fault.KEYS, "This issuer has lost the keys of this round.")
