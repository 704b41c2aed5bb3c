"""The sealing key of one round, as gate and aggregate each keep one. Whoever has it can open that layer of the round.

    file = HPKE secret key (32) || u64 POSIX seconds from which it may not exist any more

The date stands in the file itself, so that the key goes at its time even if the log is away or has lost the round.
"""

from dataclasses import dataclass, field
from typing import Self

from shared import hpke

_SIZE = hpke.KEY + 8
"""Bytes of the file."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """`secret`: 32 bytes. `erase_at`: POSIX seconds."""

    secret: bytes = field(repr=False)
    erase_at: int

    @classmethod
    def generate(cls, erase_at: int) -> Self:
        return cls(hpke.SecretKey.generate().to_bytes(), erase_at)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """From what `to_bytes` gives; ValueError."""
        if len(data) != _SIZE:
            raise ValueError("no sealing key")
        return cls(data[: hpke.KEY], int.from_bytes(data[hpke.KEY :]))

    def to_bytes(self) -> bytes:
        return self.secret + self.erase_at.to_bytes(8)

    @property
    def public(self) -> bytes:
        """What is sealed to, 32 bytes."""
        return hpke.SecretKey(self.secret).public
