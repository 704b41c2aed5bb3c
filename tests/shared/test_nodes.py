import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import canonical, nodes
from shared.canonical import b64, unb64
from shared.nodes import BadNodes, check, compose, parse_composed, parse_offered
from shared.tree import Node, NodeKind, PartTree
from tests.lives_made import TREE, modulus, offered_nodes, thirty_two
from tests.organisations import trees

KS = [5, 10]


def offered(tree: Sequence[Node] = TREE, ks: Sequence[int] = KS, issuer: str = "hr") -> list[dict[str, Any]]:
    return offered_nodes(tree, ks, issuer, 0)[0]


def spelled(node: dict[str, Any]) -> bytes:
    return canonical.dumps(node)


def test_what_was_offered_is_read_again() -> None:
    for node, record in zip(TREE, offered(), strict=True):
        assert nodes.node_of(record) == node
        assert parse_offered([spelled(record)]) == [record]


# Form.

KEY, HASH = modulus(0), thirty_two("names")

WRONG_SHAPES: list[dict[str, Any]] = [
    {"id": -1},
    {"id": "0"},
    {"id": True},
    {"id": None},
    {"id": 2**32},
    {"parent": -1},
    {"parent": "0"},
    {"parent": False},
    {"kind": "team"},
    {"kind": None},
    {"kind": ["group"]},
    {"label": ""},
    {"label": 7},
    {"label": None},
    {"label": "x" * 2001},
    {"size": 0},
    {"size": -5},
    {"size": "5"},
    {"size": True},
    {"size": 2**32},
    {"more": 1},
]

WRONG_LISTS: list[dict[str, Any]] = [
    {"keys": None},
    {"keys": {}},
    {"keys": KEY},
    {"keys": [KEY[:-1]]},
    {"keys": [KEY + "A"]},
    {"keys": [KEY[:-1] + "B"]},
    {"keys": [KEY[:-1] + "="]},
    {"keys": [KEY[:-1] + "\n"]},
    {"keys": [HASH]},
    {"keys": [7]},
    {"keys": [False]},
    {"keys": [None] * 17},
    {"names": None},
    {"names": [KEY]},
    {"names": [HASH[:-1] + "B"]},
    {"names": [None] * 17},
]


@pytest.mark.parametrize("change", WRONG_SHAPES + WRONG_LISTS, ids=lambda change: str(change)[:50])
def test_an_offered_node_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadNodes):
        parse_offered([spelled(offered()[0] | change)])


COMPOSED = json.loads(compose({"hr": offered(), "council": offered(issuer="council")}, KS)[0])

WRONG_COMPOSED: list[dict[str, Any]] = [
    *WRONG_SHAPES,
    *({name: {"hr": value} for name, value in change.items()} for change in WRONG_LISTS),
    {"keys": [KEY]},
    {"keys": {"HR": [KEY]}},
    {"keys": {"": [KEY]}},
    {"own": None},
    {"own": [-1]},
    {"own": ["1"]},
    {"own": [True]},
    {"own": [None] * 17},
]


@pytest.mark.parametrize("change", WRONG_COMPOSED, ids=lambda change: str(change)[:50])
def test_a_composed_node_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadNodes):
        parse_composed(spelled(COMPOSED | change))


@pytest.mark.parametrize("member", ["id", "parent", "kind", "label", "size", "keys", "names", "own"])
def test_every_member_is_needed(member: str) -> None:
    def without(node: dict[str, Any]) -> bytes:
        return spelled({name: value for name, value in node.items() if name != member})

    with pytest.raises(BadNodes):
        parse_composed(without(COMPOSED))
    if member != "own":
        with pytest.raises(BadNodes):
            parse_offered([without(offered()[0])])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + " ",
        lambda text: text.replace(":", ": "),
        lambda text: text.replace('"size":20', '"size":20.0'),
        lambda text: text.replace('"size":20', '"size":2e1'),
        lambda text: text.replace('"size":20', '"size":19,"size":20'),
        lambda text: text.replace("Velda", "\\u0056elda"),
        lambda text: text.replace("Velda", "\\ud800"),
        lambda text: text.replace('"size":20', '"size":NaN'),
        lambda text: text.replace('"size":20', '"size":' + "9" * 5000),
        lambda text: text[:-1],
        lambda text: f"[{text}]",
        lambda text: "[" * 100_000,
        lambda text: "null",
        lambda text: "",
    ],
)
def test_a_node_has_one_spelling(spoil: Any) -> None:
    for parse, node in ((parse_offered, offered()[0]), (lambda items: parse_composed(items[0]), COMPOSED)):
        with pytest.raises(BadNodes):
            parse([spoil(spelled(node).decode()).encode()])
    with pytest.raises(BadNodes):
        parse_offered([b"\xff" + spelled(offered()[0])])


@settings(deadline=None)
@given(data=st.binary(min_size=256, max_size=256), short=st.binary(min_size=32, max_size=32), last=st.characters())
def test_the_quick_check_of_keys_and_hashes_takes_exactly_what_base64url_takes(
    data: bytes, short: bytes, last: str
) -> None:
    def takes(**change: Any) -> bool:
        try:
            return bool(parse_offered([spelled(offered()[0] | change)]))
        except (BadNodes, ValueError):
            return False

    def decodes(text: str, length: int) -> bool:
        try:
            return len(unb64(text)) == length
        except ValueError:
            return False

    for text, length, name in ((b64(data), 256, "keys"), (b64(short), 32, "names")):
        assert takes(**{name: [text]})
        other = text[:-1] + last
        assert takes(**{name: [other]}) == decodes(other, length)


@settings(deadline=None)
@given(label=st.text(min_size=1, max_size=50), size=st.integers(1, 2**32 - 1))
def test_the_quick_spelling_is_the_canonical_one(label: str, size: int) -> None:
    node = offered()[0] | {"label": label, "size": size}
    try:
        item = canonical.dumps(node)
    except ValueError:
        return
    assert parse_offered([item]) == [node]


# The tree.


def spoiled(**changes: Any) -> list[dict[str, Any]]:
    """The offered nodes with members of node 2 replaced."""
    return [*offered()[:2], offered()[2] | changes]


def test_a_planned_tree_passes() -> None:
    check(offered(), KS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([], "no root"),
        (offered()[1:], "no root"),
        ([offered()[0] | {"kind": "merge"}, *offered()[1:]], "no root"),
        ([offered()[0] | {"kind": "direct"}, *offered()[1:]], "no root"),
        (spoiled(id=7), "number 7"),
        (spoiled(id=1), "number 1"),
        (spoiled(parent=None), "pre-order"),
        (spoiled(parent=2), "pre-order"),
        (spoiled(parent=9), "pre-order"),
        (spoiled(size=4), "below the minimum"),
        (spoiled(size=9), "add up"),
        (spoiled(label="Payments"), "called 'Payments'"),
        (spoiled(kind="merge"), "add up"),
        (spoiled(keys=[None, None]), "a key too many or too few"),
        (spoiled(keys=[KEY, KEY]), "a key too many or too few"),
        (spoiled(keys=[KEY]), "another number of parts"),
        (spoiled(keys=[KEY, None, None]), "another number of parts"),
        (spoiled(names=[HASH]), "another number of parts"),
        (spoiled(names=[None, None]), "a list of members"),
        (spoiled(names=[HASH, HASH]), "a list of members"),
        ([offered()[0] | {"names": [HASH, HASH]}, *offered()[1:]], "a list of members"),
    ],
)
def test_each_broken_promise_is_refused(wrong: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(BadNodes, match=said):
        check(wrong, KS)


def test_a_node_stands_behind_its_parent_and_all_of_that_ones_earlier_children() -> None:
    tree = [
        Node(0, None, NodeKind.GROUP, "Velda", 40),
        Node(1, 0, NodeKind.GROUP, "A", 20),
        Node(2, 0, NodeKind.GROUP, "B", 20),
        Node(3, 1, NodeKind.GROUP, "late", 10),
    ]
    with pytest.raises(BadNodes, match="pre-order"):
        check(offered(tree), KS)


def test_a_merge_has_at_least_two_children_and_a_direct_none() -> None:
    tree = [
        Node(0, None, NodeKind.GROUP, "Velda", 20),
        Node(1, 0, NodeKind.MERGE, "merged", 20),
        Node(2, 1, NodeKind.GROUP, "A", 20),
    ]
    with pytest.raises(BadNodes, match="merge"):
        check(offered(tree), KS)
    tree = [tree[0], replace(tree[1], kind=NodeKind.DIRECT), tree[2]]
    with pytest.raises(BadNodes, match="direct"):
        check(offered(tree), KS)


def test_the_root_always_vouches_for_a_cell_that_has_no_key() -> None:
    """A merge at the root would have no key if both its children are in the part's tree."""
    tree = [
        Node(0, None, NodeKind.MERGE, "Velda", 20),
        Node(1, 0, NodeKind.GROUP, "A", 10),
        Node(2, 0, NodeKind.GROUP, "B", 10),
    ]
    assert PartTree(tree, 5).keyed_path(0) == ()
    with pytest.raises(BadNodes, match="root"):
        check(offered(tree), KS)


# Composing.


def test_composed_nodes_hold_what_every_issuer_offered() -> None:
    by_issuer = {"hr": offered(), "council": offered(issuer="council")}
    items = compose(by_issuer, KS)
    for place, item in enumerate(items):
        node = parse_composed(item)
        assert item == canonical.dumps(node)
        assert node["keys"] == {name: of[place]["keys"] for name, of in by_issuer.items()}
        assert node["names"] == {name: of[place]["names"] for name, of in by_issuer.items()}
    assert [parse_composed(item)["own"] for item in items] == [[0, 8], [12, 12], [8, None]]


@pytest.mark.parametrize(
    "change", [{"size": 9}, {"label": "Other"}, {"kind": "direct"}, {"parent": 1}, {"id": 3}], ids=str
)
def test_issuers_whose_trees_differ_are_told_where(change: dict[str, Any]) -> None:
    with pytest.raises(BadNodes, match="hr and council differ at 'Risk'"):
        compose({"hr": offered(), "council": spoiled(**change)}, KS)


def test_an_issuer_with_a_group_more_is_told_so() -> None:
    with pytest.raises(BadNodes, match="hr plans 3 groups and council 2"):
        compose({"hr": offered(), "council": offered()[:2]}, KS)


@pytest.mark.parametrize("wrong", [spoiled(parent=9), spoiled(id=1), spoiled(parent=None), [], spoiled(size=100)])
def test_what_is_no_tree_is_refused_before_anything_is_made_of_it(wrong: list[dict[str, Any]]) -> None:
    with pytest.raises(BadNodes):
        compose({"hr": wrong, "council": wrong}, KS)


@settings(deadline=None)
@given(tree=trees(max_nodes=7, k=3), k=st.integers(3, 9))
def test_any_tree_of_the_right_form_can_be_offered_and_composed(tree: PartTree, k: int) -> None:
    planned = list(tree.nodes.values())
    ks = [3, k]
    of_issuer = offered(planned, ks)
    try:
        check(of_issuer, ks)
    except BadNodes as error:
        assert "merge" in str(error) or "root" in str(error), error
        return
    for item, node in zip(compose({"hr": of_issuer}, ks), planned, strict=True):
        composed = parse_composed(item)
        for part, of_part in enumerate(PartTree(planned, k) for k in ks):
            assert composed["own"][part] == of_part.own.get(node.id)
            assert (composed["keys"]["hr"][part] is not None) == (node.id in of_part.keyed)


@settings(deadline=None)
@given(names=st.lists(st.text(max_size=9), max_size=5), random=st.randoms(use_true_random=False))
def test_a_hash_of_names_depends_on_salt_and_names_and_not_on_their_order(names: list[str], random: Any) -> None:
    salt, shuffled = bytes(32), list(names)
    random.shuffle(shuffled)
    assert nodes.names_hash(salt, names) == nodes.names_hash(salt, shuffled)
    assert nodes.names_hash(salt, names) != nodes.names_hash(b"\1" + bytes(31), names)
    assert nodes.names_hash(salt, names) != nodes.names_hash(salt, [*names, "Kim"])
    assert nodes.names_hash(salt, names) == sha256(salt + canonical.dumps(sorted(names))).digest()
