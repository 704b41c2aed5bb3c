"""HPKE against RFC 9180 written out here, which is itself checked with the RFC's vectors."""

import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from shared import hpke
from tests.keys import hpke_key
from tests.vectors_found import beside, published

KEM_ID = b"KEM\x00\x20"
SUITE_ID = b"HPKE\x00\x20\x00\x01\x00\x01"


def extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    """LabeledExtract, RFC 9180 section 4."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")


def expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand, RFC 9180 section 4, for up to 32 bytes."""
    return hmac.digest(prk, length.to_bytes(2) + b"HPKE-v1" + suite + label + info + b"\x01", "sha256")[:length]


def schedule(dh: bytes, enc: bytes, public: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key and base nonce in base mode, RFC 9180 sections 4.1 and 5.1."""
    shared_secret = expand(KEM_ID, extract(KEM_ID, b"", b"eae_prk", dh), b"shared_secret", enc + public, 32)
    context = b"\x00" + extract(SUITE_ID, b"", b"psk_id_hash", b"") + extract(SUITE_ID, b"", b"info_hash", info)
    secret = extract(SUITE_ID, shared_secret, b"secret", b"")
    return expand(SUITE_ID, secret, b"key", context, 16), expand(SUITE_ID, secret, b"base_nonce", context, 12)


def schedule_of_sender(ephemeral: bytes, public: bytes, info: bytes) -> tuple[bytes, bytes, bytes]:
    key = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = key.public_key().public_bytes_raw()
    return enc, *schedule(key.exchange(X25519PublicKey.from_public_bytes(public)), enc, public, info)


def ours(vectors: list[dict[str, Any]]) -> dict[str, Any]:
    """The one vector of the RFC in base mode that has our suite."""
    (vector,) = [v for v in vectors if (v["mode"], v["kem_id"], v["kdf_id"], v["aead_id"]) == (0, *hpke.SUITE_ID)]
    return vector


def check(vector: dict[str, Any]) -> None:
    v = {name: bytes.fromhex(value) for name, value in vector.items() if isinstance(value, str)}
    enc, key, base_nonce = schedule_of_sender(v["skEm"], v["pkRm"], v["info"])
    assert (enc, key, base_nonce) == (v["enc"], v["key"], v["base_nonce"])
    assert hpke.SecretKey(v["skRm"]).public == v["pkRm"]
    for number, encryption in enumerate(vector["encryptions"]):
        e = {name: bytes.fromhex(value) for name, value in encryption.items()}
        if number == 0:
            assert e["nonce"] == base_nonce
        assert AESGCM(key).decrypt(e["nonce"], e["ct"], e["aad"]) == e["pt"]
    # The vectors have an aad, which this project never has: the same message without it must be opened by ours.
    first = bytes.fromhex(vector["encryptions"][0]["pt"])
    assert hpke.open(hpke.SecretKey(v["skRm"]), v["info"], enc + AESGCM(key).encrypt(base_nonce, first, b"")) == first


def test_the_vector_of_rfc_9180_from_its_package_comes_out_exactly() -> None:
    check(ours(json.loads(published("HPKE/test-vectors.json"))))


def test_the_vector_of_rfc_9180_from_the_folder_beside_comes_out_exactly() -> None:
    check(ours(beside("hpke/rfc9180-base-p256-x25519.json")))


@given(st.binary(max_size=100), st.binary(max_size=300), st.binary(min_size=32, max_size=32))
def test_ours_opens_what_the_rfc_seals(info: bytes, plaintext: bytes, ephemeral: bytes) -> None:
    enc, key, nonce = schedule_of_sender(ephemeral, hpke_key().public, info)
    assert hpke.open(hpke_key(), info, enc + AESGCM(key).encrypt(nonce, plaintext, None)) == plaintext


@given(st.binary(max_size=100), st.binary(max_size=300))
def test_the_rfc_opens_what_ours_seals(info: bytes, plaintext: bytes) -> None:
    sealed = hpke.seal(hpke_key().public, info, plaintext)
    assert len(sealed) == len(plaintext) + hpke.OVERHEAD
    enc, ciphertext = sealed[:32], sealed[32:]
    secret = X25519PrivateKey.from_private_bytes(hpke_key().to_bytes())
    key, nonce = schedule(secret.exchange(X25519PublicKey.from_public_bytes(enc)), enc, hpke_key().public, info)
    assert AESGCM(key).decrypt(nonce, ciphertext, None) == plaintext
    assert hpke.open(hpke_key(), info, sealed) == plaintext


def test_the_same_text_is_sealed_differently_each_time() -> None:
    first, second = (hpke.seal(hpke_key().public, b"", b"text") for _ in range(2))
    assert first[:32] != second[:32]
    assert first[32:] != second[32:]


def refusal(key: hpke.SecretKey, info: bytes, sealed: bytes) -> str:
    with pytest.raises(hpke.CannotOpen) as raised:
        hpke.open(key, info, sealed)
    assert raised.value.__cause__ is None
    return repr(raised.value)


@given(st.data())
def test_whatever_is_wrong_the_error_is_the_same(data: st.DataObject) -> None:
    sealed = hpke.seal(hpke_key().public, b"info", b"text")
    at, change = data.draw(st.integers(0, len(sealed) - 1)), data.draw(st.integers(1, 255))
    damaged = bytearray(sealed)
    damaged[at] ^= change
    refusals = {
        refusal(hpke_key(), b"info", bytes(damaged)),
        refusal(hpke_key(), b"other", sealed),
        refusal(hpke_key(1), b"info", sealed),
        refusal(hpke_key(), b"info", sealed[: data.draw(st.integers(0, len(sealed) - 1))]),
        refusal(hpke_key(), b"info", sealed + b"\0"),
        refusal(hpke_key(), b"info", bytes(32) + sealed[32:]),
    }
    assert len(refusals) == 1


def test_the_bit_that_x25519_ignores_is_bound_too() -> None:
    sealed = bytearray(hpke.seal(hpke_key().public, b"info", b"text"))
    sealed[31] ^= 0x80
    refusal(hpke_key(), b"info", bytes(sealed))


@pytest.mark.parametrize(
    "public",
    [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31), b"\xed" + b"\xff" * 30 + b"\x7f"],
    ids=["empty", "short", "long", "zero", "one", "p"],
)
def test_nothing_is_sealed_for_what_is_no_key(public: bytes) -> None:
    with pytest.raises(ValueError):
        hpke.seal(public, b"", b"text")


def test_a_key_survives_storage_and_shows_itself_nowhere() -> None:
    key = hpke_key()
    assert hpke.SecretKey(key.to_bytes()).public == key.public
    assert key.to_bytes().hex() not in repr(key) + str(key)
    assert repr(key.to_bytes()) not in repr(key) + str(key)
    for secret in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError):
            hpke.SecretKey(secret)
