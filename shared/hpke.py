"""HPKE (RFC 9180) in base mode and one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; aad is empty.

sealed = enc (32) || ciphertext || tag (16)
"""

from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

SUITE_ID = (0x0020, 0x0001, 0x0001)
"""KEM, KDF and AEAD as RFC 9180 section 7 numbers them."""
OVERHEAD = 48
"""Bytes that sealing adds: the encapsulated key and the tag."""
KEY = 32
"""Bytes of a public and of a secret key."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


class CannotOpen(ValueError):
    """The one error of opening and decoding; why it failed is told to nobody, who could learn from it."""


class SecretKey:
    """A key pair for opening; `public` is what others seal to, 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        """From 32 bytes as `to_bytes` gives them; ValueError if they are more or fewer."""
        self._key = X25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        return cls(X25519PrivateKey.generate().private_bytes_raw())

    def to_bytes(self) -> bytes:
        return self._key.private_bytes_raw()

    def __repr__(self) -> str:
        return f"SecretKey(public={self.public.hex()})"


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Sealed for the holder of `public` (32 bytes): OVERHEAD bytes longer, and different each time.

    ValueError if that is no key; a point of small order is none, for everybody knows its shared secret.
    """
    return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public), info)


def open(secret: SecretKey, info: bytes, sealed: bytes) -> bytes:
    """The plaintext that `seal` was given with the same info; CannotOpen for whatever reason there may be."""
    try:
        return _SUITE.decrypt(sealed, secret._key, info)
    except (InvalidTag, ValueError):
        raise CannotOpen("cannot open") from None
