"""Which envelopes are valid, which of a person's counts, and how they are divided: whatever anybody sends."""

from collections import Counter
from dataclasses import replace
from functools import cache
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.gate.core import (
    Division,
    Opened,
    Opening,
    Reason,
    Refused,
    divide,
    held_back,
    is_overfull,
    keep_latest,
    latest,
    lots,
    open_all,
    open_outer,
)
from shared import envelope
from shared.envelope import Outer, Tokens
from shared.hpke import SecretKey
from shared.partition import partition
from shared.tree import NodeId, PartTree
from shared.vouchers import GroupVouchers
from shared.workers import FEW, spread
from tests.keys import ed25519_key
from tests.organisations import counted, trees
from tests.rounds_made import MadeRound, Member, make_round

PART = 0


@cache
def spring() -> MadeRound:
    """Payments (p0 to p11) and Risk (p12 to p19); two issuers."""
    return make_round(issuers=2)


@cache
def autumn() -> MadeRound:
    return make_round(issuers=2, round_id="autumn", among=spring().installation, first_key=spring().next_key)


@cache
def vouchers() -> GroupVouchers:
    return GroupVouchers(spring().composed)


def judged(member: Member, outer: Outer, part: int = PART) -> Opened | Refused:
    """What the gate makes of it if the member seals this."""
    return judged_record(member.seal(part, outer).encode(spring().manifest.layouts[part]))


def judged_record(record: bytes) -> Opened | Refused:
    return open_outer(record, vouchers(), spring().gate_key)


def of(person: str) -> tuple[Member, Outer]:
    member = spring().member(person)
    return member, member.outer(PART, spring().closed(0, 1))


def refused(reason: Reason, part: int = PART) -> Refused:
    return Refused(part, reason)


def test_an_envelope_as_a_client_makes_it_is_opened() -> None:
    member, outer = of("p0")
    opened = judged(member, outer)
    assert isinstance(opened, Opened)
    assert (opened.pk, opened.revision, opened.node) == (outer.pk, 0, spring().finest("p0", PART))
    assert (opened.sig, opened.inner) == (outer.sig, outer.inner)
    assert opened.vouchers == b"".join(token for of_node in outer.tokens for token in of_node)
    assert opened.digest == outer.digest(spring().manifest.layouts[PART])


def test_any_node_with_a_key_of_ones_path_may_be_named() -> None:
    member = spring().member("p0")
    opened = judged(member, member.outer(PART, spring().closed(), node=0))
    assert isinstance(opened, Opened)
    assert opened.node == 0


def test_what_is_in_the_inner_layer_is_not_the_gates_business() -> None:
    member, outer = of("p0")
    for inner in (bytes(len(outer.inner)), b"\xff" * len(outer.inner)):
        sig = envelope.sign_ballot(member.sk(PART), spring().manifest.hash, PART, inner)
        assert isinstance(judged(member, replace(outer, inner=inner, sig=sig)), Opened)


def test_tokens_of_another_group_are_refused() -> None:
    member, outer = of("p0")
    risk = spring().finest("p12", PART)
    assert judged(member, replace(outer, node=risk)) == refused(Reason.BAD_TOKEN)
    theirs = spring().member("p12").outer(PART, spring().closed())
    assert judged(member, replace(outer, node=risk, tokens=theirs.tokens)) == refused(Reason.BAD_TOKEN)


def test_tokens_of_two_persons_can_not_be_mixed() -> None:
    member, outer = of("p0")
    _, other = of("p1")
    for tokens in (
        (outer.tokens[0], other.tokens[1]),
        (other.tokens[0], outer.tokens[1]),
        other.tokens,
        ((outer.tokens[0][0], other.tokens[0][1]), outer.tokens[1]),
    ):
        assert judged(member, replace(outer, tokens=tokens)) == refused(Reason.BAD_TOKEN)


def test_an_envelope_key_of_somebody_else_is_refused() -> None:
    member, outer = of("p0")
    assert judged(member, replace(outer, pk=spring().member("p1").pk(PART))) == refused(Reason.BAD_TOKEN)


def test_tokens_of_issuers_in_another_order_or_of_one_alone_are_refused() -> None:
    member, outer = of("p0")
    turned = tuple((second, first) for first, second in outer.tokens)
    doubled = tuple((first, first) for first, _ in outer.tokens)
    for tokens in (turned, doubled):
        assert judged(member, replace(outer, tokens=tokens)) == refused(Reason.BAD_TOKEN)


def test_tokens_of_another_part_are_refused() -> None:
    member, outer = of("p0")
    tree = spring().trees[1]
    other = member.group(1, tree.finest(member.place))
    path = spring().trees[PART].keyed_path(outer.node)
    assert len(other) == len(path)
    assert judged(member, replace(outer, tokens=other)) == refused(Reason.BAD_TOKEN)


def test_tokens_of_another_round_are_refused() -> None:
    member, outer = of("p0")
    other = autumn().member("p0")
    stranger = replace(outer, tokens=other.group(PART), pk=other.pk(PART))
    assert judged(member, stranger) == refused(Reason.BAD_TOKEN)
    record = other.encoded(PART, autumn().closed())
    assert judged_record(record) == refused(Reason.CANNOT_OPEN)


def test_a_path_that_is_too_short_too_long_or_none_is_refused() -> None:
    member, outer = of("p0")
    root, finest = outer.tokens
    for node, tokens in (
        (outer.node, (root,)),
        (outer.node, ()),
        (0, (root, finest)),
        (0, ()),
        (99, (root, finest)),
        (2**32 - 1, (root, finest)),
    ):
        assert judged(member, replace(outer, node=node, tokens=tokens)) == refused(Reason.WRONG_PATH)


def test_a_node_that_the_parts_tree_lacks_is_refused() -> None:
    member = spring().member("p12")  # Risk has eight people: too few for comments.
    risk = spring().finest("p12", PART)
    outer = member.outer(1, spring().words("x"))
    assert judged(member, replace(outer, node=risk), part=1) == refused(Reason.WRONG_PATH, part=1)


def test_an_empty_slot_within_the_path_is_no_token() -> None:
    member, outer = of("p0")
    empty: Tokens = (bytes(256), bytes(256))
    assert judged(member, replace(outer, tokens=(empty, outer.tokens[1]))) == refused(Reason.BAD_TOKEN)


def test_admission_tokens_are_checked_again() -> None:
    member, outer = of("p0")
    layout = spring().manifest.layouts[PART]
    sealed = member.seal(PART, outer)
    other = spring().member("p1").admission(PART)
    for admission in (other, sealed.admission[::-1], (bytes(256), bytes(256)), (sealed.admission[0], other[1])):
        record = replace(sealed, admission=admission).encode(layout)
        assert judged_record(record) == refused(Reason.BAD_ADMISSION)


def test_an_envelope_under_another_nonce_can_not_be_opened() -> None:
    member, outer = of("p0")
    other = spring().member("p1")
    sealed = replace(member.seal(PART, outer), nonce=other.nonce(PART), admission=other.admission(PART))
    record = sealed.encode(spring().manifest.layouts[PART])
    assert judged_record(record) == refused(Reason.CANNOT_OPEN)


def test_a_ballot_that_its_key_did_not_sign_is_refused() -> None:
    member, outer = of("p0")
    manifest = spring().manifest
    for sig in (
        bytes(64),
        envelope.sign_ballot(ed25519_key(50), manifest.hash, PART, outer.inner),
        envelope.sign_ballot(member.sk(PART), manifest.hash, 1, outer.inner),
        envelope.sign_ballot(member.sk(PART), autumn().manifest.hash, PART, outer.inner),
        envelope.sign_ballot(member.sk(PART), manifest.hash, PART, outer.inner + b"\0"),
    ):
        assert judged(member, replace(outer, sig=sig)) == refused(Reason.BAD_SIGNATURE)


def test_an_envelope_of_one_part_is_none_of_another() -> None:
    member, outer = of("p0")
    record = bytearray(member.seal(PART, outer).encode(spring().manifest.layouts[PART]))
    record[1] = 1
    assert judged_record(bytes(record)) == refused(Reason.MALFORMED, part=1)


def test_another_key_opens_nothing() -> None:
    member, outer = of("p0")
    record = member.seal(PART, outer).encode(spring().manifest.layouts[PART])
    assert open_outer(record, vouchers(), SecretKey.generate()) == refused(Reason.CANNOT_OPEN)


@given(st.binary(max_size=300))
def test_whatever_lies_in_the_log_is_refused_without_an_exception(record: bytes) -> None:
    assert isinstance(judged_record(record), Refused)


@given(st.data())
def test_a_valid_envelope_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    member = spring().member("p0")
    record = bytearray(member.encoded(PART, spring().closed(0)))
    at = data.draw(st.one_of(st.integers(0, 40), st.integers(0, len(record) - 1)))
    record[at] ^= data.draw(st.integers(1, 255))
    assert isinstance(judged_record(bytes(record)), Refused)


@given(st.data())
def test_a_sealed_envelope_of_random_content_is_refused(data: st.DataObject) -> None:
    """What a member's own client may seal, having real admission tokens."""
    layout = spring().manifest.layouts[PART]
    start = data.draw(st.binary(max_size=layout.opened))
    filler = data.draw(st.sampled_from([b"\0", b"\xff"]))
    outer = Outer.decode(start.ljust(layout.opened, filler), layout)
    assert isinstance(judged(spring().member("p0"), outer), Refused)


def test_a_record_that_is_no_envelope_counts_with_the_part_that_it_names() -> None:
    assert judged_record(b"") == refused(Reason.MALFORMED)
    assert judged_record(b"\x01\x01") == refused(Reason.MALFORMED, part=1)
    assert judged_record(b"\x01\x09") == refused(Reason.MALFORMED)


def test_worker_processes_come_to_the_same_results_in_the_same_order() -> None:
    member, outer = of("p0")
    record = member.seal(PART, outer).encode(spring().manifest.layouts[PART])
    opening = Opening(vouchers(), spring().gate_key.to_bytes())
    log = [*[b"junk"] * FEW, record, b"\x01\x01", member.encoded(1, spring().words("x"))]
    assert list(spread(open_all, opening, log, 2)) == open_all(opening, log)


def test_the_key_is_not_shown_when_it_is_printed() -> None:
    opening = Opening(vouchers(), spring().gate_key.to_bytes())
    assert opening.key.public == spring().gate_key.public
    assert "secret" not in repr(opening)


def opened(part: int, person: int, revision: int, variant: int) -> Opened:
    """Made up, but for the rules that it follows: the same arguments give the same envelope."""
    tag = bytes([person, variant])
    return Opened(part, 0, bytes([person]) * 32, revision, tag.rjust(32, b"\0"), tag, tag, tag)


many = st.lists(st.builds(opened, st.integers(0, 1), st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)))


@given(many, st.randoms())
def test_what_counts_does_not_depend_on_order_or_repetition(envelopes: list[Opened], random: Random) -> None:
    expected = latest(envelopes)
    again = [*envelopes, *random.choices(envelopes, k=len(envelopes))] if envelopes else []
    random.shuffle(again)
    assert latest(again) == expected


@given(many)
def test_of_one_person_the_highest_revision_counts_then_the_lowest_digest(envelopes: list[Opened]) -> None:
    winners = latest(envelopes)
    people = {(one.part, one.pk) for one in envelopes}
    assert sum(map(len, winners.values())) == len(people)
    for part, pk in people:
        rivals = [one for one in envelopes if (one.part, one.pk) == (part, pk)]
        assert winners[part][pk] == min(rivals, key=lambda one: (-one.revision, one.digest))


def test_two_revisions_count_as_one_in_either_order() -> None:
    member = spring().member("p0")
    both = [judged_record(member.encoded(PART, spring().closed(i), revision=i)) for i in (3, 4)]
    for order in (both, both[::-1]):
        winners: dict[int, dict[bytes, Opened]] = {}
        for one in order:
            assert isinstance(one, Opened)
            keep_latest(winners, one)
        assert [one.revision for one in winners[PART].values()] == [4]


@given(trees(max_nodes=12).flatmap(lambda tree: st.tuples(st.just(tree), counts_in(tree))))
def test_a_part_is_overfull_exactly_if_some_node_has_more_envelopes_than_people(
    drawn: tuple[PartTree, dict[NodeId, int]],
) -> None:
    tree, counts = drawn
    below = {node: sum(n for at, n in counts.items() if node in tree.path(at)) for node in tree.nodes}
    assert is_overfull(tree, counts) == any(below[node.id] > node.size for node in tree.nodes.values())


def counts_in(tree: PartTree) -> st.SearchStrategy[dict[NodeId, int]]:
    return st.fixed_dictionaries({node: st.integers(0, tree.nodes[node].size + 1) for node in tree.keyed})


@cache
def company() -> MadeRound:
    """Merge groups on two levels: a cell of x and y is vouched for by A, which is neither finest node nor root."""
    people = {("A", "x"): 12, ("A", "y"): 12, ("A", "z"): 11, ("B", "z"): 15, ("C",): 15, ("D",): 12}
    return make_round(issuers=1, people=people, round_id="company")


@st.composite
def winners_of(draw: st.DrawFn) -> dict[int, dict[bytes, Opened]]:
    """Envelopes of some of the people in each part, many of them too few."""
    winners: dict[int, dict[bytes, Opened]] = {}
    for part, tree in enumerate(company().trees):
        for node in sorted(tree.keyed):
            for number in range(draw(st.integers(0, tree.own[node]))):
                pk = bytes([part, node, number]).rjust(32, b"\0")
                path = tree.keyed_path(node)
                tokens = b"".join(bytes([step]) * 256 for step in path)
                one = Opened(part, node, pk, 0, pk, tokens, bytes(64), bytes([part, number]) * 10)
                winners.setdefault(part, {})[pk] = one
    return winners


@settings(deadline=None)
@given(winners_of())
def test_every_answer_goes_into_one_lot_of_at_least_k_or_its_whole_part_is_held_back(
    winners: dict[int, dict[bytes, Opened]],
) -> None:
    composed = company().composed
    divisions = divide(composed, winners)
    assert divisions is not None
    made = list(lots(composed, winners, divisions))
    back = held_back(composed, winners, divisions)
    assert [(lot.part, lot.node) for lot in made] == sorted({(lot.part, lot.node) for lot in made})
    for part, tree in enumerate(composed.part_trees):
        of_part = winners.get(part, {})
        entries = [(lot.node, entry) for lot in made if lot.part == part for entry in lot.entries]
        if part in back:
            assert not entries
            assert 0 < len(of_part) < tree.k
            assert Counter(back[part]) == Counter(
                envelope.counted_entry(composed.manifest.hash, part, one.pk, one.inner) for one in of_part.values()
            )
        else:
            assert sorted(entry.pk for _, entry in entries) == sorted(of_part)
        for node, entry in entries:
            one = of_part[entry.pk]
            assert node in tree.path(one.node)
            assert (entry.sig, entry.inner) == (one.sig, one.inner)
            assert entry.root == (bytes([0]) * 256,)
            vouching = tree.vouching(node)
            assert entry.cell == (None if vouching == 0 else (bytes([vouching]) * 256,))
        for lot in (lot for lot in made if lot.part == part):
            assert len(lot.entries) >= tree.k


@given(counted())
def test_the_record_says_how_many_went_where(drawn: tuple[PartTree, dict[NodeId, int]]) -> None:
    tree, counts = drawn
    counts = {node: n for node, n in counts.items() if n}
    row = Division(0, counts, partition(tree, counts)).row({Reason.BAD_TOKEN: 2, Reason.MALFORMED: 1})
    total = sum(counts.values())
    assert row["refused"] == {"bad-token": 2, "malformed": 1}
    if total >= tree.k:
        assert (row["counted"], row["held_back"]) == (total, 0)
    else:
        assert (row["lots"], row["counted"], row["held_back"]) == (0, 0, total)


def test_too_many_envelopes_in_any_part_divide_nothing() -> None:
    member = spring().member("p12")
    one = judged(member, member.outer(PART, spring().closed()))
    assert isinstance(one, Opened)
    crowd = {PART: {bytes([i]) * 32: replace(one, pk=bytes([i]) * 32) for i in range(9)}}
    assert divide(spring().composed, crowd) is None
    crowd[PART].popitem()
    assert divide(spring().composed, crowd) is not None


def test_an_envelope_shows_no_secrets_when_it_is_printed() -> None:
    member, outer = of("p0")
    shown = repr(judged(member, outer))
    for secret in (outer.sig, outer.inner, outer.tokens[0][0]):
        assert repr(secret)[2:20] not in shown
