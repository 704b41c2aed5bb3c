"""A lead issuer that offers or proposes what it should not: gate and aggregate look at everything and make it void."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from services.issuer.plan import plan
from shared import bundle, canonical, nodes, records, topics
from shared.canonical import b64
from shared.manifest import compose
from shared.records import Kind
from shared.rounds import State
from shared.tree import PartTree
from tests.keys import rsa_key
from tests.organisations import roster
from tests.rounds_made import PEOPLE, draft_body, questionnaire_body
from tests.system.house import House

ELSE = ("gate", "aggregate")

Nodes = list[dict[str, Any]]
"""As an issuer offers them."""

KS = (5, 10)


class Lead:
    """A sole issuer that says whatever it likes, among an honest gate and aggregate. Its keys begin at `first_key`."""

    def __init__(self, house: House, round_id: str, first_key: int = 600, mark: str = "") -> None:
        self.house = house
        self.round_id = round_id
        self.body = draft_body(house.installed.parties, questionnaire=questionnaire_body(mark))
        self.keys = iter(range(first_key, first_key + 100))
        self.drafted = house.say(round_id, Kind.DRAFT, "hr", self.body)
        house.settle()

    def key(self) -> str:
        return b64(rsa_key(next(self.keys)).public.modulus_bytes)

    def honest(self) -> Nodes:
        """The nodes that follow from the roster."""
        planned = plan(roster(PEOPLE), min(KS), 75)
        trees = [PartTree(planned.nodes, k) for k in KS]
        return nodes.parse_offered(
            [
                nodes.offer(
                    node,
                    [self.key() if node.id in tree.keyed else None for tree in trees],
                    [b64(bytes(32)) if tree.own.get(node.id) else None for tree in trees],
                )
                for node in planned.nodes
            ]
        )

    def offer(self, offered: Nodes, admission_key: str) -> None:
        packed = bundle.pack([spelled(node) for node in offered])
        self.house.log.create(topics.nodes(self.round_id))
        self.house.log.append(topics.nodes(self.round_id), *packed.records)
        body = {"draft": self.drafted, "admission_key": admission_key, "nodes": packed.reference}
        self.house.say(self.round_id, Kind.OFFER, "hr", body)

    def compose(self, offered: Nodes, admission_key: str) -> dict[str, Any]:
        """The manifest that follows from these nodes; BadNodes if none does."""
        of = self.house.of(self.round_id)
        bodies = {name: of.offers[name].body for name in ELSE} | {"hr": {"admission_key": admission_key}}
        return compose(self.round_id, of.parties, self.body, bodies, {"hr": offered}).manifest.body

    def propose(self, manifest: dict[str, Any]) -> str:
        """Propose and accept; the digest of the manifest's record."""
        proposed = self.house.say(self.round_id, Kind.MANIFEST, "hr", {"manifest": manifest})
        of = self.house.of(self.round_id).manifest
        assert of is not None
        self.house.say(self.round_id, Kind.ACCEPT, "hr", {"manifest": of.fingerprint})
        self.house.settle()
        return proposed


def spelled(node: dict[str, Any]) -> bytes:
    return canonical.dumps(node)


def key_for_two_groups(offered: Nodes) -> None:
    offered[2]["keys"][0] = offered[1]["keys"][0]


def key_for_two_parts(offered: Nodes) -> None:
    offered[0]["keys"][1] = offered[0]["keys"][0]


def shadow_group(offered: Nodes) -> None:
    """A group beside Risk, of people who are not on top of the company's 20."""
    offered.append(
        offered[2] | {"id": 3, "label": "Risk, evenings", "keys": [b64(rsa_key(700).public.modulus_bytes), None]}
    )


def group_of_four(offered: Nodes) -> None:
    offered.append(
        {
            "id": 3,
            "parent": 1,
            "kind": "group",
            "label": "Night shift",
            "size": 4,
            "keys": [None] * 2,
            "names": [None] * 2,
        }
    )


def key_too_many(offered: Nodes) -> None:
    """For comments of Risk, which is too small for them."""
    offered[2]["keys"][1] = b64(rsa_key(701).public.modulus_bytes)


def no_list_of_names(offered: Nodes) -> None:
    offered[2]["names"][0] = None


def weak_key(offered: Nodes) -> None:
    """One that anybody can factor."""
    offered[2]["keys"][0] = b64((3 * (2**2046 + 1)).to_bytes(256))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    plain = House(tmp_path)
    plain.names = ELSE
    plain.log.create(topics.ROUNDS)
    with plain:
        yield plain


@pytest.mark.parametrize(
    "change",
    [key_for_two_groups, key_for_two_parts, shadow_group, group_of_four, key_too_many, no_list_of_names, weak_key],
)
def test_nodes_that_would_mark_or_isolate_somebody_make_the_round_void(
    house: House, change: Callable[[Nodes], None]
) -> None:
    lead = Lead(house, "spring")
    offered, admission_key = lead.honest(), lead.key()
    manifest = lead.compose(offered, admission_key)
    change(offered)
    with suppress(ValueError):  # Where nothing follows from such nodes it proposes what follows from honest ones.
        manifest = lead.compose(offered, admission_key)
    lead.offer(offered, admission_key)
    lead.propose(manifest)
    is_void(house, "spring")


def test_the_same_hands_with_honest_nodes_are_accepted(house: House) -> None:
    """Else the tests above could not fail."""
    lead = Lead(house, "spring")
    offered, admission_key = lead.honest(), lead.key()
    lead.offer(offered, admission_key)
    lead.propose(lead.compose(offered, admission_key))
    assert house.phase("spring") is State.SCHEDULED


def test_the_key_of_admission_is_no_groups_key(house: House) -> None:
    lead = Lead(house, "spring")
    offered = lead.honest()
    lead.offer(offered, offered[2]["keys"][0])
    lead.propose(lead.compose(offered, offered[2]["keys"][0]))
    is_void(house, "spring")


def test_a_key_of_an_earlier_round_makes_the_later_one_void(house: House) -> None:
    """Its tokens would count again."""
    for round_id, mark in (("spring", ""), ("summer", "x")):
        lead = Lead(house, round_id, 600, mark)
        offered, admission_key = lead.honest(), lead.key()
        lead.offer(offered, admission_key)
        lead.propose(lead.compose(offered, admission_key))
    assert house.phase("spring") is State.SCHEDULED
    is_void(house, "summer")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("gate_key", b64(bytes(31) + b"\1")),
        ("aggregate_key", b64(bytes(31) + b"\2")),
        ("nodes", {"size": 3, "root": b64(bytes(32))}),
    ],
)
def test_rules_that_do_not_follow_from_the_offers_make_the_round_void(house: House, member: str, value: object) -> None:
    lead = Lead(house, "spring")
    offered, admission_key = lead.honest(), lead.key()
    lead.offer(offered, admission_key)
    lead.propose(lead.compose(offered, admission_key) | {member: value})
    is_void(house, "spring")


def test_of_two_sets_of_rules_the_first_counts_and_everybody_is_alarmed(house: House) -> None:
    lead = Lead(house, "spring")
    offered, admission_key = lead.honest(), lead.key()
    lead.offer(offered, admission_key)
    manifest = lead.compose(offered, admission_key)
    first = lead.propose(manifest)
    house.say("spring", Kind.MANIFEST, "hr", {"manifest": manifest | {"gate_key": b64(bytes(31) + b"\1")}})
    house.settle()
    proposed = house.of("spring").record(Kind.MANIFEST)
    assert proposed is not None
    assert proposed.digest == first
    assert house.alarms == {(name, "contradiction") for name in ELSE}
    assert house.phase("spring") is State.SCHEDULED


def test_nobody_accepts_a_second_set_of_rules_even_in_a_log_that_never_had_the_first(house: House) -> None:
    """One accept for each round id, ever: else two members could be shown two sets of rules, each signed by all."""
    lead = Lead(house, "spring")
    offered, admission_key = lead.honest(), lead.key()
    lead.offer(offered, admission_key)
    before = house.log.copy()
    first = lead.compose(offered, admission_key)
    lead.propose(first)
    house.log.put_back(before)
    # Other nodes with other keys, in a second offer where the first was.
    rounds = [one for one in before[topics.ROUNDS][0] if records.peek(one).author != "hr" or is_draft(one)]
    house.log.put_back({**before, topics.ROUNDS: (tuple(rounds),)})
    others, admission_key = lead.honest(), lead.key()
    lead.offer(others, admission_key)
    lead.propose(lead.compose(others, admission_key))
    accepted = house.signed()
    assert all(len(accepted["spring", Kind.ACCEPT, name]) == 1 for name in ELSE)
    assert house.phase("spring") is State.PROPOSED
    assert {(name, "other-predecessor") for name in ELSE} <= house.alarms


def is_draft(raw: bytes) -> bool:
    return records.peek(raw).kind is Kind.DRAFT


def is_void(house: House, round_id: str) -> None:
    """By the first of the two who looked; the gate looks for its own key first of all."""
    assert house.phase(round_id) is State.VOID
    void = house.of(round_id).record(Kind.VOID)
    assert void is not None
    assert void.author in ELSE
    assert void.body["reason"] in ("bad-manifest", "key-lost")
    assert not any(house.has_key(name, round_id) for name in ELSE)
