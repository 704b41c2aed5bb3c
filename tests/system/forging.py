"""What dishonest parties make with the keys that they really have.

Stuffer(house, "hr").ticket(...)      an issuer's tokens for a person who does not exist
Hands(house)                          the gate's hands: the opened envelopes, and batches of its own making
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from clients.cli.collecting import Ticket
from services.issuer.planned import ADMISSION, Address
from shared import batch_items, bundle, envelope, hpke, tokens, topics
from shared.batch_items import Batch, Entry, Lot
from shared.blind_rsa import PrivateKey, blind, blind_sign, finalize
from shared.canonical import b64
from shared.compositions import Compositions
from shared.envelope import Envelope, Outer
from shared.manifest import Composed, Manifest
from shared.partition import partition
from shared.records import Kind
from shared.rounds import RoundId
from shared.sealing_key import SealingKey
from shared.secret_files import RoundSecrets
from shared.tree import NodeId
from tests.keys import ed25519_key
from tests.system.house import House
from tests.system.running import Issuer


def composed(house: House, round_id: RoundId) -> Composed:
    return Compositions(house.log).of(house.of(round_id))


class Stuffer:
    """An issuer at home, signing for whom it likes."""

    def __init__(self, house: House, name: str, round_id: RoundId = "spring") -> None:
        issuer = house.services[name]
        assert isinstance(issuer, Issuer)
        secret = issuer.secrets.load(round_id)
        assert secret is not None
        self._keys = {at: secret.unwrap(at, wrapped) for at, wrapped in issuer.store.keys(round_id).items()}
        self._manifest = house.manifest(round_id)
        self._composed = composed(house, round_id)
        self._name = name

    def ticket(self, number: int, part: int, node: NodeId) -> Ticket:
        """All that an envelope of this part needs, with the tokens of this issuer only."""
        nonce, seed = Random(number).randbytes(32), Random(-1 - number).randbytes(32)
        sk = Ticket(nonce, seed, node, (), ()).sk
        of_group = tokens.group_nonce(sk.public_key().public_bytes_raw())
        path = self._composed.part_trees[part].keyed_path(node)
        return Ticket(
            nonce,
            seed,
            node,
            (self._token(ADMISSION, nonce),),
            tuple((self._token(Address(step, part), of_group),) for step in path),
        )

    def _token(self, at: Address, nonce: bytes) -> bytes:
        digest = tokens.challenge_digest(self._name, self._manifest.hash, self._manifest.parties.origin)
        return _signed(self._keys[at], tokens.token_input(nonce, digest, self._keys[at].public.key_id))


def _signed(key: PrivateKey, message: bytes) -> bytes:
    """A token that nobody had to blind."""
    asked = blind(key.public, message, bytes(48), 1)
    return finalize(key.public, message, blind_sign(key, asked.message), asked.inverse)


@dataclass(frozen=True)
class Taken:
    """An envelope whose outer layer the gate has taken off."""

    part: int
    outer: Outer


class Hands:
    """A gate that has its key and its identity, and nothing else of the real one: that must not be at home."""

    def __init__(self, house: House, round_id: RoundId = "spring") -> None:
        assert "gate" not in house.services
        self.house = house
        self.round_id = round_id
        data = RoundSecrets(house.folder / "gate" / "rounds").load(round_id)
        assert data is not None
        self.key = hpke.SecretKey(SealingKey.from_bytes(data).secret)

    @cached_property
    def composed(self) -> Composed:
        return composed(self.house, self.round_id)

    @property
    def manifest(self) -> Manifest:
        return self.composed.manifest

    def taken(self) -> list[Taken]:
        """All envelopes in the log, which are honest ones, each person's once."""
        found = []
        for record in self.house.envelopes(self.round_id):
            posted = Envelope.decode(record, self.manifest.layouts)
            layout = self.manifest.layouts[posted.part]
            opened = envelope.open_outer(self.key, self.manifest.hash, posted.part, posted.nonce, posted.outer, layout)
            found.append(Taken(posted.part, opened))
        return found

    def honest(self, taken: Sequence[Taken]) -> Batch:
        """The lawful batch of these envelopes."""
        lots: list[Lot] = []
        held_back: dict[int, tuple[bytes, ...]] = {}
        for part, tree in enumerate(self.composed.part_trees):
            outers = [one.outer for one in taken if one.part == part]
            cells = partition(tree, {node: sum(outer.node == node for outer in outers) for node in tree.keyed})
            if None in cells.values():
                held_back[part] = tuple(sorted(self.counted_entry(part, outer) for outer in outers))
                continue
            for cell in sorted({cell for cell in cells.values() if cell is not None}):
                here = [outer for outer in outers if cells[outer.node] == cell]
                lots.append(lot(part, cell, [self.entry(part, outer, cell) for outer in here]))
        return Batch(tuple(lots), held_back)

    def entry(self, part: int, outer: Outer, cell: NodeId) -> Entry:
        """As it stands in the lot of a cell, which need not lie on its path."""
        tree = self.composed.part_trees[part]
        path, vouching = tree.keyed_path(outer.node), tree.vouching(cell)
        depth = path.index(vouching) if vouching in path else len(outer.tokens) - 1
        return Entry(outer.pk, outer.tokens[0], outer.tokens[depth] if vouching else None, outer.sig, outer.inner)

    def counted_entry(self, part: int, outer: Outer) -> bytes:
        return envelope.counted_entry(self.manifest.hash, part, outer.pk, outer.inner)

    def cut(self) -> str:
        """Say that these are the envelopes; the digest of the record."""
        (end,) = self.house.log.end(topics.envelopes(self.round_id))
        partition = {"end": end, "count": end, "sha256": b64(bytes(32))}
        body = {"manifest": self.manifest.fingerprint, "partitions": [partition]}
        return self.house.say(self.round_id, Kind.CUT, "gate", body)

    def hand_over(self, cut: str, batch: Batch, numbers: Sequence[Mapping[str, Any]] | None = None) -> str:
        """The batch with its bundle, whatever it is; the digest of the record."""
        packed = bundle.pack(batch_items.encode(batch.lots, batch.held_back))
        self.house.log.append(topics.batches(self.round_id), *packed.records)
        parts = [dict(of) for of in numbers or self.numbers(batch)]
        return self.house.say(
            self.round_id, Kind.BATCH, "gate", {"cut": cut, "bundle": packed.reference, "parts": parts}
        )

    def numbers(self, batch: Batch) -> list[dict[str, Any]]:
        """What the record says of each part."""
        return [
            {
                "lots": sum(one.part == part for one in batch.lots),
                "counted": sum(len(one.entries) for one in batch.lots if one.part == part),
                "held_back": len(batch.held_back.get(part, ())),
                "refused": {},
            }
            for part in range(len(self.composed.part_trees))
        ]


def lot(part: int, node: NodeId, entries: Sequence[Entry]) -> Lot:
    return Lot(part, node, tuple(sorted(entries, key=lambda entry: entry.pk)))


STRANGER = ed25519_key(99)
"""The identity key of nobody."""
