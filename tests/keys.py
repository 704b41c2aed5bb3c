"""Keys for tests, each made once per run: an RSA key takes up to 0.3 s."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import blind_rsa, hpke


@cache
def rsa_key(number: int = 0) -> blind_rsa.PrivateKey:
    """Different numbers give different keys; a few are enough for any test."""
    return blind_rsa.generate()


@cache
def hpke_key(number: int = 0) -> hpke.SecretKey:
    return hpke.SecretKey.generate()


@cache
def ed25519_key(number: int = 0) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()
