import pickle
from functools import cache

import pytest

from shared.tree import NodeId
from shared.vouchers import GroupVouchers, Vouchers
from tests.rounds_made import MadeRound, Member, make_round


@cache
def made() -> MadeRound:
    return make_round(issuers=2)


def anna() -> Member:
    """In Payments, which has a key for both parts."""
    return made().member("p0")


def rosa() -> Member:
    """In Risk, which is too small for comments."""
    return made().member("p15")


def vouchers() -> GroupVouchers:
    return GroupVouchers(made().composed)


def test_tokens_of_all_issuers_admit() -> None:
    for part in (0, 1):
        assert vouchers().admits(anna().nonce(part), anna().admission(part))
        assert Vouchers(made().manifest).admits(anna().nonce(part), anna().admission(part))


def test_one_missing_doubled_swapped_or_foreign_admission_token_is_enough_to_refuse() -> None:
    nonce, (first, second) = anna().nonce(0), anna().admission(0)
    of_group = anna().group(0)[0]
    for tokens in (
        (),
        (first,),
        (second,),
        (first, first),
        (second, first),
        (first, second, second),
        (first, bytes(256)),
        (first, second[:-1]),
        (first, b""),
        of_group,
        rosa().admission(0),
        anna().admission(1),
    ):
        assert not vouchers().admits(nonce, tokens)
    assert not vouchers().admits(rosa().nonce(0), (first, second))


def test_tokens_of_another_round_are_worth_nothing() -> None:
    """The keys are the same here, the manifest is not: a token is bound to its hash."""
    other = make_round(2, changes={"period": "another"})
    assert other.signing_keys["hr", None, None] is made().signing_keys["hr", None, None]
    assert not Vouchers(other.manifest).admits(anna().nonce(0), anna().admission(0))
    assert not GroupVouchers(other.composed).belongs_along(place(anna(), 0), 0, anna().pk(0), anna().group(0))


def place(member: Member, part: int) -> NodeId:
    return made().finest(member.person, part)


def test_a_path_is_vouched_for_at_every_node_with_a_key() -> None:
    for member in (anna(), rosa()):
        for part in (0, 1):
            node = place(member, part)
            assert vouchers().belongs_along(node, part, member.pk(part), member.group(part))
    assert place(rosa(), 1) == 0, "for comments Risk counts in the company"


def test_a_member_may_name_any_keyed_node_of_her_path() -> None:
    assert vouchers().belongs_along(0, 0, anna().pk(0), anna().group(0)[:1])


def test_a_path_with_too_few_too_many_or_other_tokens_is_refused() -> None:
    node, pk, path = place(anna(), 0), anna().pk(0), anna().group(0)
    assert len(path) == 2
    for tokens in (
        (),
        path[:1],
        path[1:],
        path[::-1],
        (*path, path[-1]),
        (path[0], path[0]),
        (path[0], path[1][:1]),
        (path[0], (path[1][0], path[1][0])),
        (path[0], rosa().group(0)[1]),
        anna().group(1),
        rosa().group(0),
    ):
        assert not vouchers().belongs_along(node, 0, pk, tokens)
    assert not vouchers().belongs_along(node, 0, rosa().pk(0), path)
    assert not vouchers().belongs_along(place(rosa(), 0), 0, pk, path)
    assert not vouchers().belongs_along(node, 1, pk, path)


@pytest.mark.parametrize("node", [-1, 3, 99, 2**32 - 1])
def test_a_node_that_is_none_is_refused_and_breaks_nothing(node: int) -> None:
    assert not vouchers().belongs_along(node, 0, anna().pk(0), anna().group(0))


def test_a_node_without_a_key_for_the_part_is_refused() -> None:
    risk = place(rosa(), 0)
    assert risk not in made().trees[1].keyed
    assert not vouchers().belongs_along(risk, 1, rosa().pk(1), rosa().group(1))


def test_one_node_is_vouched_for_by_every_issuer() -> None:
    root = anna().group(0)[0]
    assert vouchers().belongs(0, 0, anna().pk(0), root)
    for tokens in ((), root[:1], root[::-1], (*root, root[0])):
        assert not vouchers().belongs(0, 0, anna().pk(0), tokens)


def test_they_travel_to_other_processes_also_after_they_were_used() -> None:
    used = vouchers()
    assert used.admits(anna().nonce(0), anna().admission(0))
    assert used.belongs_along(place(anna(), 0), 0, anna().pk(0), anna().group(0))
    travelled = pickle.loads(pickle.dumps(used))  # noqa: S301 - our own bytes
    assert travelled.belongs_along(place(anna(), 0), 0, anna().pk(0), anna().group(0))
    assert travelled.manifest.hash == made().manifest.hash
