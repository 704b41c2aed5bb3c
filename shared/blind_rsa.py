"""Blind RSA signatures, RSABSSA-SHA384-PSS-Deterministic (RFC 9474): signed without the signer seeing what.

    client                                    signer
    blind(pk, message, salt, r)  -- 256 bytes -->
                                              blind_sign(key, blinded message)
    finalize(pk, message, .., inverse)  <-- 256 bytes --
    verify(pk, message, signature)

Prepare is the identity ("Deterministic"): every message of this project holds 256 bits that the signer cannot guess.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256, sha384
from typing import Self

import gmpy2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA384

E = 65537
BITS = 2048
SIZE = BITS // 8
"""Bytes of a modulus, of a blinded message and of a signature."""
SALT = 48
"""Bytes of PSS salt: as many as SHA-384 has (RFC 9474 section 5)."""

_SMALL_PRIMES = gmpy2.primorial(1000)
"""The product of all primes below 1000; a modulus that shares a factor with it was not made by an honest generator."""

_PSS = padding.PSS(padding.MGF1(SHA384()), SALT)

# SubjectPublicKeyInfo (RFC 5280) of a 2048 bit key with e = 65537, up to the modulus. RFC 9578 section 6.5 demands
# the algorithm id-RSASSA-PSS with these parameters, which `cryptography` reads and does not write.
_SPKI_BEFORE_MODULUS = bytes.fromhex(
    "30820152"  # SEQUENCE
    "303d 06092a864886f70d01010a"  # AlgorithmIdentifier: id-RSASSA-PSS (RFC 4055)
    "3030 a00d300b0609608648016503040202"  # parameters: hashAlgorithm SHA-384,
    "a11a301806092a864886f70d010108300b0609608648016503040202"  # maskGenAlgorithm MGF1 with SHA-384,
    "a203020130"  # saltLength 48
    "0382010f 00 3082010a"  # BIT STRING of RSAPublicKey, a SEQUENCE (RFC 8017 appendix A.1.1)
    "02820101 00"  # INTEGER modulus; a zero byte before it, for its highest bit is set
)
_SPKI_AFTER_MODULUS = bytes.fromhex("0203010001")  # INTEGER 65537


class BadSignature(ValueError):
    """What the signer sent is no signature of this message: an alarm, never a reason to try again."""


class SigningFault(RuntimeError):
    """The signer computed a wrong signature, which would give away its key; it must not be sent (RFC 9474 4.3)."""


@dataclass(frozen=True)
class PublicKey:
    """A modulus; ValueError unless it has exactly `bits` bits, is odd and has no factor that anybody would find.

    `bits` is 2048 wherever tokens are meant; the test vectors of RFC 9474 are of 4096.
    """

    n: int
    bits: int = field(default=BITS, repr=False)

    def __post_init__(self) -> None:
        if not 2 ** (self.bits - 1) < self.n < 2**self.bits:
            raise ValueError(f"the modulus has not {self.bits} bits")
        if gmpy2.gcd(self.n, _SMALL_PRIMES) != 1 or gmpy2.is_square(self.n):
            raise ValueError("the modulus is no product of two large primes")

    def __reduce__(self) -> tuple[type[Self], tuple[int, int]]:
        """For another process: without `verifier`, which no pickle can hold."""
        return type(self), (self.n, self.bits)

    @classmethod
    def from_modulus(cls, modulus: bytes) -> Self:
        """From 256 bytes, big-endian, as records and tokens have it; ValueError."""
        if len(modulus) != SIZE:
            raise ValueError(f"a modulus has {SIZE} bytes")
        return cls(int.from_bytes(modulus))

    @cached_property
    def modulus_bytes(self) -> bytes:
        return self.n.to_bytes(self.bits // 8)

    @cached_property
    def spki(self) -> bytes:
        """DER of the SubjectPublicKeyInfo with id-RSASSA-PSS (RFC 9578 section 6.5); 2048 bit keys only."""
        if self.bits != BITS:
            raise ValueError(f"tokens are signed with keys of {BITS} bits")
        return _SPKI_BEFORE_MODULUS + self.modulus_bytes + _SPKI_AFTER_MODULUS

    @cached_property
    def key_id(self) -> bytes:
        """SHA-256 of `spki`, 32 bytes: the token key id of RFC 9578 section 6.1."""
        return sha256(self.spki).digest()

    @cached_property
    def verifier(self) -> rsa.RSAPublicKey:
        return rsa.RSAPublicNumbers(E, self.n).public_key()


class PrivateKey:
    """Two secret primes of half the bits, with what the Chinese remainder theorem needs; ValueError if they do not fit.

    The primes are taken at their word: keys are our own, and checking one takes 40 ms. `blind_sign` verifies what it
    computed, so a damaged key signs nothing.
    """

    def __init__(self, p: int, q: int, bits: int = BITS) -> None:
        if p == q or p.bit_length() * 2 != bits or q.bit_length() * 2 != bits:
            raise ValueError(f"an RSA key has two different primes of {bits // 2} bits")
        self.public = PublicKey(p * q, bits)
        self._p, self._q = gmpy2.mpz(p), gmpy2.mpz(q)
        try:
            self._dp, self._dq = gmpy2.invert(E, self._p - 1), gmpy2.invert(E, self._q - 1)
            self._q_inverse = gmpy2.invert(self._q, self._p)
        except ZeroDivisionError:
            raise ValueError("no RSA key for e = 65537") from None

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """From p || q, 128 bytes each, big-endian; ValueError."""
        if len(data) != SIZE:
            raise ValueError(f"an RSA key is kept in {SIZE} bytes")
        return cls(int.from_bytes(data[: SIZE // 2]), int.from_bytes(data[SIZE // 2 :]))

    def to_bytes(self) -> bytes:
        half = self.public.bits // 16
        return int(self._p).to_bytes(half) + int(self._q).to_bytes(half)

    def __repr__(self) -> str:
        return "PrivateKey(hidden)"

    def _power(self, x: gmpy2.mpz) -> gmpy2.mpz:
        """x^d mod n (RFC 8017 section 5.2.1), with powers that take as long whatever the exponent is."""
        a = gmpy2.powmod_sec(x, self._dp, self._p)
        b = gmpy2.powmod_sec(x, self._dq, self._q)
        return b + self._q * ((a - b) * self._q_inverse % self._p)


@dataclass(frozen=True, slots=True)
class Blinded:
    """What goes to the signer, and what the client keeps to take the blinding off again."""

    message: bytes = field(repr=False)
    inverse: int = field(repr=False)


def generate() -> PrivateKey:
    """A new key; it takes 30 to 300 ms and leaves the interpreter free meanwhile."""
    numbers = rsa.generate_private_key(E, BITS).private_numbers()
    return PrivateKey(numbers.p, numbers.q)


def blind(pk: PublicKey, message: bytes, salt: bytes, blinding: int) -> Blinded:
    """RFC 9474 section 4.2, with the salt (48 bytes) and the blinding factor (0 < r < n, a unit mod n) handed in.

    Both are secret and must be as good as random, and of one message only. ValueError if they do not fit.
    """
    if len(salt) != SALT:
        raise ValueError(f"a salt has {SALT} bytes")
    if not 0 < blinding < pk.n or gmpy2.gcd(blinding, pk.n) != 1:
        raise ValueError("no blinding factor for this key")
    m = int.from_bytes(emsa_pss_encode(message, salt, pk.bits - 1))
    if gmpy2.gcd(m, pk.n) != 1:
        raise ValueError("a message that factors the key")
    z = m * gmpy2.powmod_sec(blinding, E, pk.n) % pk.n
    return Blinded(int(z).to_bytes(pk.bits // 8), int(gmpy2.invert(blinding, pk.n)))


def finalize(pk: PublicKey, message: bytes, blind_signature: bytes, inverse: int) -> bytes:
    """The signature of `message` (RFC 9474 section 4.4), verified; BadSignature if the signer sent anything else."""
    if len(blind_signature) != pk.bits // 8:
        raise BadSignature("a blind signature of another length")
    s = gmpy2.mpz(int.from_bytes(blind_signature)) * inverse % pk.n
    signature = int(s).to_bytes(pk.bits // 8)
    if not verify(pk, message, signature):
        raise BadSignature("not a signature of this message with this key")
    return signature


def verify(pk: PublicKey, message: bytes, signature: bytes) -> bool:
    """Whether this is an RSASSA-PSS signature with SHA-384, MGF1 with SHA-384 and 48 bytes of salt (RFC 8017 8.1.2)."""
    try:
        pk.verifier.verify(signature, message, _PSS, SHA384())
    except InvalidSignature:
        return False
    return True


def blind_sign(key: PrivateKey, blinded: bytes, randbelow: Callable[[int], int] = secrets.randbelow) -> bytes:
    """RFC 9474 section 4.3; ValueError if the input has the wrong length or is not below the modulus.

    The input is multiplied by a random factor first, so that its sender learns nothing from how long the powers take.
    The random number is no argument of the callers because the result does not depend on it. Other threads run
    meanwhile. Raises SigningFault instead of returning a wrong signature.
    """
    pk = key.public
    if len(blinded) != pk.bits // 8:
        raise ValueError("a blinded message of another length")
    m = gmpy2.mpz(int.from_bytes(blinded))
    if m >= pk.n:
        raise ValueError("a blinded message beyond the modulus")
    r = gmpy2.mpz(randbelow(pk.n - 1) + 1)
    with gmpy2.context(allow_release_gil=True):
        s = key._power(m * gmpy2.powmod_sec(r, E, pk.n) % pk.n) * gmpy2.invert(r, pk.n) % pk.n
        fault = gmpy2.powmod(s, E, pk.n) != m
    if fault:
        raise SigningFault("the signature does not verify")
    return int(s).to_bytes(pk.bits // 8)


def emsa_pss_encode(message: bytes, salt: bytes, em_bits: int) -> bytes:
    """EMSA-PSS-ENCODE with SHA-384 and MGF1-SHA-384 (RFC 8017 section 9.1.1): ceil(em_bits / 8) bytes.

    EM = maskedDB || H || 0xbc,  H = SHA-384(8 zero bytes || SHA-384(message) || salt),
    DB = zeros || 0x01 || salt,  maskedDB = DB xor MGF1(H), its highest bits zero
    """
    length = (em_bits + 7) // 8
    h = sha384(bytes(8) + sha384(message).digest() + salt).digest()
    db = (b"\x01" + salt).rjust(length - len(h) - 1, b"\x00")
    mask = b"".join(sha384(h + counter.to_bytes(4)).digest() for counter in range(len(db) // len(h) + 1))[: len(db)]
    masked = int.from_bytes(db) ^ int.from_bytes(mask)
    masked &= (1 << (8 * len(db) - (8 * length - em_bits))) - 1
    return masked.to_bytes(len(db)) + h + b"\xbc"
