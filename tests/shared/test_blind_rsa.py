"""Blind RSA against the vectors of RFC 9474, against plain integers, and against `cryptography` as the signer."""

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha384
from typing import Any

import gmpy2
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import blind_rsa
from shared.blind_rsa import BadSignature, PrivateKey, PublicKey, SigningFault
from tests.keys import rsa_key
from tests.vectors_found import beside

SALT = bytes(range(48))
MESSAGE = b"a message that the signer does not see"

messages = st.binary(max_size=100)
salts = st.binary(min_size=48, max_size=48)
blindings = st.integers(2, 2**2047)


def primes(key: PrivateKey) -> tuple[int, int]:
    data = key.to_bytes()
    return int.from_bytes(data[:128]), int.from_bytes(data[128:])


def crypto_key(key: PrivateKey) -> rsa.RSAPrivateKey:
    """The same key as an object of `cryptography`."""
    p, q = primes(key)
    d = pow(blind_rsa.E, -1, (p - 1) * (q - 1))
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(blind_rsa.E, p * q)).private_key()


def integers(vector: dict[str, Any], *names: str) -> list[int]:
    return [int(vector[name], 16) for name in names]


def rfc_9474() -> list[dict[str, Any]]:
    """The four of appendix A, with keys of 4096 bits, and two of the drafts' repository."""
    four = beside("blindrsa/rfc9474-four-variants.json")
    two = [{**v, "input_msg": v["msg"]} for v in beside("blindrsa/rfc9474-cfrg-repo.json")]
    assert len(four) == 4
    assert len(two) == 2
    return [*four, *two]


def test_the_vectors_of_rfc_9474_come_out_exactly() -> None:
    ours = 0
    for vector in rfc_9474():
        p, q, n, inverse = integers(vector, "p", "q", "n", "inv")
        key = PrivateKey(p, q, bits=n.bit_length())
        assert key.public.n == n
        message, salt = bytes.fromhex(vector["input_msg"]), bytes.fromhex(vector["salt"])
        blinded, blind_signature, signature = (bytes.fromhex(vector[k]) for k in ("blinded_msg", "blind_sig", "sig"))
        r = pow(inverse, -1, n)
        encoded = blind_rsa.emsa_pss_encode(message, salt, n.bit_length() - 1)
        if "encoded_msg" in vector:
            assert encoded == bytes.fromhex(vector["encoded_msg"])
        assert int.from_bytes(encoded) * pow(r, blind_rsa.E, n) % n == int.from_bytes(blinded)
        assert blind_rsa.blind_sign(key, blinded) == blind_signature
        assert int.from_bytes(blind_signature) * inverse % n == int.from_bytes(signature)
        if len(salt) == blind_rsa.SALT:
            ours += 1
            result = blind_rsa.blind(key.public, message, salt, r)
            assert (result.message, result.inverse) == (blinded, inverse)
            assert blind_rsa.finalize(key.public, message, blind_signature, inverse) == signature
        else:  # PSSZERO: the steps are the same, but this suite takes no other salt.
            with pytest.raises(ValueError, match="salt"):
                blind_rsa.blind(key.public, message, salt, r)
            with pytest.raises(BadSignature):
                blind_rsa.finalize(key.public, message, blind_signature, inverse)
    assert ours >= 3


@settings(max_examples=30)
@given(messages, salts, blindings)
def test_every_step_is_that_of_plain_integers(message: bytes, salt: bytes, r: int) -> None:
    key, pk = rsa_key(), rsa_key().public
    p, q = primes(key)
    d = pow(blind_rsa.E, -1, (p - 1) * (q - 1))
    m = int.from_bytes(blind_rsa.emsa_pss_encode(message, salt, 2047))

    blinded = blind_rsa.blind(pk, message, salt, r)
    assert int.from_bytes(blinded.message) == m * pow(r, blind_rsa.E, pk.n) % pk.n
    blind_signature = blind_rsa.blind_sign(key, blinded.message)
    assert int.from_bytes(blind_signature) == pow(int.from_bytes(blinded.message), d, pk.n)
    signature = blind_rsa.finalize(pk, message, blind_signature, blinded.inverse)
    assert int.from_bytes(signature) == pow(m, d, pk.n)
    assert blind_rsa.verify(pk, message, signature)


@settings(max_examples=20)
@given(messages, salts)
def test_the_encoding_is_what_the_signatures_of_another_library_contain(message: bytes, salt: bytes) -> None:
    pss = padding.PSS(padding.MGF1(SHA384()), blind_rsa.SALT)
    signature = crypto_key(rsa_key()).sign(message, pss, SHA384())
    pk = rsa_key().public
    assert blind_rsa.verify(pk, message, signature)
    encoded = pow(int.from_bytes(signature), blind_rsa.E, pk.n).to_bytes(256)
    # Its salt is not ours to choose but can be read: DB = zeros || 0x01 || salt, masked by MGF1 of the hash after it.
    db = int.from_bytes(encoded[:207]) ^ int.from_bytes(mgf1(encoded[207:255], 207))
    assert blind_rsa.emsa_pss_encode(message, (db % 2**384).to_bytes(48), 2047) == encoded


def mgf1(seed: bytes, length: int) -> bytes:
    """RFC 8017 appendix B.2.1 with SHA-384."""
    out = b""
    for counter in range(-(-length // 48)):
        out += sha384(seed + counter.to_bytes(4)).digest()
    return out[:length]


def test_what_the_signer_sees_says_nothing_about_the_message() -> None:
    """For any other message there is a blinding factor that gives the same bytes: that is what blind means."""
    key, pk = rsa_key(), rsa_key().public
    seen = blind_rsa.blind(pk, MESSAGE, SALT, 12345).message
    p, q = primes(key)
    d = pow(blind_rsa.E, -1, (p - 1) * (q - 1))
    other = int.from_bytes(blind_rsa.emsa_pss_encode(b"another", SALT, 2047))
    r = pow(int.from_bytes(seen) * pow(other, -1, pk.n), d, pk.n)
    assert blind_rsa.blind(pk, b"another", SALT, r).message == seen


def test_the_random_number_of_the_signer_does_not_change_the_result() -> None:
    key = rsa_key()
    blinded = blind_rsa.blind(key.public, MESSAGE, SALT, 12345).message
    asked: list[int] = []

    def draw(number: int) -> Callable[[int], int]:
        def randbelow(n: int) -> int:
            asked.append(n)
            return number % n

        return randbelow

    results = {blind_rsa.blind_sign(key, blinded, draw(number)) for number in (0, -1, 2**2000)}
    assert results == {blind_rsa.blind_sign(key, blinded)}
    assert asked == [key.public.n - 1] * 3


def signed() -> tuple[blind_rsa.Blinded, bytes]:
    blinded = blind_rsa.blind(rsa_key().public, MESSAGE, SALT, 12345)
    return blinded, blind_rsa.blind_sign(rsa_key(), blinded.message)


@settings(max_examples=60)
@given(st.integers(0, 255), st.integers(1, 255))
def test_any_changed_byte_is_refused(at: int, change: int) -> None:
    pk = rsa_key().public
    blinded, blind_signature = signed()
    signature = blind_rsa.finalize(pk, MESSAGE, blind_signature, blinded.inverse)
    damaged = bytearray(signature)
    damaged[at] ^= change
    assert not blind_rsa.verify(pk, MESSAGE, bytes(damaged))
    damaged = bytearray(blind_signature)
    damaged[at] ^= change
    with pytest.raises(BadSignature):
        blind_rsa.finalize(pk, MESSAGE, bytes(damaged), blinded.inverse)


def test_a_signature_of_another_message_or_key_is_refused() -> None:
    pk = rsa_key().public
    blinded, blind_signature = signed()
    signature = blind_rsa.finalize(pk, MESSAGE, blind_signature, blinded.inverse)
    assert not blind_rsa.verify(pk, MESSAGE + b".", signature)
    assert not blind_rsa.verify(rsa_key(1).public, MESSAGE, signature)
    with pytest.raises(BadSignature):
        blind_rsa.finalize(pk, MESSAGE + b".", blind_signature, blinded.inverse)
    with pytest.raises(BadSignature):
        blind_rsa.finalize(pk, MESSAGE, blind_signature, blinded.inverse + 1)
    with pytest.raises(BadSignature):
        blind_rsa.finalize(pk, MESSAGE, blind_rsa.blind_sign(rsa_key(1), bytes(256)), blinded.inverse)


def test_signatures_of_another_length_or_beyond_the_modulus_are_refused() -> None:
    pk = rsa_key().public
    blinded, blind_signature = signed()
    signature = blind_rsa.finalize(pk, MESSAGE, blind_signature, blinded.inverse)
    beyond = int.from_bytes(signature) + pk.n
    for other in (b"", signature[:-1], signature + b"\0", b"\0" + signature, bytes(256), beyond.to_bytes(257)):
        assert not blind_rsa.verify(pk, MESSAGE, other)
    for other in (b"", blind_signature[:-1], blind_signature + b"\0", bytes(256)):
        with pytest.raises(BadSignature):
            blind_rsa.finalize(pk, MESSAGE, other, blinded.inverse)


def test_the_signer_refuses_input_of_the_wrong_length_or_beyond_the_modulus() -> None:
    key = rsa_key()
    for blinded in (b"", bytes(255), bytes(257)):
        with pytest.raises(ValueError, match="length"):
            blind_rsa.blind_sign(key, blinded)
    for number in (key.public.n, key.public.n + 1, 2**2048 - 1):
        with pytest.raises(ValueError, match="modulus"):
            blind_rsa.blind_sign(key, number.to_bytes(256))
    assert len(blind_rsa.blind_sign(key, (key.public.n - 1).to_bytes(256))) == 256


def damaged(key: PrivateKey) -> PrivateKey:
    """The key with one bit of q flipped.

    Many such moduli have a small factor and are refused at once; one in hundreds is a prime again, and a sound key.
    """
    p, q = primes(key)
    for bit in range(100, 600):
        with suppress(ValueError):
            if not gmpy2.is_prime(q ^ 1 << bit):
                return PrivateKey(p, q ^ 1 << bit)
    raise AssertionError("500 damaged keys in a row with a small factor")


def test_a_signer_with_a_damaged_key_sends_nothing() -> None:
    with pytest.raises(SigningFault):
        blind_rsa.blind_sign(damaged(rsa_key()), bytes(255) + b"\x02")


def test_blinding_takes_only_units_and_salts_of_48_bytes() -> None:
    pk = rsa_key().public
    p, _ = primes(rsa_key())
    for r in (0, -1, pk.n, pk.n + 1, p):
        with pytest.raises(ValueError, match="blinding factor"):
            blind_rsa.blind(pk, MESSAGE, SALT, r)
    for salt in (b"", SALT[:-1], SALT + b"\0"):
        with pytest.raises(ValueError, match="salt"):
            blind_rsa.blind(pk, MESSAGE, salt, 12345)


def test_a_modulus_that_no_honest_issuer_has_is_refused() -> None:
    n = rsa_key().public.n
    p, _ = primes(rsa_key())
    assert PublicKey.from_modulus(n.to_bytes(256)) == rsa_key().public
    for other in (0, -n, n + 1, n >> 1, n * 3, n // 997 * 997 | 1 << 2047, p * p, 2**2047):
        with pytest.raises(ValueError, match="modulus"):
            PublicKey(other)
    for data in (b"", n.to_bytes(257), (n >> 8).to_bytes(255)):
        with pytest.raises(ValueError, match="bytes"):
            PublicKey.from_modulus(data)


def test_a_private_key_survives_storage_and_shows_itself_nowhere() -> None:
    key = rsa_key()
    again = PrivateKey.from_bytes(key.to_bytes())
    assert again.public == key.public
    assert len(key.to_bytes()) == 256
    blinded, blind_signature = signed()
    assert blind_rsa.blind_sign(again, blinded.message) == blind_signature
    p, q = primes(key)
    for secret in (str(p), str(q), hex(p)[2:], hex(q)[2:]):
        assert secret not in repr(key) + str(key) + f"{key}"
    assert str(blinded.inverse) not in repr(blinded)


def test_what_is_no_pair_of_primes_of_1024_bits_is_no_private_key() -> None:
    p, q = primes(rsa_key())
    bad_for_e = 65537 * (2**1023 // 65537) + 1  # p - 1 is a multiple of e, which then has no inverse.
    while bad_for_e.bit_length() < 1024 or bad_for_e % 2 == 0:
        bad_for_e += 65537
    for pair in ((p, p), (p, q >> 1), (p >> 1, q), (p << 1, q >> 1), (3, 5), (p, bad_for_e)):
        with pytest.raises(ValueError):
            PrivateKey(*pair)
    for data in (b"", bytes(256), rsa_key().to_bytes()[:-1], rsa_key().to_bytes() + b"\0"):
        with pytest.raises(ValueError):
            PrivateKey.from_bytes(data)


def test_the_key_information_is_read_by_another_library_as_the_same_key() -> None:
    pk = rsa_key().public
    loaded = load_der_public_key(pk.spki)
    assert isinstance(loaded, rsa.RSAPublicKey)
    assert loaded.public_numbers() == rsa.RSAPublicNumbers(65537, pk.n)
    # What it writes has another algorithm, hence the prefix of our own; the key inside is the same to the byte.
    theirs = loaded.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert theirs != pk.spki
    assert theirs[-271:] == pk.spki[-271:]
    assert len(pk.key_id) == 32
