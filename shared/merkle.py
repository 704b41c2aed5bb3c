"""Merkle trees of RFC 9162 section 2.1, with SHA-256: one hash for many entries, and short proofs that one is in it.

    leaf  = SHA-256(0x00 || entry)
    node  = SHA-256(0x01 || left || right)
    empty = SHA-256()

A last node without a neighbour moves up unchanged, which gives the same tree as the RFC's recursive split.
"""

from collections.abc import Sequence
from hashlib import sha256

HASH = 32
"""Bytes of a SHA-256 value."""


class Tree:
    """All levels of the tree over `entries`, from the leaves up, so that each proof takes only look-ups."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.size = len(entries)
        self._levels = [[_leaf(entry) for entry in entries]]
        while len(below := self._levels[-1]) > 1:
            level = [_node(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
            self._levels.append(level + below[len(level) * 2 :])

    @property
    def root(self) -> bytes:
        """32 bytes; RFC 9162 section 2.1.1."""
        top = self._levels[-1]
        return top[0] if top else sha256().digest()

    def proof(self, index: int) -> list[bytes]:
        """The inclusion proof of entry `index`: hashes of 32 bytes from the leaf up; IndexError without such an entry.

        RFC 9162 section 2.1.3.1.
        """
        if not 0 <= index < self.size:
            raise IndexError(index)
        path = []
        for level in self._levels:
            if (beside := index ^ 1) < len(level):
                path.append(level[beside])
            index //= 2
        return path


def root(entries: Sequence[bytes]) -> bytes:
    """The root of the tree over `entries`, 32 bytes."""
    return Tree(entries).root


def proof(entries: Sequence[bytes], index: int) -> list[bytes]:
    """The inclusion proof of one entry; whoever needs many asks one `Tree`."""
    return Tree(entries).proof(index)


def check(root: bytes, size: int, index: int, entry: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that `entry` is number `index` of the `size` entries under `root`.

    RFC 9162 section 2.1.3.2; its names fn, sn and r are kept.
    """
    if not 0 <= index < size or any(len(p) != HASH for p in proof):
        return False
    fn, sn, r = index, size - 1, _leaf(entry)
    for p in proof:
        if sn == 0:
            return False
        if fn % 2 == 1 or fn == sn:
            r = _node(p, r)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn // 2, sn // 2
        else:
            r = _node(r, p)
        fn, sn = fn // 2, sn // 2
    return sn == 0 and r == root


def _leaf(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
