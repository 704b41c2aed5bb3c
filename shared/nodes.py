"""The nodes of a round's tree with their signing keys: what each issuer offers, and how the offers become one tree.

    offered  {"id", "parent", "kind", "label", "size",
              "keys": [base64url modulus | null, per part], "names": [base64url hash | null, per part]}
    composed the same with "own":[people | null per part], and keys and names by issuer

`keys[p]` is there exactly where the node has a key in part p's tree; `names[p]` exactly where it has people of its
own there. A names hash is SHA-256(salt || canonical JSON of the sorted names); the 32-byte salt goes to those people
only.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared import canonical
from shared.schema import Bytes, first_error, whole
from shared.tree import Node, NodeKind, PartTree

MAX_PARTS = 16


class BadNodes(ValueError):
    """The nodes are malformed, are no tree, or break a promise about sizes, keys or names."""


class _Shape(Schema):
    id = whole(min=0)
    parent = fields.Int(required=True, allow_none=True, strict=True)
    kind = fields.Enum(NodeKind, by_value=True, required=True)
    label = fields.Str(required=True, validate=validate.Length(min=1, max=2000))
    size = whole(min=1)


class _Offered(_Shape):
    keys = fields.List(Bytes(256, allow_none=True), required=True, validate=validate.Length(max=MAX_PARTS))
    names = fields.List(Bytes(32, allow_none=True), required=True, validate=validate.Length(max=MAX_PARTS))


class _Composed(_Shape):
    own = fields.List(fields.Int(strict=True, allow_none=True), required=True, validate=validate.Length(max=MAX_PARTS))
    keys = fields.Dict(
        keys=fields.Str(), values=fields.List(Bytes(256, allow_none=True), validate=validate.Length(max=MAX_PARTS))
    )
    names = fields.Dict(
        keys=fields.Str(), values=fields.List(Bytes(32, allow_none=True), validate=validate.Length(max=MAX_PARTS))
    )


_SHAPE = ("id", "parent", "kind", "label", "size")


def names_hash(salt: bytes, names: Sequence[str]) -> bytes:
    """What the manifest says about the members of a group without telling who they are; `salt` has 32 bytes."""
    return sha256(salt + canonical.dumps(sorted(names))).digest()


def offer(node: Node, keys: Sequence[str | None], names: Sequence[str | None]) -> bytes:
    """One offered node as an item of the issuer's bundle."""
    return canonical.dumps(_shape(node) | {"keys": list(keys), "names": list(names)})


def parse_offered(items: Sequence[bytes]) -> list[dict[str, Any]]:
    """The nodes of an issuer's bundle; BadNodes if any is malformed."""
    return [_load(_Offered(), item) for item in items]


def parse_composed(item: bytes) -> dict[str, Any]:
    """One composed node, as an issuer hands it to a member together with its Merkle proof; BadNodes."""
    return _load(_Composed(), item)


def compose(offers: Mapping[str, Sequence[dict[str, Any]]], ks: Sequence[int]) -> list[bytes]:
    """Merge the issuers' offers, in the order of the issuers; `ks` is the minimum of each part.

    Raises BadNodes naming the first place where the issuers' trees differ.
    """
    first_name, first = next(iter(offers.items()))
    for name, nodes in offers.items():
        for one, other in zip(first, nodes, strict=False):
            if any(one[key] != other[key] for key in _SHAPE):
                raise BadNodes(f"{first_name} and {name} differ at {one['label']!r} and {other['label']!r}")
        if len(first) != len(nodes):
            raise BadNodes(f"{first_name} plans {len(first)} groups and {name} {len(nodes)}")
    trees = [PartTree([node_of(node) for node in first], k) for k in ks]
    return [
        canonical.dumps(
            {key: node[key] for key in _SHAPE}
            | {
                "own": [tree.own.get(node["id"]) for tree in trees],
                "keys": {name: nodes[place]["keys"] for name, nodes in offers.items()},
                "names": {name: nodes[place]["names"] for name, nodes in offers.items()},
            }
        )
        for place, node in enumerate(first)
    ]


def node_of(node: Mapping[str, Any]) -> Node:
    """The node without keys and names."""
    return Node(node["id"], node["parent"], NodeKind(node["kind"]), node["label"], node["size"])


def check(offered: Sequence[dict[str, Any]], ks: Sequence[int]) -> None:
    """What every party checks of one issuer's nodes: a pre-order tree, sizes, minima, keys and names where they belong.

    Raises BadNodes. `ks` is the minimum of each part; the smallest is the floor for every node.
    """
    nodes = [node_of(node) for node in offered]
    if not nodes or nodes[0].parent is not None:
        raise BadNodes("there is no root")
    below = dict.fromkeys(range(len(nodes)), 0)
    labels: set[tuple[int, NodeKind, str]] = set()
    open_path: list[int] = []
    for place, node in enumerate(nodes):
        if node.id != place:
            raise BadNodes(f"node {place} has the number {node.id}")
        if node.size < min(ks):
            raise BadNodes(f"{node.label!r} has {node.size} people, below the minimum")
        if place:
            while open_path and open_path[-1] != node.parent:
                open_path.pop()
            if not open_path or node.parent is None:
                raise BadNodes(f"{node.label!r} does not stand in pre-order below its parent")
            if (node.parent, node.kind, node.label) in labels:
                raise BadNodes(f"two groups beside each other are called {node.label!r}")
            labels.add((node.parent, node.kind, node.label))
            below[node.parent] += node.size
        open_path.append(place)
    for node in nodes:
        direct = node.size - below[node.id]
        if direct < 0 or (node.kind is NodeKind.MERGE and direct):
            raise BadNodes(f"the sizes below {node.label!r} do not add up")
    trees = [PartTree(nodes, k) for k in ks]
    for record in offered:
        if len(record["keys"]) != len(ks) or len(record["names"]) != len(ks):
            raise BadNodes(f"{record['label']!r} has keys for another number of parts")
        for tree, key, names in zip(trees, record["keys"], record["names"], strict=True):
            if (key is not None) != (record["id"] in tree.keyed):
                raise BadNodes(f"{record['label']!r} has a key too many or too few")
            if (names is not None) != (tree.own.get(record["id"], 0) > 0):
                raise BadNodes(f"{record['label']!r} has a list of members too many or too few")


def _shape(node: Node) -> dict[str, Any]:
    return {"id": node.id, "parent": node.parent, "kind": str(node.kind), "label": node.label, "size": node.size}


def _load(schema: Schema, item: bytes) -> dict[str, Any]:
    try:
        value = canonical.loads(item)
        schema.load(value)
    except ValidationError as error:
        raise BadNodes(first_error(error)) from None
    except ValueError:
        raise BadNodes("not canonical JSON") from None
    return dict(value)
