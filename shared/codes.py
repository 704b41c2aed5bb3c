"""The two codes that people type: the access code that an issuer hands out, and the wallet code that a client makes.

    access code   KA-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX    KA, 128 bit in 26 characters, 10 bit of checksum in 2
    wallet code   KW-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX   KW, 128 bit in 26 characters, 20 bit of checksum in 4

Characters are Crockford's base32, five bits each, highest first; the two bits left over by 128 are zero and last.
The checksum is the first bits of SHA-256(label || the 16 bytes). Prefix, length and checksum differ, for whoever typed
a wallet code where an access code belongs would send away what opens all answers. A wrong access code is refused by
the issuer anyway; a wrong wallet code would ask for other tokens than before, hence the longer checksum.
"""

import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar, TypeVar

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET = 16
"""Bytes of either code: 128 bit, beyond guessing even where nobody counts the attempts."""

_DATA = 26
"""Characters for 128 bit."""
_SEPARATORS = re.compile(r"[\s\u002d\u2010-\u2015\u2212]+")
"""White space, hyphens and dashes, which word processors put in for each other."""
_LOOKALIKES = str.maketrans("OIL", "011")


class Mistake(StrEnum):
    """Why a typed text is not the code that was asked for, in the order in which it is looked at."""

    KIND = "kind"  # it is the other kind of code
    PREFIX = "prefix"  # it does not begin as either does
    CHARACTER = "character"  # one of its characters is in no code
    LENGTH = "length"  # something is missing or too much
    CHECKSUM = "checksum"  # a character is mistyped, or two are swapped


@dataclass(frozen=True, eq=False)
class Code:
    """The 16 random bytes of a code; `repr` hides them, and equality takes as long whatever differs."""

    secret: bytes = field(repr=False)
    prefix: ClassVar[str]
    label: ClassVar[bytes]
    check: ClassVar[int]
    """Characters of checksum."""
    group: ClassVar[int]
    """Characters between two dashes."""

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET:
            raise ValueError(f"a code has {SECRET} bytes")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and hmac.compare_digest(self.secret, other.secret)

    def __hash__(self) -> int:
        return hash((self.prefix, self.secret))

    @property
    def text(self) -> str:
        """The code as people get it, with dashes; a secret."""
        characters = _characters(int.from_bytes(self.secret) << 2, _DATA) + self._checksum
        groups = [characters[i : i + self.group] for i in range(0, len(characters), self.group)]
        return "-".join([self.prefix, *groups])

    @property
    def _checksum(self) -> str:
        digest = int.from_bytes(sha256(self.label + self.secret).digest())
        return _characters(digest >> (256 - 5 * self.check), self.check)


class AccessCode(Code):
    """Lets one member collect her tokens from an issuer, once in each round; the issuer keeps only its hash."""

    prefix = "KA"
    label = b"klankbord/1 access code"
    check = 2
    group = 4


class WalletCode(Code):
    """Everything that a client needs to answer again as the same person; it never leaves the client."""

    prefix = "KW"
    label = b"klankbord/1 wallet code"
    check = 4
    group = 5


_Code = TypeVar("_Code", bound=Code)


def parse(kind: type[_Code], text: str) -> _Code | Mistake:
    """The code that somebody typed, or what is wrong with it.

    Case, spaces and dashes do not matter; the letter O is read as 0, and I and L as 1.
    """
    typed = _SEPARATORS.sub("", text).upper()
    prefix, characters = typed[:2], typed[2:].translate(_LOOKALIKES)
    if prefix != kind.prefix:
        return Mistake.KIND if prefix in (AccessCode.prefix, WalletCode.prefix) else Mistake.PREFIX
    if any(character not in ALPHABET for character in characters):
        return Mistake.CHARACTER
    if len(characters) != _DATA + kind.check:
        return Mistake.LENGTH
    bits = 0
    for character in characters[:_DATA]:
        bits = bits << 5 | ALPHABET.index(character)
    code = kind((bits >> 2).to_bytes(SECRET))
    if bits & 0b11 or not hmac.compare_digest(code._checksum, characters[_DATA:]):
        return Mistake.CHECKSUM
    return code


def _characters(bits: int, count: int) -> str:
    return "".join(ALPHABET[bits >> 5 * i & 31] for i in reversed(range(count)))
