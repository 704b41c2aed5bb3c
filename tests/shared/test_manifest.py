import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from shared import dates, jws
from shared.blind_rsa import PublicKey
from shared.canonical import b64, dumps, unb64
from shared.draft import BadDraft, DraftProblem
from shared.envelope import Layout
from shared.manifest import SUITES, BadManifest, Composed, Manifest, check, compose, verify_published
from shared.merkle import root
from shared.nodes import BadNodes
from shared.parties import Parties
from shared.records import Kind, sign
from shared.tree import Node, NodeKind
from tests.keys import ed25519_key
from tests.lives_made import Offers, life, make_offers, modulus, thirty_two
from tests.rounds_made import CLOSES, NOW, OPENS, draft_body, installation, questionnaire_body

Nodes = Mapping[str, Sequence[dict[str, Any]]]


@cache
def offers() -> Offers:
    return make_offers(issuers=2)


def parties() -> Parties:
    return offers().installed.parties


def recompose(
    bodies: Mapping[str, Any] | None = None, nodes: Nodes | None = None, draft: dict[str, Any] | None = None
) -> Composed:
    made = offers()
    return compose("spring", parties(), draft or made.draft, bodies or made.bodies, nodes or made.nodes)


def judge(
    made: Offers,
    *,
    proposed: Manifest | None = None,
    earlier: Sequence[Manifest] = (),
    known: frozenset[str] = frozenset(),
    now: float = NOW,
) -> None:
    check(proposed or made.composed.manifest, made.composed, made.nodes, earlier, known, now)


# A pure function of draft and offers.


def test_everybody_composes_the_same_bytes() -> None:
    first, again = offers().composed, recompose()
    assert first.manifest.hash == again.manifest.hash
    assert first.items == again.items
    turned = {name: offers().bodies[name] for name in reversed(list(offers().bodies))}
    other_order = {name: offers().nodes[name] for name in reversed(list(offers().nodes))}
    assert recompose(turned, other_order).manifest.hash == first.manifest.hash


def test_a_manifest_says_what_parties_and_clients_need() -> None:
    manifest, composed = offers().composed.manifest, offers().composed
    assert manifest.body["suites"] == SUITES
    assert manifest.node_count == 3
    assert manifest.node_root == root(composed.items)
    assert manifest.layouts == (Layout(2, 2, 16), Layout(2, 2, 256))
    assert [part["envelope_length"] for part in manifest.body["parts"]] == [one.envelope for one in manifest.layouts]
    assert list(manifest.admission_keys) == ["hr", "council"]
    assert composed.group_key("hr", 1, 0) == PublicKey.from_modulus(unb64(offers().nodes["hr"][1]["keys"][0]))
    with pytest.raises(KeyError):
        composed.group_key("hr", 2, 1)
    assert len(composed.moduli) == len(set(composed.moduli)) == 2 * (1 + 3 + 2)


def test_the_fingerprint_covers_every_member_and_the_check_code_is_its_beginning() -> None:
    manifest = offers().composed.manifest
    assert unb64(manifest.fingerprint) == manifest.hash
    assert manifest.check_code.replace(" ", "") == manifest.hash.hex()[:40]
    assert [len(group) for group in manifest.check_code.split(" ")] == [4] * 10


def test_any_difference_in_draft_offers_or_nodes_is_another_manifest() -> None:
    made = offers()
    seen = {made.composed.manifest.hash}
    for author in made.bodies:
        for member in ("admission_key", "key"):
            if member in made.bodies[author]:
                other = made.bodies[author] | {member: modulus(900) if author in made.nodes else thirty_two("other")}
                seen.add(recompose({**made.bodies, author: other}).manifest.hash)
    for issuer in made.nodes:
        for place, node in enumerate(made.nodes[issuer]):
            for member in ("keys", "names"):
                for part, value in enumerate(node[member]):
                    if value is not None:
                        of_issuer = [dict(one) for one in made.nodes[issuer]]
                        values = list(node[member])
                        values[part] = modulus(901) if member == "keys" else thirty_two("other")
                        of_issuer[place] = node | {member: values}
                        seen.add(recompose(nodes={**made.nodes, issuer: of_issuer}).manifest.hash)
    seen.add(recompose(draft=made.draft | {"period": "another"}).manifest.hash)
    assert len(seen) == 1 + 4 + 2 * (3 + 2 + 2 + 2) + 1


# Form.


def parse(**change: Any) -> Manifest:
    return Manifest.parse(offers().composed.manifest.body | change, parties())


def test_what_was_composed_is_parsed() -> None:
    assert parse() == offers().composed.manifest
    assert pickle.loads(pickle.dumps(parse())) == offers().composed.manifest  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": "1"},
        {"v": True},
        {"round": "../x"},
        {"suites": SUITES | {"seal": "0x647a"}},
        {"suites": {"token": SUITES["token"]}},
        {"suites": SUITES | {"more": "x"}},
        {"draft": {}},
        {"draft": None},
        {"admission_keys": {"hr": modulus(1)}},
        {"admission_keys": {"hr": modulus(1), "council": modulus(2), "third": modulus(3)}},
        {"admission_keys": {"hr": modulus(1), "council": b64(bytes(256))}},
        {"admission_keys": {"hr": modulus(1), "council": b64(b"\xff" * 255 + b"\xfe")}},
        {"admission_keys": []},
        {"gate_key": b64(bytes(31))},
        {"aggregate_key": 7},
        {"nodes": {"size": 0, "root": b64(bytes(32))}},
        {"nodes": {"size": 3, "root": b64(bytes(31))}},
        {"parts": []},
        {"parts": [{"slots": 2, "envelope_length": 1}] * 2},
        {"parts": [{"slots": 0, "envelope_length": 1}] * 2},
        {"parts": [{"slots": 65, "envelope_length": 1}] * 2},
        {"more": 1},
    ],
    ids=lambda change: str(change)[:60],
)
def test_a_manifest_of_another_form_suite_or_length_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadManifest):
        parse(**change)


def test_slots_decide_the_length_of_envelopes() -> None:
    parts = offers().composed.manifest.body["parts"]
    with pytest.raises(BadManifest, match="length"):
        parse(parts=[parts[0] | {"slots": 3}, parts[1]])
    with pytest.raises(BadManifest, match="length"):
        parse(parts=[parts[0] | {"envelope_length": parts[0]["envelope_length"] + 1}, parts[1]])
    with pytest.raises(BadManifest, match="number of parts"):
        parse(parts=parts[:1])


def test_a_manifest_belongs_to_one_generation_of_parties() -> None:
    other = installation(2, pages=()).parties
    with pytest.raises(BadManifest, match=r"parties\.json"):
        Manifest.parse(offers().composed.manifest.body, other)
    with pytest.raises(BadManifest, match=r"parties\.json"):
        Manifest.parse(offers().composed.manifest.body, replace(parties(), generation=2))


# What every party checks before it accepts.


def test_an_honest_manifest_passes() -> None:
    judge(offers())


def test_a_shadow_node_or_key_that_nobody_offered_is_refused() -> None:
    body = offers().composed.manifest.body
    shadow = Composed(offers().composed.manifest, (*offers().composed.items, offers().composed.items[-1]))
    for change in (
        {"nodes": {"size": 4, "root": b64(root(shadow.items))}},
        {"nodes": {"size": 3, "root": thirty_two("other")}},
        {"admission_keys": body["admission_keys"] | {"council": modulus(902)}},
        {"gate_key": thirty_two("other")},
        {"aggregate_key": thirty_two("other")},
        {"draft": offers().draft | {"period": "another"}},
        {"round": "other"},
    ):
        with pytest.raises(BadManifest, match="does not follow"):
            judge(offers(), proposed=parse(**change))


def with_nodes(spoil: Callable[[str, list[dict[str, Any]]], list[dict[str, Any]]]) -> Offers:
    return replace(offers(), nodes={name: spoil(name, list(nodes)) for name, nodes in offers().nodes.items()})


def spoiled(place: int, issuer: str | None = None, **change: Any) -> Offers:
    """The offers with members of one node replaced, of one issuer or of all."""

    def spoil(name: str, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if issuer in (None, name):
            nodes[place] = nodes[place] | change
        return nodes

    return with_nodes(spoil)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (spoiled(2, "council", size=9), "differ"),
        (spoiled(2, "council", label="Other"), "differ"),
        (spoiled(2, size=4), "below the minimum"),
        (spoiled(2, size=9), "add up"),
        (spoiled(0, size=19), "add up"),
        (spoiled(2, label="Payments"), "called"),
        (spoiled(2, parent=None), "pre-order"),
        (spoiled(2, id=1), "number 1"),
        (spoiled(0, kind="merge"), "root"),
        (spoiled(2, "council", keys=[None, None]), "key"),
        (spoiled(2, "council", keys=[modulus(1), modulus(2)]), "key"),
        (spoiled(2, "council", keys=[modulus(1)]), "parts"),
        (spoiled(2, "council", names=[None, None]), "members"),
        (spoiled(2, "council", names=[thirty_two(1), thirty_two(2)]), "members"),
        (with_nodes(lambda name, nodes: nodes if name == "hr" else nodes[:2]), "council 2"),
    ],
)
def test_nodes_that_break_a_promise_are_refused(made: Offers, said: str) -> None:
    with pytest.raises(BadNodes, match=said):
        judge(made)


@pytest.mark.parametrize(
    "modulus_of_256_bytes",
    [b"\xff" * 255 + b"\xfe", bytes(256), b"\x7f" + b"\xff" * 255, (3 * 2**2046 + 3).to_bytes(256)],
    ids=["even", "zero", "too short", "divisible"],
)
def test_a_groups_key_that_is_none_is_refused_and_nothing_breaks(modulus_of_256_bytes: bytes) -> None:
    keys = [b64(modulus_of_256_bytes), offers().nodes["council"][1]["keys"][1]]
    with pytest.raises(BadManifest, match="group's key"):
        judge(spoiled(1, "council", keys=keys))


def test_an_issuer_that_offers_one_key_twice_is_refused() -> None:
    nodes, admission = offers().nodes["council"], offers().bodies["council"]["admission_key"]
    for twice in (nodes[0]["keys"][0], nodes[1]["keys"][1], offers().nodes["hr"][1]["keys"][0], admission):
        with pytest.raises(BadManifest, match="two keys are equal"):
            judge(spoiled(1, "council", keys=[twice, nodes[1]["keys"][1]]))


def test_gate_and_aggregate_have_keys_of_their_own() -> None:
    bodies = {**offers().bodies, "aggregate": offers().bodies["gate"]}
    with pytest.raises(BadManifest, match="two keys are equal"):
        judge(replace(offers(), bodies=bodies))


def test_a_key_of_an_earlier_round_is_refused_whichever_it_is() -> None:
    body = offers().composed.manifest.body
    for key in (*offers().composed.moduli, body["gate_key"], body["aggregate_key"]):
        with pytest.raises(BadManifest, match="used before"):
            judge(offers(), known=frozenset({key}))
    judge(offers(), known=frozenset({modulus(903), thirty_two("other")}))


def drafted(**changes: Any) -> Offers:
    return make_offers(2, among=offers().installed, **changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer_from": dates.text(OPENS - 1)}, DraftProblem.DATES),
        ({"erase_at": dates.text(CLOSES)}, DraftProblem.DATES),
        ({"words_until": dates.text(CLOSES)}, DraftProblem.DATES),
        ({"results_until": dates.text(CLOSES + 1)}, DraftProblem.DATES),
        ({"grace": 59}, DraftProblem.FLOOR),
        ({"repeat_days": 13}, DraftProblem.FLOOR),
    ],
    ids=str,
)
def test_dates_and_floors_are_checked_again(changes: dict[str, Any], reason: DraftProblem) -> None:
    with pytest.raises(BadDraft) as error:
        judge(drafted(**changes))
    assert error.value.reason is reason


def test_nobody_accepts_when_the_round_should_be_open() -> None:
    with pytest.raises(BadDraft) as error:
        judge(offers(), now=OPENS)
    assert error.value.reason is DraftProblem.LATE


def test_no_question_is_asked_in_two_rounds_that_are_close_in_time() -> None:
    def other(mark: str, days: int = 0, **question: Any) -> Manifest:
        asked = questionnaire_body(mark)
        asked["parts"][1]["questions"][0] |= question
        moved: dict[str, Any] = {
            name: dates.text(dates.parse(offers().draft[name]) + days * 86_400)
            for name in ("opens", "answer_from", "closes")
        }
        made = make_offers(2, round_id="other", among=offers().installed, questionnaire=asked, **moved)
        return made.composed.manifest

    judge(offers(), earlier=[other("2")])
    for repeated in (other(""), other("2", id="q1"), other("2", text={"nl": "Anders", "en": "vraag, 2"})):
        with pytest.raises(BadManifest, match="round other"):
            judge(offers(), earlier=[repeated])
    judge(offers(), earlier=[other("", days=7 + 15)])
    with pytest.raises(BadManifest, match="round other"):
        judge(offers(), earlier=[other("", days=7 + 14)])
    judge(offers(), earlier=[offers().composed.manifest])


# What a client demands.


@cache
def published() -> tuple[str, dict[str, str]]:
    """The manifest's record, and the accepts by author."""
    said = life(offers())
    (manifest,) = (one.raw.decode() for one in said if one.kind is Kind.MANIFEST)
    return manifest, {one.author: one.raw.decode() for one in said if one.kind is Kind.ACCEPT}


def refused(manifest: str, accepts: Sequence[str], of: Parties | None = None) -> str:
    with pytest.raises(BadManifest) as error:
        verify_published(manifest, accepts, of or parties())
    return str(error.value)


def test_a_client_takes_a_manifest_that_everybody_has_accepted() -> None:
    manifest, accepts = published()
    assert verify_published(manifest, list(accepts.values()), parties()) == offers().composed.manifest
    assert verify_published(manifest, [*accepts.values()] * 2, parties()) == offers().composed.manifest


@pytest.mark.parametrize("author", ["hr", "council", "gate", "aggregate"])
def test_one_missing_or_forged_accept_is_enough_to_refuse(author: str) -> None:
    manifest, accepts = published()
    others = [accept for name, accept in accepts.items() if name != author]
    fingerprint, key = offers().composed.manifest.fingerprint, offers().installed.identities[author]
    another = next(name for name in accepts if name != author)
    assert author in refused(manifest, others)
    forgeries = [
        sign(Kind.ACCEPT, "spring", author, {"manifest": fingerprint}, ed25519_key(99)),
        sign(Kind.ACCEPT, "spring", author, {"manifest": thirty_two("other")}, key),
        sign(Kind.ACCEPT, "spring", author, {"manifest": fingerprint, "more": 1}, key),
        sign(Kind.ACCEPT, "other", author, {"manifest": fingerprint}, key),
        sign(Kind.ACCEPT, "spring", another, {"manifest": fingerprint}, key),
        sign(Kind.ACCEPT, "spring", "nobody", {"manifest": fingerprint}, key),
        sign(Kind.OFFER, "spring", author, {"manifest": fingerprint}, key),
        jws.sign("klankbord-accept", {"round": "spring", "author": author, "body": fingerprint}, key),
        jws.sign("klankbord-accept", {"round": "spring", "author": [author], "body": {}}, key),
        jws.sign("klankbord-accept", {"author": author}, key),
        accepts[author][:-2],
        "",
        "a.b.c",
    ]
    for forged in forgeries:
        refused(manifest, [*others, forged])


def test_a_manifest_that_the_lead_did_not_sign_is_refused() -> None:
    accepts = list(published()[1].values())
    body, identities = {"manifest": offers().composed.manifest.body}, offers().installed.identities
    for forged in (
        sign(Kind.MANIFEST, "spring", "hr", body, ed25519_key(99)),
        sign(Kind.MANIFEST, "spring", "hr", body, identities["council"]),
        sign(Kind.MANIFEST, "spring", "council", body, identities["hr"]),
        sign(Kind.MANIFEST, "other", "hr", body, identities["hr"]),
        sign(Kind.ACCEPT, "spring", "hr", body, identities["hr"]),
        sign(Kind.MANIFEST, "spring", "hr", {"manifest": [1]}, identities["hr"]),
        sign(Kind.MANIFEST, "spring", "hr", {}, identities["hr"]),
        jws.sign("klankbord-manifest", {"round": "spring"}, identities["hr"]),
        dumps(body).decode(),
        "",
    ):
        refused(forged, accepts)


def all_signed(made: Offers) -> tuple[str, list[str]]:
    """A manifest of the draft as it is, with everybody's accept: all parties together are dishonest."""
    manifest, identities = made.composed.manifest, made.installed.identities
    accepts = [
        sign(Kind.ACCEPT, "spring", author, {"manifest": manifest.fingerprint}, identities[author])
        for author in made.installed.parties.authors
    ]
    return sign(Kind.MANIFEST, "spring", "hr", {"manifest": manifest.body}, identities["hr"]), accepts


def test_floors_are_the_clients_own_whoever_has_signed() -> None:
    for changes in ({"grace": 59}, {"repeat_days": 13}, {"words_until": dates.text(CLOSES)}):
        refused(*all_signed(drafted(**changes)))
    trial = installation(2, trial=True)
    made = make_offers(2, among=trial, grace=1, repeat_days=0)
    verify_published(*all_signed(made), trial.parties)


def test_a_client_with_another_parties_json_takes_nothing() -> None:
    manifest, accepts = published()
    assert "parties.json" in refused(manifest, list(accepts.values()), installation(2, pages=()).parties)


def test_a_round_that_has_long_been_open_is_still_verified() -> None:
    past = {"opens": "1990-01-01T00:00:00Z", "answer_from": "1990-01-01T00:00:00Z", "closes": "1990-01-02T00:00:00Z"}
    until = dict.fromkeys(("erase_at", "words_until", "results_until"), "1990-02-01T00:00:00Z")
    verify_published(*all_signed(drafted(**past, **until)), parties())


# A tree with a merge group, and large ones.


def test_a_merge_whose_children_are_all_in_the_part_has_no_key() -> None:
    tree = (
        Node(0, None, NodeKind.GROUP, "Velda", 30),
        Node(1, 0, NodeKind.MERGE, "A + B", 20),
        Node(2, 1, NodeKind.GROUP, "A", 11),
        Node(3, 1, NodeKind.GROUP, "B", 9),
        Node(4, 0, NodeKind.DIRECT, "Velda", 10),
    )
    made = make_offers(2, among=offers().installed, tree=tree, first_key=200)
    judge(made)
    assert [node["own"] for node in made.composed.nodes] == [[0, 0], [0, 9], [11, 11], [9, None], [10, 10]]
    assert [part.slots for part in made.composed.part_trees] == [2, 3]
    assert made.composed.nodes[1]["keys"]["hr"][0] is None


def test_a_part_whose_minimum_the_company_misses_gives_no_manifest() -> None:
    asked = questionnaire_body()
    asked["parts"][1]["k"] = 21
    body = draft_body(parties(), questionnaire=asked)
    tree = {
        name: [node | {"keys": [node["keys"][0], None], "names": [node["names"][0], None]} for node in nodes]
        for name, nodes in offers().nodes.items()
    }
    with pytest.raises(BadManifest):
        compose("spring", parties(), body, offers().bodies, tree)
