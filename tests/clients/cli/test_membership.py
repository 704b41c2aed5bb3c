"""What issuers say about a person is believed only as far as the signed rules prove it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from clients.cli import membership
from clients.cli.membership import Malformed
from clients.cli.outcomes import Alarm, AlarmReason
from shared import canonical
from shared.canonical import b64, unb64
from shared.manifest import Manifest
from shared.merkle import Tree
from shared.nodes import names_hash
from shared.tree import NodeKind
from tests.clients.cli.suite import changed
from tests.keys import rsa_key
from tests.rounds_made import MadeRound, make_round

DEEP: Mapping[tuple[str, ...], int] = {("F", "P"): 8, ("F", "R"): 8, ("F",): 2, ("S",): 9, (): 3}
"""A company with a department of two teams; its two directs and the company's three are handed up."""


@pytest.fixture(scope="module")
def made() -> MadeRound:
    return make_round(issuers=2)


def answers(made: MadeRound, person: str = "p0", items: tuple[bytes, ...] | None = None) -> dict[str, dict[str, Any]]:
    """What honest issuers say; `items` are other nodes than those of the round."""
    items = items or made.composed.items
    tree = Tree(items)
    place = made.plan.place[person]
    steps = [place]
    while (parent := made.plan.nodes[steps[-1]].parent) is not None:
        steps.append(parent)
    parts = range(len(made.trees))
    return {
        issuer: membership.parse(
            {
                "issuer": issuer,
                "language": "nl",
                "collected": False,
                "path": [
                    {"node": items[node].decode(), "proof": [b64(one) for one in tree.proof(node)]}
                    for node in reversed(steps)
                ],
                "parts": [
                    {
                        "finest": made.finest(person, part),
                        "names": made.names(made.finest(person, part), part),
                        "salt": b64(made.salt(issuer, made.finest(person, part), part)),
                    }
                    for part in parts
                ],
            }
        )
        for issuer in made.parties.issuer_names
    }


def altered(made: MadeRound, node: int, change: Callable[[dict[str, Any]], dict[str, Any]]) -> tuple[bytes, ...]:
    """The round's nodes with one of them changed."""
    items = list(made.composed.items)
    items[node] = canonical.dumps(change(canonical.loads(items[node])))
    return tuple(items)


def colluding(made: MadeRound, items: tuple[bytes, ...]) -> Manifest:
    """Rules that stand for these nodes, as if all parties together had signed them."""
    return replace(made.manifest, node_root=Tree(items).root, node_count=len(items))


def reason(manifest: Manifest, said: Mapping[str, Mapping[str, Any]]) -> AlarmReason:
    with pytest.raises(Alarm) as raised:
        membership.check(manifest, said)
    return raised.value.reason


@pytest.mark.parametrize("person", ["p0", "p15"])
def test_an_honest_answer_tells_where_each_part_counts_and_with_whom(made: MadeRound, person: str) -> None:
    found = membership.check(made.manifest, answers(made, person))
    for part, place in enumerate(found.places):
        tree, finest = made.trees[part], made.finest(person, part)
        assert tuple(group.id for group in place.path) == tree.keyed_path(finest)
        assert place.finest.id == finest
        assert list(place.names) == made.names(finest, part)
        assert len(place.names) == place.finest.own[part] == tree.own[finest]
        for group in place.path:
            for issuer in made.parties.issuer_names:
                assert group.keys[issuer][part] == made.composed.group_key(issuer, group.id, part)
    assert found.collected == frozenset()


def test_merge_groups_and_directs_stand_on_a_path_and_carry_no_token_of_their_own() -> None:
    deep = make_round(people=DEEP)
    kinds = set()
    for person in deep.plan.place:
        found = membership.check(deep.manifest, answers(deep, person))
        kinds |= {group.kind for group in found.path}
        for part, place in enumerate(found.places):
            assert tuple(group.id for group in place.path) == deep.trees[part].keyed_path(deep.finest(person, part))
    assert NodeKind.MERGE in kinds


def test_what_each_issuer_says_about_collecting_is_kept(made: MadeRound) -> None:
    said = answers(made)
    said["council"]["collected"] = True
    assert membership.check(made.manifest, said).collected == {"council"}


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"issuer": "hr", "language": "nl", "collected": "no", "path": [], "parts": []},
        {"issuer": "hr", "language": "nl", "collected": 1, "path": [], "parts": []},
        {"issuer": "hr", "language": "nl", "collected": 0, "path": [], "parts": []},
        {"issuer": "hr", "language": "nl", "collected": False, "path": [{"node": "x"}], "parts": []},
        {"issuer": "hr", "language": "nl", "collected": False, "path": [{"node": 1, "proof": []}], "parts": []},
        {"issuer": "hr", "language": "nl", "collected": False, "path": [{"node": "x", "proof": ["AA"]}], "parts": []},
        {"issuer": "hr", "language": "nl", "collected": False, "path": [], "parts": [{"finest": 1.5}]},
    ],
)
def test_another_shape_is_not_an_answer(shape: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        membership.parse(shape)


def test_an_issuer_speaks_for_itself_only(made: MadeRound) -> None:
    said = answers(made)
    said["council"]["issuer"] = "hr"
    assert reason(made.manifest, said) is AlarmReason.WRONG_GROUPS


def both(said: dict[str, dict[str, Any]], *path: str | int, to: Any) -> dict[str, dict[str, Any]]:
    """The same lie by both issuers, which is what only the signed rules can show."""
    return {issuer: changed(one, *path, to=to) for issuer, one in said.items()}


def test_a_node_that_is_not_in_the_signed_tree_is_refused(made: MadeRound) -> None:
    forged = made.composed.items[1].decode().replace('"size":12', '"size":13')
    assert reason(made.manifest, both(answers(made), "path", 1, "node", to=forged)) is AlarmReason.WRONG_GROUPS


@pytest.mark.parametrize("node", ["", "{}", '{"id":1}', "[" * 1000, "\ud800"])
def test_a_node_that_is_none_is_refused(made: MadeRound, node: str) -> None:
    said = {
        issuer: one | {"path": [one["path"][0], {"node": node, "proof": []}]} for issuer, one in answers(made).items()
    }
    assert reason(made.manifest, said) is AlarmReason.WRONG_GROUPS


def test_a_proof_of_another_place_in_the_tree_is_refused(made: MadeRound) -> None:
    proof = [b64(one) for one in made.composed.tree.proof(2)]
    assert reason(made.manifest, both(answers(made), "path", 1, "proof", to=proof)) is AlarmReason.WRONG_GROUPS
    assert reason(made.manifest, both(answers(made), "path", 1, "proof", to=[])) is AlarmReason.WRONG_GROUPS


@pytest.mark.parametrize(
    "change",
    [
        lambda path: [],
        lambda path: path[1:],
        lambda path: path[::-1],
        lambda path: [path[0], path[0]],
        lambda path: [path[0], *path],
    ],
)
def test_a_path_begins_with_the_company_and_goes_down_step_by_step(
    made: MadeRound, change: Callable[[list[Any]], list[Any]]
) -> None:
    assert reason(made.manifest, both(answers(made), "path", to=change)) is AlarmReason.WRONG_GROUPS


def test_a_step_that_is_left_out_is_noticed() -> None:
    deep = make_round(people=DEEP)
    person = next(one for one, node in deep.plan.place.items() if len(deep.trees[0].path(node)) > 2)
    said = both(answers(deep, person), "path", to=lambda path: [path[0], *path[2:]])
    assert reason(deep.manifest, said) is AlarmReason.WRONG_GROUPS


def test_a_group_below_the_minimum_is_refused_even_if_everybody_signed_it(made: MadeRound) -> None:
    items = altered(made, 1, lambda node: node | {"size": 4, "own": [4, None]})
    assert reason(colluding(made, items), answers(made, items=items)) is AlarmReason.SMALL_GROUP


def test_a_group_below_the_minimum_is_refused_though_it_has_no_key(made: MadeRound) -> None:
    none = {issuer: [None, None] for issuer in made.parties.issuer_names}
    items = altered(made, 1, lambda node: node | {"size": 4, "own": [None, None], "keys": none, "names": none})
    assert reason(colluding(made, items), answers(made, items=items)) is AlarmReason.SMALL_GROUP


def test_a_key_for_a_part_whose_minimum_the_group_misses_is_refused(made: MadeRound) -> None:
    items = altered(made, 1, lambda node: node | {"size": 9, "own": [9, 9]})
    assert reason(colluding(made, items), answers(made, items=items)) is AlarmReason.SMALL_GROUP


def test_a_group_that_is_larger_than_the_one_it_lies_in_is_refused(made: MadeRound) -> None:
    items = altered(made, 1, lambda node: node | {"size": 21})
    assert reason(colluding(made, items), answers(made, items=items)) is AlarmReason.WRONG_GROUPS


MODULUS = b64(rsa_key(60).public.modulus_bytes)


def key_of(issuer: str, part: int, to: str | None) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda node: changed(node, "keys", issuer, part, to=to)


@pytest.mark.parametrize(
    "change",
    [
        key_of("council", 0, None),
        lambda node: changed(changed(node, "keys", "hr", 0, to=None), "keys", "council", 0, to=None),
        key_of("hr", 0, b64(bytes(256))),
        lambda node: node | {"keys": {"hr": node["keys"]["hr"]}},
        lambda node: node | {"keys": node["keys"] | {"other": node["keys"]["hr"]}},
        lambda node: changed(node, "keys", "hr", to=lambda keys: [*keys, MODULUS]),
        lambda node: node | {"own": [12]},
        lambda node: changed(node, "keys", "hr", 1, to=node["keys"]["hr"][0]),
        lambda node: changed(node, "keys", "hr", 1, to=node["keys"]["council"][1]),
    ],
)
def test_keys_stand_where_they_belong_and_no_key_stands_twice(
    made: MadeRound, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    items = altered(made, 1, change)
    assert reason(colluding(made, items), answers(made, items=items)) is AlarmReason.WRONG_KEYS


def test_the_key_of_the_group_above_or_of_admission_is_not_used_again(made: MadeRound) -> None:
    above = canonical.loads(made.composed.items[0])["keys"]["hr"][0]
    admission = made.manifest.body["admission_keys"]["hr"]
    for key in (above, admission):
        items = altered(made, 1, key_of("hr", 0, key))
        assert reason(colluding(made, items), answers(made, items=items)) is AlarmReason.WRONG_KEYS


def test_the_company_must_have_a_key_in_every_part(made: MadeRound) -> None:
    items = altered(
        made,
        0,
        lambda node: (
            changed(changed(node, "keys", "hr", 0, to=None), "keys", "council", 0, to=None) | {"kind": "merge"}
        ),
    )
    assert reason(colluding(made, items), answers(made, items=items)) is AlarmReason.WRONG_KEYS


def test_a_path_with_more_keys_than_an_envelope_has_room_for_is_refused(made: MadeRound) -> None:
    layouts = tuple(replace(layout, slots=1) for layout in made.manifest.layouts)
    assert reason(replace(made.manifest, layouts=layouts), answers(made)) is AlarmReason.WRONG_KEYS


def test_another_finest_group_than_the_path_says_is_refused(made: MadeRound) -> None:
    assert reason(made.manifest, both(answers(made), "parts", 0, "finest", to=0)) is AlarmReason.WRONG_GROUPS


def test_a_part_more_or_less_is_refused(made: MadeRound) -> None:
    for change in (lambda parts: parts[:1], lambda parts: [*parts, parts[0]]):
        assert reason(made.manifest, both(answers(made), "parts", to=change)) is AlarmReason.WRONG_GROUPS


@pytest.mark.parametrize(
    "change",
    [
        lambda names: names[1:],
        lambda names: [*names, "Ghost"],
        lambda names: ["Ghost", *names[1:]],
        lambda names: [],
        lambda names: ["\ud800", *names[1:]],
    ],
)
def test_names_must_be_those_of_the_signed_rules(made: MadeRound, change: Callable[[list[str]], list[str]]) -> None:
    assert reason(made.manifest, both(answers(made), "parts", 0, "names", to=change)) is AlarmReason.WRONG_MEMBERS


def test_names_with_another_salt_are_refused(made: MadeRound) -> None:
    said = both(answers(made), "parts", 0, "salt", to=b64(bytes(32)))
    assert reason(made.manifest, said) is AlarmReason.WRONG_MEMBERS


def test_as_many_names_as_the_rules_say_even_if_everybody_signed_another_list(made: MadeRound) -> None:
    names = made.names(1, 0)[:-1]
    items = made.composed.items
    for issuer in made.parties.issuer_names:
        hashed = b64(names_hash(made.salt(issuer, 1, 0), names))
        items = tuple(
            canonical.dumps(changed(canonical.loads(item), "names", issuer, 0, to=hashed)) if node == 1 else item
            for node, item in enumerate(items)
        )
    said = both(answers(made, items=items), "parts", 0, "names", to=names)
    assert reason(colluding(made, items), said) is AlarmReason.WRONG_MEMBERS


def test_two_issuers_that_name_different_people_are_an_alarm(made: MadeRound) -> None:
    said = answers(made)
    said["council"] = changed(said["council"], "parts", 0, "names", 0, to="Ghost")
    assert reason(made.manifest, said) is AlarmReason.DIFFERENT_MEMBERS


def test_two_issuers_that_place_a_person_differently_are_an_alarm(made: MadeRound) -> None:
    said = {"hr": answers(made, "p0")["hr"], "council": answers(made, "p15")["council"]}
    assert reason(made.manifest, said) is AlarmReason.DIFFERENT_GROUPS


def test_a_group_of_merged_teams_may_be_without_a_key_but_only_such() -> None:
    deep = make_round(people=DEEP)
    merges = [node for node in deep.plan.nodes if node.kind is NodeKind.MERGE and node.id not in deep.trees[0].keyed]
    assert merges, "the plan made no merge group without a key"
    for merge in merges:
        person = next(one for one, at in deep.plan.place.items() if merge.id in deep.trees[0].path(at))
        as_group = altered(deep, merge.id, lambda node: node | {"kind": "group"})
        assert reason(colluding(deep, as_group), answers(deep, person, as_group)) is AlarmReason.WRONG_KEYS


def test_salts_are_those_of_each_issuer(made: MadeRound) -> None:
    said = answers(made)
    salts = {issuer: unb64(one["parts"][0]["salt"]) for issuer, one in said.items()}
    assert len(set(salts.values())) == 2
    said["council"]["parts"][0]["salt"] = said["hr"]["parts"][0]["salt"]
    assert reason(made.manifest, said) is AlarmReason.WRONG_MEMBERS
