"""The nodes of a round's tree with their signing keys: what each issuer offers, and how the offers become one tree.

    offered  {"id", "parent", "kind", "label", "size",
              "keys": [base64url modulus | null, per part], "names": [base64url hash | null, per part]}
    composed the same with "own":[people | null per part], and keys and names by issuer

`keys[p]` is there exactly where the node has a key in part p's tree; `names[p]` exactly where it has people of its
own there. A names hash is SHA-256(salt || canonical JSON of the sorted names); the 32-byte salt goes to those people
only.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from shared import canonical
from shared.questionnaire_schema import MAX_PARTS
from shared.schema import PARTY_NAME
from shared.tree import Node, NodeKind, PartTree

LABEL = 2000
"""Most characters of a label."""


class BadNodes(ValueError):
    """The nodes are malformed, are no tree, or break a promise about sizes, keys or names."""


_SHAPE = ("id", "parent", "kind", "label", "size")
_KINDS = frozenset(str(kind) for kind in NodeKind)
_MODULUS = re.compile(r"[A-Za-z0-9_-]{341}[AQgw]")
"""256 bytes in base64url: of the last character only two bits mean something, the others are zero."""
_HASH = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""32 bytes: of the last character four bits mean something."""
_DIGITS = 2**32
"""A node's number and size travel as u32."""


def names_hash(salt: bytes, names: Sequence[str]) -> bytes:
    """What the manifest says about the members of a group without telling who they are; `salt` has 32 bytes."""
    return sha256(salt + canonical.dumps(sorted(names))).digest()


def offer(node: Node, keys: Sequence[str | None], names: Sequence[str | None]) -> bytes:
    """One offered node as an item of the issuer's bundle."""
    return canonical.dumps(_shape(node) | {"keys": list(keys), "names": list(names)})


def parse_offered(items: Sequence[bytes]) -> list[dict[str, Any]]:
    """The nodes of an issuer's bundle; BadNodes if any is malformed."""
    return [_load(item, _check_offered) for item in items]


def parse_composed(item: bytes) -> dict[str, Any]:
    """One composed node, as an issuer hands it to a member together with its Merkle proof; BadNodes."""
    return _load(item, _check_composed)


def compose(offers: Mapping[str, Sequence[dict[str, Any]]], ks: Sequence[int]) -> list[bytes]:
    """Merge the issuers' offers, in the order of the issuers, from `parse_offered`; `ks` is the minimum of each part.

    Raises BadNodes naming the first place where the issuers' trees differ, or if the first issuer's nodes are no tree.
    """
    first_name, first = next(iter(offers.items()))
    for name, nodes in offers.items():
        for one, other in zip(first, nodes, strict=False):
            if any(one[key] != other[key] for key in _SHAPE):
                raise BadNodes(f"{first_name} and {name} differ at {one['label']!r} and {other['label']!r}")
        if len(first) != len(nodes):
            raise BadNodes(f"{first_name} plans {len(first)} groups and {name} {len(nodes)}")
    check(first, ks)
    trees = [PartTree([node_of(node) for node in first], k) for k in ks]
    return [
        _spell(
            {key: node[key] for key in _SHAPE}
            | {
                "own": [tree.own.get(node["id"]) for tree in trees],
                "keys": {name: nodes[place]["keys"] for name, nodes in offers.items()},
                "names": {name: nodes[place]["names"] for name, nodes in offers.items()},
            }
        ).encode()
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
    if not nodes or nodes[0].parent is not None or nodes[0].kind is not NodeKind.GROUP:
        raise BadNodes("there is no root")
    below = dict.fromkeys(range(len(nodes)), 0)
    children = dict.fromkeys(range(len(nodes)), 0)
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
            children[node.parent] += 1
        open_path.append(place)
    for node in nodes:
        direct = node.size - below[node.id]
        if direct < 0 or (node.kind is NodeKind.MERGE and direct):
            raise BadNodes(f"the sizes below {node.label!r} do not add up")
        if (node.kind is NodeKind.MERGE and children[node.id] < 2) or (
            node.kind is NodeKind.DIRECT and children[node.id]
        ):
            raise BadNodes(f"{node.label!r} is no {node.kind}")
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


# A large company has 15,400 nodes, which every party reads once per issuer. These checks take a tenth of the time that
# a schema takes; what they leave open (other spellings of the same value) the comparison in `_load` settles.


def _load(item: bytes, check: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    try:
        node = json.loads(item.decode())
        if not isinstance(node, dict):
            raise BadNodes("not an object")
        check(node)
        if _spell(node).encode() != item:
            raise BadNodes("not canonical JSON")
    except BadNodes:
        raise
    except (ValueError, RecursionError):
        raise BadNodes("not canonical JSON") from None
    return node


_spell = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""As `canonical.dumps`, for what has been checked to hold nothing that it refuses."""


def _check_shape(node: dict[str, Any], others: frozenset[str]) -> None:
    if node.keys() != others:
        raise BadNodes("a member is missing, or one too many")
    if not _is_number(node["id"]) or not (node["parent"] is None or _is_number(node["parent"])):
        raise BadNodes("a number that is none")
    if not _is_number(node["size"]) or not node["size"]:
        raise BadNodes("a size that is none")
    if not isinstance(node["kind"], str) or node["kind"] not in _KINDS:
        raise BadNodes("an unknown kind of node")
    if not isinstance(node["label"], str) or not 1 <= len(node["label"]) <= LABEL:
        raise BadNodes("a label that is empty, too long, or no text")


def _check_offered(node: dict[str, Any]) -> None:
    _check_shape(node, _OFFERED)
    _check_texts(node["keys"], _MODULUS)
    _check_texts(node["names"], _HASH)


def _check_composed(node: dict[str, Any]) -> None:
    _check_shape(node, _COMPOSED)
    own = node["own"]
    if not isinstance(own, list) or len(own) > MAX_PARTS or not all(one is None or _is_number(one) for one in own):
        raise BadNodes("numbers of people that are none")
    for member, form in (("keys", _MODULUS), ("names", _HASH)):
        if not isinstance(node[member], dict):
            raise BadNodes(f"{member} that do not stand by issuer")
        for issuer, texts in node[member].items():
            if not PARTY_NAME.fullmatch(issuer):
                raise BadNodes("no issuer is called like that")
            _check_texts(texts, form)


_OFFERED = frozenset({*_SHAPE, "keys", "names"})
_COMPOSED = frozenset({*_SHAPE, "keys", "names", "own"})


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < _DIGITS


def _check_texts(texts: object, form: re.Pattern[str]) -> None:
    if not isinstance(texts, list) or len(texts) > MAX_PARTS:
        raise BadNodes("not a list by part")
    for text in texts:
        if text is not None and not (isinstance(text, str) and form.fullmatch(text)):
            raise BadNodes("a key or a hash of another length or spelling")
