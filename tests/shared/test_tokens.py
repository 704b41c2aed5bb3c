"""Tokens against the vectors of RFC 9578, whole: key, challenge, request, response, token."""

from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import blind_rsa, tokens
from shared.blind_rsa import PrivateKey
from tests.keys import rsa_key
from tests.vectors_found import beside

MANIFEST = sha256(b"manifest").digest()
NONCE = sha256(b"nonce").digest()
SALT = bytes(range(48))


def parsed(challenge: bytes) -> tuple[str, bytes, str]:
    """Issuer, redemption context and origin of a TokenChallenge (RFC 9577 section 2.1), read independently."""
    fields, rest = [], challenge[2:]
    for width in (2, 1, 2):
        length, rest = int.from_bytes(rest[:width]), rest[width:]
        field, rest = rest[:length], rest[length:]
        fields.append(field)
    assert not rest
    return fields[0].decode(), fields[1], fields[2].decode()


def rfc_9578() -> list[dict[str, bytes]]:
    found: list[dict[str, Any]] = []
    for language in ("go", "rust"):
        found += beside(f"privacypass/pub_verif_rfc9578.{language}.json")
    assert len(found) == 10
    return [{name: bytes.fromhex(value) for name, value in vector.items()} for vector in found]


def test_the_vectors_of_rfc_9578_come_out_exactly() -> None:
    for vector in rfc_9578():
        loaded = load_pem_private_key(vector["skS"], None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        numbers = loaded.private_numbers()
        key = PrivateKey(numbers.p, numbers.q)
        pk = key.public
        assert pk.spki == vector["pkS"]
        assert pk.key_id == sha256(vector["pkS"]).digest()

        issuer, context, origin = parsed(vector["token_challenge"])
        assert tokens.challenge(issuer, context, origin) == vector["token_challenge"]
        digest = sha256(vector["token_challenge"]).digest()
        message = tokens.token_input(vector["nonce"], digest, pk.key_id)
        blinded = blind_rsa.blind(pk, message, vector["salt"], int.from_bytes(vector["blind"]))
        assert b"\x00\x02" + pk.key_id[-1:] + blinded.message == vector["token_request"]
        response = blind_rsa.blind_sign(key, blinded.message)
        assert response == vector["token_response"]
        authenticator = blind_rsa.finalize(pk, message, response, blinded.inverse)
        assert message + authenticator == vector["token"]
        assert tokens.verify(pk, vector["nonce"], digest, authenticator)


def make(nonce: bytes, digest: bytes) -> bytes:
    pk = rsa_key().public
    message = tokens.token_input(nonce, digest, pk.key_id)
    blinded = blind_rsa.blind(pk, message, SALT, 12345)
    return blind_rsa.finalize(pk, message, blind_rsa.blind_sign(rsa_key(), blinded.message), blinded.inverse)


def test_a_token_vouches_for_one_nonce_in_one_round_of_one_issuer_under_one_key() -> None:
    pk = rsa_key().public
    digest = tokens.challenge_digest("issuer-a", MANIFEST, "ingest.example")
    authenticator = make(NONCE, digest)
    assert len(authenticator) == tokens.AUTHENTICATOR
    assert tokens.verify(pk, NONCE, digest, authenticator)
    assert not tokens.verify(pk, sha256(b"other").digest(), digest, authenticator)
    assert not tokens.verify(rsa_key(1).public, NONCE, digest, authenticator)
    for other in (
        tokens.challenge_digest("issuer-b", MANIFEST, "ingest.example"),
        tokens.challenge_digest("issuer-a", NONCE, "ingest.example"),
        tokens.challenge_digest("issuer-a", MANIFEST, "ingest.example:8443"),
    ):
        assert not tokens.verify(pk, NONCE, other, authenticator)


@settings(max_examples=50)
@given(st.integers(0, 255), st.integers(1, 255))
def test_a_token_that_was_changed_anywhere_is_refused(at: int, change: int) -> None:
    digest = tokens.challenge_digest("issuer-a", MANIFEST, "ingest.example")
    authenticator = bytearray(make(NONCE, digest))
    authenticator[at] ^= change
    assert not tokens.verify(rsa_key().public, NONCE, digest, bytes(authenticator))


def test_a_group_token_is_bound_to_the_envelope_key() -> None:
    digest = tokens.challenge_digest("issuer-a", MANIFEST, "ingest.example")
    mine, other = bytes(31) + b"\x01", bytes(31) + b"\x02"
    authenticator = make(tokens.group_nonce(mine), digest)
    assert tokens.verify(rsa_key().public, sha256(mine).digest(), digest, authenticator)
    assert not tokens.verify(rsa_key().public, tokens.group_nonce(other), digest, authenticator)


names = st.text(st.characters(codec="ascii"), min_size=1, max_size=8)


@given(names, st.sampled_from([b"", MANIFEST]), st.text(st.characters(codec="ascii"), max_size=8))
def test_no_two_challenges_have_the_same_bytes(issuer: str, context: bytes, origin: str) -> None:
    assert parsed(tokens.challenge(issuer, context, origin)) == (issuer, context, origin)


def test_fields_of_the_wrong_length_are_refused() -> None:
    for arguments in ((b"", NONCE, NONCE), (NONCE, NONCE[:-1], NONCE), (NONCE, NONCE, NONCE + b"\0")):
        with pytest.raises(ValueError, match="32"):
            tokens.token_input(*arguments)
    for manifest in (b"", MANIFEST[:-1]):
        with pytest.raises(ValueError, match="32"):
            tokens.challenge_digest("issuer-a", manifest, "ingest.example")
    long = "a" * 2**16
    for challenge in (("", MANIFEST, ""), ("a", b"short", ""), (long, MANIFEST, ""), ("a", MANIFEST, long)):
        with pytest.raises(ValueError, match="challenge"):
            tokens.challenge(*challenge)
    for challenge in (("\u00eb", MANIFEST, ""), ("a", MANIFEST, "\u00eb")):
        with pytest.raises(UnicodeEncodeError):
            tokens.challenge(*challenge)
