"""What aggregate draws by lot, by a key that is destroyed with the round (docs/protocol.md, "Opening and release").

Nothing here is random twice: the same key, batch and cells give the same draws, so a release can be computed again
until its key is gone, and never otherwise. Nobody without the key can tell a lot from a reason.

    key              = HKDF-SHA256(ikm = HPKE secret key, salt = "klankbord/1 lots", info = manifest hash), 32 bytes
    context          = batch hash (32) || u8 part
    cover key        = HMAC-SHA256(key, "klankbord/1 cover" || context || unit)
    cover stream     = SHAKE-256(cover key); node id i owns its bytes 8 i to 8 i + 7: two big-endian u32, x and y
    drawn            = x < floor(percent * 2^32 / 100)
    cells to hold    = 2 + half the leading zero bits of y, rounded down
    comment key      = HMAC-SHA256(key, "klankbord/1 comments" || context || u32 cell)
    comments' order  = ascending HMAC-SHA256(comment key, text)
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from hashlib import shake_256
from hmac import digest
from struct import unpack_from

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.tree import NodeId


def lots_key(secret: bytes, manifest_hash: bytes) -> bytes:
    """The key of all draws of a round, from aggregate's sealing key: 32 bytes that say nothing about it."""
    return HKDF(SHA256(), 32, b"klankbord/1 lots", manifest_hash).derive(secret)


@dataclass(frozen=True, slots=True)
class Lots:
    """The draws of one part of one round.

    `key`: 32 secret bytes derived from aggregate's round key under a label of its own. `batch`: SHA-256 of the
    batch record. `percent`: how many cells in a hundred are drawn for cover, per unit; from the manifest.
    """

    key: bytes = field(repr=False)
    batch: bytes
    part: int
    percent: int

    def cover(self, unit: str, cells: Collection[NodeId]) -> dict[NodeId, int]:
        """The drawn ones among `cells` -> how many cells each must come to hold, itself included: 2 or more.

        More than 1 + j with probability 4^-j, so that three combined cells are as easily a lot as two.
        """
        below = self.percent * 2**32 // 100
        key = digest(self.key, b"klankbord/1 cover" + self._context() + unit.encode(), "sha256")
        stream = shake_256(key).digest(8 * (max(cells, default=-1) + 1))
        words = unpack_from(f">{len(stream) // 4}I", stream)
        return {cell: 2 + (32 - words[2 * cell + 1].bit_length()) // 2 for cell in cells if words[2 * cell] < below}

    def shuffled(self, cell: NodeId, texts: Iterable[str]) -> tuple[str, ...]:
        """The comments of one cell in an order that says nothing; the same for any order of `texts`."""
        key = digest(self.key, b"klankbord/1 comments" + self._context() + cell.to_bytes(4, "big"), "sha256")
        return tuple(sorted(texts, key=lambda text: digest(key, text.encode(), "sha256")))

    def _context(self) -> bytes:
        return self.batch + self.part.to_bytes(1, "big")
