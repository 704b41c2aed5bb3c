"""All secrets of a client follow from its wallet code, and from nothing else."""

import hmac
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import blind_rsa
from shared.blind_rsa import PublicKey
from shared.codes import WalletCode
from shared.wallet_secrets import WalletSecrets, first_unit
from tests.keys import rsa_key

CODE = bytes(range(16))
MANIFEST = sha256(b"manifest").digest()


def hkdf(code: bytes, length: int, *fields: bytes) -> bytes:
    """RFC 5869 sections 2.2 and 2.3 with SHA-256, and the info of this protocol."""
    info = b"".join(len(field).to_bytes(2) + field for field in fields)
    prk = hmac.digest(b"klankbord/1 wallet", code, "sha256")
    out, block = b"", b""
    for i in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([i]), "sha256")
        out += block
    return out[:length]


@settings(max_examples=25)
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32), st.integers(0, 255), st.text())
def test_the_secrets_are_those_of_rfc_5869(code: bytes, manifest: bytes, part: int, issuer: str) -> None:
    pk = rsa_key().public
    secrets = WalletSecrets(WalletCode(code), manifest)
    common, token = (manifest, bytes([part])), (issuer.encode(), pk.key_id)
    assert secrets.admission_nonce(part) == hkdf(code, 32, b"admission nonce", *common)
    assert secrets.envelope_seed(part) == hkdf(code, 32, b"envelope seed", *common)
    assert secrets.salt(part, issuer, pk) == hkdf(code, 48, b"salt", *common, *token)
    drawn = int.from_bytes(hkdf(code, 272, b"blinding", *common, *token, b"\x00"))
    assert secrets.blinding(part, issuer, pk) == drawn % pk.n


def test_no_two_secrets_of_a_person_are_related() -> None:
    seen: list[bytes] = []
    for code, manifest in ((CODE, MANIFEST), (CODE, bytes(32)), (bytes(16), MANIFEST)):
        secrets = WalletSecrets(WalletCode(code), manifest)
        for part in (0, 1):
            seen += [secrets.admission_nonce(part), secrets.envelope_seed(part)]
            for issuer in ("a", "b"):
                for key in (0, 1):
                    pk = rsa_key(key).public
                    seen += [secrets.salt(part, issuer, pk), secrets.blinding(part, issuer, pk).to_bytes(256)]
    starts = {secret[:16] for secret in seen}
    assert len(starts) == len(seen) == 3 * 2 * (2 + 8)


def test_the_secrets_are_what_blinding_a_token_takes() -> None:
    pk = rsa_key().public
    secrets = WalletSecrets(WalletCode(CODE), MANIFEST)
    salt, r = secrets.salt(0, "a", pk), secrets.blinding(0, "a", pk)
    blinded = blind_rsa.blind(pk, b"message", salt, r)
    assert blinded == blind_rsa.blind(pk, b"message", salt, r)
    answer = blind_rsa.blind_sign(rsa_key(), blinded.message)
    assert blind_rsa.verify(pk, b"message", blind_rsa.finalize(pk, b"message", answer, blinded.inverse))


def test_a_blinding_factor_without_an_inverse_is_passed_over() -> None:
    n = 15
    assert first_unit(iter([b"\x00", b"\x0f", b"\x03", b"\x0a", b"\x11", b"\x01"]), n) == 2


def test_the_counter_goes_up_until_there_is_an_inverse() -> None:
    """With a toy key of 20 bits a factor in 500 has none; some part and issuer need the second draw, and get it."""
    pk = PublicKey(1009 * 1013, bits=20)
    pk.__dict__["key_id"] = bytes(32)  # Only keys of 2048 bits have an id.
    secrets = WalletSecrets(WalletCode(CODE), MANIFEST)
    second_draws = 0
    for issuer in map(str, range(3000)):
        common = (MANIFEST, b"\x00", issuer.encode(), pk.key_id)
        first = int.from_bytes(hkdf(CODE, 272, b"blinding", *common, b"\x00")) % pk.n
        if first % 1009 == 0 or first % 1013 == 0:
            second_draws += 1
            second = int.from_bytes(hkdf(CODE, 272, b"blinding", *common, b"\x01")) % pk.n
            assert secrets.blinding(0, issuer, pk) == second
    assert second_draws > 0


def test_nothing_of_the_code_shows() -> None:
    secrets = WalletSecrets(WalletCode(CODE), MANIFEST)
    assert repr(CODE) not in repr(secrets)
    assert "WalletCode()" in repr(secrets)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        WalletSecrets(WalletCode(CODE), b"short")
    for part in (-1, 256):
        with pytest.raises(ValueError):
            WalletSecrets(WalletCode(CODE), MANIFEST).envelope_seed(part)
