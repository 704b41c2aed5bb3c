"""The rules of a round: a pure function of the lead's draft and everybody's offers, which everybody recomputes.

    manifest = {"v", "round", "suites", "draft", "admission_keys": by issuer, "gate_key", "aggregate_key",
                "nodes": {"size", "root"}, "parts": [{"slots", "envelope_length"}]}

Its hash (SHA-256 of the canonical JSON) is the round's fingerprint: it covers the questions, the dates, the parties,
every key and, through a Merkle root, every group. Whoever accepts it has checked the whole with `check`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared import canonical, draft, jws, nodes, tokens
from shared.blind_rsa import PublicKey
from shared.canonical import b64, unb64
from shared.draft import BadDraft, Draft
from shared.envelope import Layout
from shared.merkle import Tree
from shared.parties import Parties
from shared.questionnaire_schema import MAX_PARTS
from shared.schema import Bytes, first_error, round_id, whole
from shared.tree import PartTree

SUITES = {
    "token": "0x0002 RSABSSA-SHA384-PSS-Deterministic 2048",
    "seal": "0x0020 DHKEM(X25519, HKDF-SHA256), 0x0001 HKDF-SHA256, 0x0001 AES-128-GCM",
    "sign": "Ed25519",
}
"""The only suites that this version accepts, whatever a manifest may say."""


class BadManifest(ValueError):
    """The manifest is malformed, or is not what follows from draft and offers, or breaks a promise."""


class _Nodes(Schema):
    size = whole(min=1, max=2**32 - 1)
    root = Bytes(32, required=True)


class _Part(Schema):
    slots = whole(min=1, max=64)
    envelope_length = whole(min=1, max=400 * 1024)


class _ManifestSchema(Schema):
    v = fields.Int(required=True, strict=True, validate=validate.Equal(1))
    round = round_id()
    suites = fields.Dict(required=True, validate=validate.Equal(SUITES))
    draft = fields.Dict(required=True)
    admission_keys = fields.Dict(keys=fields.Str(), values=Bytes(256), required=True)
    gate_key = Bytes(32, required=True)
    aggregate_key = Bytes(32, required=True)
    nodes = fields.Nested(_Nodes, required=True)
    parts = fields.List(fields.Nested(_Part), required=True, validate=validate.Length(min=1, max=MAX_PARTS))


_SCHEMA = _ManifestSchema()


@dataclass(frozen=True)
class Manifest:
    """A parsed manifest; that everybody has accepted it is for the fold, or `verify_published`, to say."""

    body: dict[str, Any]
    hash: bytes
    round_id: str
    parties: Parties
    draft: Draft
    admission_keys: Mapping[str, PublicKey]
    """By issuer, in the order of the issuers."""
    gate_key: bytes
    aggregate_key: bytes
    node_count: int
    node_root: bytes
    layouts: tuple[Layout, ...]

    @cached_property
    def challenge_digests(self) -> tuple[bytes, ...]:
        """What tokens of this round answer, for each issuer in their order."""
        origin = self.parties.origin
        return tuple(tokens.challenge_digest(issuer, self.hash, origin) for issuer in self.admission_keys)

    @classmethod
    def parse(cls, body: dict[str, Any], parties: Parties) -> "Manifest":
        """Check form, suites, and that it belongs to `parties`; BadManifest."""
        try:
            loaded = _SCHEMA.load(body)
            drafted = draft.parse(loaded["draft"])
            keys = {name: PublicKey.from_modulus(unb64(key)) for name, key in loaded["admission_keys"].items()}
        except ValidationError as error:
            raise BadManifest(first_error(error)) from None
        except ValueError as error:
            raise BadManifest(str(error)) from None
        if drafted.generation != parties.generation or drafted.body["parties"] != parties.digest:
            raise BadManifest("another parties.json")
        if keys.keys() != set(parties.issuer_names):
            raise BadManifest("not one admission key for each issuer")
        asked = drafted.questionnaire.parts
        if len(loaded["parts"]) != len(asked):
            raise BadManifest("another number of parts than the draft")
        layouts = tuple(
            Layout(len(parties.issuers), said["slots"], part.size)
            for said, part in zip(loaded["parts"], asked, strict=True)
        )
        if [layout.envelope for layout in layouts] != [said["envelope_length"] for said in loaded["parts"]]:
            raise BadManifest("an envelope's length does not follow from slots and size")
        return cls(
            body=body,
            hash=sha256(canonical.dumps(body)).digest(),
            round_id=loaded["round"],
            parties=parties,
            draft=drafted,
            admission_keys={name: keys[name] for name in parties.issuer_names},
            gate_key=unb64(loaded["gate_key"]),
            aggregate_key=unb64(loaded["aggregate_key"]),
            node_count=loaded["nodes"]["size"],
            node_root=unb64(loaded["nodes"]["root"]),
            layouts=layouts,
        )

    @cached_property
    def fingerprint(self) -> str:
        """base64url of the hash, as records name it."""
        return b64(self.hash)

    @cached_property
    def check_code(self) -> str:
        """The first 160 bits of the hash for people to compare: ten groups of four hexadecimal digits."""
        digits = self.hash.hex()[:40]
        return " ".join(digits[start : start + 4] for start in range(0, 40, 4))


@dataclass(frozen=True)
class Composed:
    """A manifest with the nodes it stands for."""

    manifest: Manifest
    items: tuple[bytes, ...]
    """The composed nodes, in pre-order; leaves of the Merkle tree."""

    @cached_property
    def tree(self) -> Tree:
        return Tree(self.items)

    @cached_property
    def nodes(self) -> tuple[dict[str, Any], ...]:
        return tuple(nodes.parse_composed(item) for item in self.items)

    @cached_property
    def part_trees(self) -> tuple[PartTree, ...]:
        """The tree of each part."""
        bare = [nodes.node_of(node) for node in self.nodes]
        return tuple(PartTree(bare, part.k) for part in self.manifest.draft.questionnaire.parts)

    def group_key(self, issuer: str, node: int, part: int) -> PublicKey:
        """The key that vouches for membership of a keyed node in a part; KeyError if it has none."""
        address = (issuer, node, part)
        if address not in self._group_keys:
            modulus = self.nodes[node]["keys"][issuer][part]
            if modulus is None:
                raise KeyError(address)
            self._group_keys[address] = PublicKey(int.from_bytes(unb64(modulus)))
        return self._group_keys[address]

    @cached_property
    def _group_keys(self) -> dict[tuple[str, int, int], PublicKey]:
        return {}

    @cached_property
    def moduli(self) -> tuple[str, ...]:
        """Every signing key of the round, admission keys included, in base64url."""
        groups = [key for node in self.nodes for keys in node["keys"].values() for key in keys if key is not None]
        return (*self.manifest.body["admission_keys"].values(), *groups)


def compose(
    round_id: str,
    parties: Parties,
    draft_body: dict[str, Any],
    offers: Mapping[str, Mapping[str, Any]],
    offered_nodes: Mapping[str, Sequence[dict[str, Any]]],
) -> Composed:
    """The manifest that follows from a draft, the offers' bodies by author, and the issuers' nodes.

    Raises BadManifest or BadNodes, naming where the issuers' trees differ.
    """
    drafted = draft.parse(draft_body)
    ks = [part.k for part in drafted.questionnaire.parts]
    items = nodes.compose({name: offered_nodes[name] for name in parties.issuer_names}, ks)
    bare = [nodes.node_of(node) for node in offered_nodes[parties.lead.name]]
    slots = [PartTree(bare, k).slots for k in ks]
    layouts = [
        Layout(len(parties.issuers), slot, part.size)
        for slot, part in zip(slots, drafted.questionnaire.parts, strict=True)
    ]
    body = {
        "v": 1,
        "round": round_id,
        "suites": SUITES,
        "draft": draft_body,
        "admission_keys": {name: offers[name]["admission_key"] for name in parties.issuer_names},
        "gate_key": offers[parties.gate.name]["key"],
        "aggregate_key": offers[parties.aggregate.name]["key"],
        "nodes": {"size": len(items), "root": b64(Tree(items).root)},
        "parts": [{"slots": layout.slots, "envelope_length": layout.envelope} for layout in layouts],
    }
    return Composed(Manifest.parse(body, parties), tuple(items))


def check(
    proposed: Manifest,
    recomputed: Composed,
    offered_nodes: Mapping[str, Sequence[dict[str, Any]]],
    earlier: Iterable[Manifest],
    known_keys: frozenset[str],
    now: float,
) -> None:
    """What every party checks before it accepts; raises BadManifest, BadNodes or BadDraft.

    `earlier`: the manifests before this one in the log whose rounds are not void, cancelled or stopped, and all that
    this party has itself accepted. `known_keys`: keys (base64url) of all earlier manifests.
    """
    if recomputed.manifest.hash != proposed.hash:
        raise BadManifest("it does not follow from draft and offers")
    draft.check(proposed.draft, trial=proposed.parties.trial, now=now)
    ks = [part.k for part in proposed.draft.questionnaire.parts]
    for offered in offered_nodes.values():
        nodes.check(offered, ks)
    keys = [*recomputed.moduli, proposed.body["gate_key"], proposed.body["aggregate_key"]]
    if len(set(keys)) != len(keys):
        raise BadManifest("two keys are equal")
    if not known_keys.isdisjoint(keys):
        raise BadManifest("a key was used before")
    try:
        for modulus in recomputed.moduli:
            PublicKey.from_modulus(unb64(modulus))
    except ValueError as error:
        raise BadManifest(f"a group's key: {error}") from None
    for other in earlier:
        if other.round_id != proposed.round_id and proposed.draft.repeats(other.draft):
            raise BadManifest(f"a question is asked in round {other.round_id} too, too close in time")


def verify_published(manifest_jws: str, accepts: Sequence[str], parties: Parties) -> Manifest:
    """What a client demands: the lead's signature and the accept of every author, over one manifest.

    Raises BadManifest. Floors and suites are the client's own, not the manifest's.
    """
    try:
        said = jws.verify(manifest_jws, "klankbord-manifest", parties.lead.public_key)
        manifest = Manifest.parse(said["body"]["manifest"], parties)
        if said["round"] != manifest.round_id or said["author"] != parties.lead.name:
            raise BadManifest("the manifest of another round")
        accepted = set()
        for accept in accepts:
            author = parties.authors[jws.peek(accept)[1]["author"]]
            said = jws.verify(accept, "klankbord-accept", author.public_key)
            if said["round"] == manifest.round_id and said["body"] == {"manifest": manifest.fingerprint}:
                accepted.add(author.name)
    except BadManifest:
        raise
    except (KeyError, TypeError, ValueError):
        raise BadManifest("a signature is missing or wrong") from None
    if missing := parties.authors.keys() - accepted:
        raise BadManifest(f"{', '.join(sorted(missing))} did not accept this manifest")
    try:
        draft.check(manifest.draft, trial=parties.trial, now=float("-inf"))
    except BadDraft as error:
        raise BadManifest(str(error)) from None
    return manifest
