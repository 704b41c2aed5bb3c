"""Merkle trees against RFC 9162 read literally."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import merkle

entries_lists = st.lists(st.binary(max_size=3), max_size=40)


def split(n: int) -> int:
    """RFC 9162: the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    """Section 2.1.1, word by word."""
    if not d:
        return sha256(b"").digest()
    if len(d) == 1:
        return sha256(b"\x00" + d[0]).digest()
    k = split(len(d))
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    """Section 2.1.3.1, word by word."""
    if len(d) == 1:
        return []
    k = split(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


@given(entries_lists)
def test_root_and_proofs_are_those_of_the_recursive_definition(entries: list[bytes]) -> None:
    tree = merkle.Tree(entries)
    assert tree.root == merkle.root(entries) == mth(entries)
    for index in range(len(entries)):
        assert tree.proof(index) == merkle.proof(entries, index) == path(index, entries)


@given(entries_lists.filter(bool), st.data())
def test_a_proof_shows_its_own_entry_at_its_own_place_only(entries: list[bytes], data: st.DataObject) -> None:
    tree = merkle.Tree(entries)
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = tree.proof(index)
    assert merkle.check(tree.root, len(entries), index, entries[index], proof)
    assert not merkle.check(tree.root, len(entries), index, entries[index] + b"x", proof)
    assert not merkle.check(bytes(32), len(entries), index, entries[index], proof)
    for other in range(len(entries)):
        if entries[other] != entries[index]:
            assert not merkle.check(tree.root, len(entries), other, entries[index], proof)


@given(entries_lists.filter(bool), st.data())
def test_a_proof_that_was_changed_shows_nothing(entries: list[bytes], data: st.DataObject) -> None:
    tree = merkle.Tree(entries)
    index = data.draw(st.integers(0, len(entries) - 1))
    proof, entry = tree.proof(index), entries[index]
    assert not merkle.check(tree.root, len(entries), index, entry, [*proof, bytes(32)])
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        assert not merkle.check(tree.root, len(entries), index, entry, [*proof[:at], flipped, *proof[at + 1 :]])
        assert not merkle.check(tree.root, len(entries), index, entry, proof[:-1])
        # An entry can not borrow bytes from the hash beside it.
        assert not merkle.check(tree.root, len(entries), index, entry, [proof[0][:-1], *proof[1:]])


def test_an_inner_node_does_not_pass_for_an_entry() -> None:
    left, right = (sha256(b"\x00" + entry).digest() for entry in (b"a", b"b"))
    root = merkle.root([b"a", b"b"])
    assert not merkle.check(root, 1, 0, left + right, [])


def test_there_is_no_entry_outside_the_tree() -> None:
    tree = merkle.Tree([b"a", b"b", b"c"])
    for index in (-1, 3):
        with pytest.raises(IndexError):
            tree.proof(index)
        assert not merkle.check(tree.root, 3, index, b"c", tree.proof(2))
    assert not merkle.check(merkle.root([]), 0, 0, b"", [])


@pytest.mark.parametrize(
    ("size", "root"),
    # The trees over the first of the eight inputs of certificate-transparency's reference tests.
    [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ],
)
def test_known_roots(size: int, root: str) -> None:
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    assert merkle.root([bytes.fromhex(entry) for entry in entries[:size]]).hex() == root
