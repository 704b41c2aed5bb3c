"""Aggregate's secret of one round, and what is derived from it. Whoever has it can open every answer of the round.

    file = HPKE secret key (32) || u64 POSIX seconds from which it may not exist any more
    lots = HKDF-SHA256(ikm = HPKE secret key, salt = "klankbord/1 lots", info = manifest hash), 32 bytes

The date stands in the file itself, so that the key goes at its time even if the log is away or has lost the round.
"""

from dataclasses import dataclass, field
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared import hpke

_SIZE = hpke.KEY + 8
"""Bytes of the file."""


@dataclass(frozen=True, slots=True)
class RoundKey:
    """`secret`: 32 bytes that open the round's answers. `erase_at`: POSIX seconds."""

    secret: bytes = field(repr=False)
    erase_at: int

    @classmethod
    def generate(cls, erase_at: int) -> Self:
        return cls(hpke.SecretKey.generate().to_bytes(), erase_at)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """From what `to_bytes` gives; ValueError."""
        if len(data) != _SIZE:
            raise ValueError("no round key")
        return cls(data[: hpke.KEY], int.from_bytes(data[hpke.KEY :]))

    def to_bytes(self) -> bytes:
        return self.secret + self.erase_at.to_bytes(8)

    @property
    def public(self) -> bytes:
        """What answers are sealed to, 32 bytes."""
        return hpke.SecretKey(self.secret).public

    def lots(self, manifest_hash: bytes) -> bytes:
        """The key of services/aggregate/prf.py: 32 bytes that say nothing about the secret."""
        return HKDF(SHA256(), 32, b"klankbord/1 lots", manifest_hash).derive(self.secret)
