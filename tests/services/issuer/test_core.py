"""What an issuer decides: laws over made-up companies, and one real round for requests."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.issuer import core
from services.issuer.core import Refusal, Refused, Request, Sign
from services.issuer.plan import plan
from services.issuer.planned import ADMISSION, Address, Member
from services.issuer.roster import Roster
from shared.blind_rsa import SIZE
from shared.records import Kind
from shared.rounds import State
from shared.tree import NodeKind, PartTree
from tests.organisations import organisation, rosters
from tests.rounds_made import CLOSES, NOW, OPENS, MadeRound, make_round

KS = st.lists(st.integers(5, 12), min_size=1, max_size=4)


def trees_of(roster: Roster, ks: list[int]) -> tuple[PartTree, ...]:
    usable = [k for k in ks if k <= len(roster.people)] or [5]
    return tuple(PartTree(plan(roster, min(usable), 75).nodes, k) for k in usable)


def a_request(made: MadeRound, person: str) -> tuple[Member, Request]:
    """A request as a client would make it, of messages that are below every modulus."""
    member = Member(person, made.plan.place[person], "nl")
    asked = core.called_for(made.trees, member.node)
    blinded = tuple(bytes([0, number]).ljust(SIZE, b"\x07") for number in range(len(asked)))
    return member, Request(made.manifest.fingerprint, blinded)


def decided(made: MadeRound, member: Member, request: Request, served: bytes | None = None, now: float = NOW) -> object:
    return core.collect("hr", member, request, served, made.of, made.composed, now)


@given(rosters(), KS)
def test_everybody_gets_admission_and_her_path_from_the_root_down_for_every_part(roster: Roster, ks: list[int]) -> None:
    trees = trees_of(roster, ks)
    keys = core.addresses(trees)
    assert len(set(keys)) == len(keys) == 1 + sum(len(tree.keyed) for tree in trees)
    for place in set(plan(roster, min(tree.k for tree in trees), 75).place.values()):
        asked = core.called_for(trees, place)
        starts = [number for number, address in enumerate(asked) if address == ADMISSION]
        assert len(starts) == len(trees)
        for part, (start, stop) in enumerate(zip(starts, [*starts[1:], len(asked)], strict=True)):
            path = asked[start + 1 : stop]
            assert path[0] == Address(0, part)
            assert [address.node for address in path] == list(trees[part].keyed_path(trees[part].finest(place)))
            assert {address.part for address in path} == {part}
        assert set(asked) <= set(keys)


@given(rosters(), KS)
def test_every_person_is_among_the_own_people_of_exactly_one_node_of_a_part(roster: Roster, ks: list[int]) -> None:
    trees = trees_of(roster, ks)
    planned = plan(roster, min(tree.k for tree in trees), 75)
    for tree in trees:
        found = core.attached(planned.nodes, tree)
        assert sorted(node for nodes in found.values() for node in nodes) == [node.id for node in planned.nodes]
        for finest, own in tree.own.items():
            there = found.get(finest, [])
            assert sum(place in there for place in planned.place.values()) == own


@given(rosters())
def test_a_path_leads_from_the_root_to_the_node(roster: Roster) -> None:
    nodes = plan(roster, 5, 75).nodes
    for node in nodes:
        path = core.path(nodes, node.id)
        assert path[0] == 0 and path[-1] == node.id
        assert [nodes[step].parent for step in path[1:]] == path[:-1]


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(st.randoms(use_true_random=False), st.integers(0, 100))
def test_shares_are_rounded_down_and_shown_of_large_units_only(random: Random, rate: int) -> None:
    roster = organisation(random, teams=25)
    planned = plan(roster, 5, 75)
    took = [node for node in planned.place.values() if random.randrange(100) < rate]
    shown = core.shares(planned.nodes, {node: took.count(node) for node in set(took)})
    large = {node.id for node in planned.nodes if node.size >= 50 and node.kind is not NodeKind.MERGE}
    assert set(shown) == large
    for node, percent in shown.items():
        there = sum(node in core.path(planned.nodes, place) for place in took)
        exact = 100 * there / planned.nodes[node].size
        assert percent % 5 == 0 and percent <= exact < percent + 5


@pytest.fixture(scope="module")
def made() -> MadeRound:
    return make_round()


def test_a_complete_request_is_signed_and_marks_the_member(made: MadeRound) -> None:
    for person in ("p0", "p15"):
        member, request = a_request(made, person)
        assert decided(made, member, request) == Sign(core.called_for(made.trees, member.node), first=True)


def test_the_same_request_is_signed_again_and_any_other_is_refused(made: MadeRound) -> None:
    member, request = a_request(made, "p0")
    again = decided(made, member, request, served=request.digest)
    assert isinstance(again, Sign) and not again.first
    other = replace(request, blinded=(request.blinded[1], request.blinded[0], *request.blinded[2:]))
    assert _reason(decided(made, member, other, served=request.digest)) is Refusal.ALREADY_COLLECTED


@pytest.mark.parametrize("messages", [0, 1, 5, 7, 12])
def test_another_number_of_messages_is_refused(made: MadeRound, messages: int) -> None:
    member, request = a_request(made, "p0")
    assert len(request.blinded) == 6
    wrong = replace(request, blinded=(request.blinded * 2)[:messages])
    assert _reason(decided(made, member, wrong)) is Refusal.MALFORMED


@given(data=st.data())
def test_a_message_that_does_not_belong_to_its_key_is_refused(made: MadeRound, data: st.DataObject) -> None:
    member, request = a_request(made, "p0")
    place = data.draw(st.integers(0, len(request.blinded) - 1))
    address = core.called_for(made.trees, member.node)[place]
    at = (None, None) if address == ADMISSION else (address.node, address.part)
    n = made.signing_keys["hr", *at].public.n
    message, right = data.draw(
        st.one_of(
            st.tuples(st.integers(n, 2**2048 - 1).map(lambda m: m.to_bytes(SIZE)), st.just(False)),
            st.tuples(st.integers(0, n - 1).map(lambda m: m.to_bytes(SIZE)), st.just(True)),
            st.tuples(st.binary(max_size=300).filter(lambda m: len(m) != SIZE), st.just(False)),
        )
    )
    changed = replace(request, blinded=(*request.blinded[:place], message, *request.blinded[place + 1 :]))
    outcome = decided(made, member, changed)
    assert isinstance(outcome, Sign) if right else _reason(outcome) is Refusal.MALFORMED


def test_another_manifest_is_refused(made: MadeRound) -> None:
    member, request = a_request(made, "p0")
    assert _reason(decided(made, member, replace(request, manifest="A" * 43))) is Refusal.OTHER_MANIFEST


@pytest.mark.parametrize(
    ("now", "signs"), [(NOW, True), (OPENS - 1, True), (OPENS, True), (CLOSES - 1, True), (CLOSES, False)]
)
def test_tokens_are_handed_out_until_closing(made: MadeRound, now: float, signs: bool) -> None:
    member, request = a_request(made, "p0")
    outcome = decided(made, member, request, now=now)
    assert isinstance(outcome, Sign) if signs else _reason(outcome) is Refusal.NOT_COLLECTING


def test_nothing_is_signed_for_a_cancelled_round() -> None:
    made = make_round()
    member, request = a_request(made, "p0")
    made.say(Kind.CANCEL, "hr", {})
    assert made.of.phase is State.CANCELLED
    assert _reason(decided(made, member, request)) is Refusal.NOT_COLLECTING


def test_requests_that_differ_in_anything_have_other_digests(made: MadeRound) -> None:
    _, request = a_request(made, "p0")
    others = [
        replace(request, manifest="A" * 43),
        replace(request, blinded=request.blinded[:-1]),
        replace(request, blinded=request.blinded[::-1]),
        replace(request, blinded=(*request.blinded[:-1], bytes(SIZE))),
    ]
    assert len({one.digest for one in (request, *others)}) == 5
    assert replace(request).digest == request.digest


def test_no_message_stands_in_what_is_printed_of_a_request(made: MadeRound) -> None:
    _, request = a_request(made, "p0")
    assert "\\x07" not in repr(request)


@given(late=st.integers(-(10**6), 10**6), known=st.booleans())
def test_keys_go_at_their_date_whether_or_not_the_log_knows_the_round(made: MadeRound, late: int, known: bool) -> None:
    assert core.keys_must_go(made.of if known else None, CLOSES + 300, CLOSES + 300 + late) == (late >= 0)


@pytest.mark.parametrize(("kind", "author"), [(Kind.STOP, "gate"), (Kind.STOP, "aggregate"), (Kind.CANCEL, "hr")])
def test_keys_go_at_once_when_a_round_has_come_to_nothing(kind: Kind, author: str) -> None:
    stopped = make_round()
    assert not core.keys_must_go(stopped.of, CLOSES, NOW)
    stopped.say(kind, author, {"reason": "too-many"} if kind is Kind.STOP else {})
    assert core.keys_must_go(stopped.of, CLOSES, NOW)


def _reason(outcome: object) -> Refusal:
    assert isinstance(outcome, Refused)
    return outcome.reason
