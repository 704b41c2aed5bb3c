"""The bytes of an answer, from the inside out. All numbers are big-endian; H is the manifest's hash (32).

    inner     = HPKE-seal(aggregate key, "klankbord/1 inner" || H || u8 part || pk, answers)
    sig       = Ed25519(envelope key, "klankbord/1 ballot" || H || u8 part || SHA-256(inner))
    outer     = HPKE-seal(gate key, "klankbord/1 outer" || H || u8 part || a,
                    u32 revision || u32 finest node || pk (32)
                    || slots x issuers x group token (256) || sig (64) || inner)
    envelope  = u8 version 1 || u8 part || a (32) || issuers x admission token (256) || outer
    counted   = first 16 bytes of SHA-256("klankbord/1 counted" || H || u8 part || pk || SHA-256(inner))

The group tokens follow the path of nodes with a key, from the root down, and for each node the order of the issuers;
slots that the path does not need are zero. So all envelopes of a part have one length, whatever the path and answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import hpke, tokens
from shared.hpke import CannotOpen

VERSION = 1
KEY = 32
"""Bytes of an envelope key, which is an Ed25519 public key."""
NONCE = 32
SIGNATURE = 64
COUNTED = 16
"""Bytes of a counted entry: two of 100,000 are equal with a chance of 2^-95."""

Tokens = tuple[bytes, ...]
"""One token of each issuer, in the order of `parties.json`; 256 bytes each."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What decides the lengths of a part's envelopes; all of it stands in the manifest."""

    issuers: int
    slots: int
    """Most nodes with a key on any path of the part's tree."""
    answers_size: int
    """Bytes of the padded answers."""

    @property
    def inner(self) -> int:
        return self.answers_size + hpke.OVERHEAD

    @property
    def opened(self) -> int:
        """Bytes of the outer layer once the gate has opened it."""
        return 4 + 4 + KEY + self.slots * self.vouchers + SIGNATURE + self.inner

    @property
    def outer(self) -> int:
        return self.opened + hpke.OVERHEAD

    @property
    def envelope(self) -> int:
        return 2 + NONCE + self.vouchers + self.outer

    @property
    def vouchers(self) -> int:
        """Bytes of the tokens of all issuers for one node, or for admission."""
        return self.issuers * tokens.AUTHENTICATOR


@dataclass(frozen=True, slots=True)
class Outer:
    """What the gate sees of one answer."""

    revision: int
    node: int
    """The finest node with a key of whoever answered."""
    pk: bytes = field(repr=False)
    tokens: tuple[Tokens, ...] = field(repr=False)
    """Per node of the path, the root first. Decoding drops empty slots at the end, so their number must be checked."""
    sig: bytes = field(repr=False)
    inner: bytes = field(repr=False)

    def encode(self, layout: Layout) -> bytes:
        """`layout.opened` bytes; ValueError if a field does not fit the layout."""
        _fit(self.pk, KEY)
        _fit(self.sig, SIGNATURE)
        _fit(self.inner, layout.inner)
        group = b"".join(_join(of_node, layout) for of_node in self.tokens).ljust(layout.slots * layout.vouchers, b"\0")
        _fit(group, layout.slots * layout.vouchers)
        return _u32(self.revision) + _u32(self.node) + self.pk + group + self.sig + self.inner

    def digest(self, layout: Layout) -> bytes:
        """SHA-256 of the encoding: of two envelopes with one key and revision the lower one wins."""
        return sha256(self.encode(layout)).digest()

    @classmethod
    def decode(cls, data: bytes, layout: Layout) -> Self:
        """Whatever `encode` can give, and each from one encoding only; else CannotOpen."""
        if len(data) != layout.opened:
            raise CannotOpen("cannot open")
        revision, node, rest = int.from_bytes(data[:4]), int.from_bytes(data[4:8]), data[8:]
        pk, rest = rest[:KEY], rest[KEY:]
        group, rest = rest[: layout.slots * layout.vouchers], rest[layout.slots * layout.vouchers :]
        nodes = [_split(group[i : i + layout.vouchers]) for i in range(0, len(group), layout.vouchers)]
        while nodes and not any(any(token) for token in nodes[-1]):
            nodes.pop()
        return cls(revision, node, pk, tuple(nodes), rest[:SIGNATURE], rest[SIGNATURE:])


@dataclass(frozen=True, slots=True)
class Envelope:
    """What ingest sees of one answer, and what the log keeps of it."""

    part: int
    nonce: bytes = field(repr=False)
    admission: Tokens = field(repr=False)
    outer: bytes = field(repr=False)

    def encode(self, layout: Layout) -> bytes:
        """`layout.envelope` bytes; ValueError if a field does not fit the layout."""
        _fit(self.nonce, NONCE)
        _fit(self.outer, layout.outer)
        return bytes([VERSION, self.part]) + self.nonce + _join(self.admission, layout) + self.outer

    @classmethod
    def decode(cls, data: bytes, layouts: Sequence[Layout]) -> Self:
        """From its encoding and the layouts of all parts of the round, by index; else CannotOpen."""
        if len(data) < 2 or data[0] != VERSION or data[1] >= len(layouts):
            raise CannotOpen("cannot open")
        part, layout = data[1], layouts[data[1]]
        if len(data) != layout.envelope:
            raise CannotOpen("cannot open")
        nonce, rest = data[2 : 2 + NONCE], data[2 + NONCE :]
        return cls(part, nonce, _split(rest[: layout.vouchers]), rest[layout.vouchers :])


def seal_inner(aggregate_key: bytes, manifest_hash: bytes, part: int, pk: bytes, answers: bytes) -> bytes:
    """Padded answers (`layout.answers_size` bytes), sealed for aggregate and bound to round, part and envelope key."""
    return hpke.seal(aggregate_key, _context(b"inner", manifest_hash, part) + _fit(pk, KEY), answers)


def open_inner(secret: hpke.SecretKey, manifest_hash: bytes, part: int, pk: bytes, inner: bytes) -> bytes:
    """The padded answers; CannotOpen."""
    return hpke.open(secret, _context(b"inner", manifest_hash, part) + _fit(pk, KEY), inner)


def ballot_message(manifest_hash: bytes, part: int, inner: bytes) -> bytes:
    """What the envelope key signs."""
    return _context(b"ballot", manifest_hash, part) + sha256(inner).digest()


def sign_ballot(sk: Ed25519PrivateKey, manifest_hash: bytes, part: int, inner: bytes) -> bytes:
    """64 bytes (RFC 8032)."""
    return sk.sign(ballot_message(manifest_hash, part, inner))


def verify_ballot(pk: bytes, manifest_hash: bytes, part: int, inner: bytes, sig: bytes) -> bool:
    """Whether the holder of the envelope key `pk` signed this inner layer, in this part of this round."""
    try:
        Ed25519PublicKey.from_public_bytes(pk).verify(sig, ballot_message(manifest_hash, part, inner))
    except (InvalidSignature, ValueError):
        return False
    return True


def seal_outer(gate_key: bytes, manifest_hash: bytes, part: int, nonce: bytes, outer: Outer, layout: Layout) -> bytes:
    """`layout.outer` bytes, sealed for the gate and bound to round, part and admission nonce."""
    return hpke.seal(gate_key, _context(b"outer", manifest_hash, part) + _fit(nonce, NONCE), outer.encode(layout))


def open_outer(
    secret: hpke.SecretKey, manifest_hash: bytes, part: int, nonce: bytes, sealed: bytes, layout: Layout
) -> Outer:
    """What the client sealed; CannotOpen."""
    info = _context(b"outer", manifest_hash, part) + _fit(nonce, NONCE)
    return Outer.decode(hpke.open(secret, info, sealed), layout)


def counted_entry(manifest_hash: bytes, part: int, pk: bytes, inner: bytes) -> bytes:
    """16 bytes by which a client finds its answer among those that were counted."""
    return sha256(_context(b"counted", manifest_hash, part) + _fit(pk, KEY) + sha256(inner).digest()).digest()[:COUNTED]


def _context(label: bytes, manifest_hash: bytes, part: int) -> bytes:
    return b"klankbord/1 " + label + _fit(manifest_hash, 32) + bytes([part])


def _fit(value: bytes, length: int) -> bytes:
    if len(value) != length:
        raise ValueError(f"{len(value)} bytes where {length} belong")
    return value


def _join(of_issuers: Tokens, layout: Layout) -> bytes:
    return _fit(b"".join(_fit(token, tokens.AUTHENTICATOR) for token in of_issuers), layout.vouchers)


def _split(of_issuers: bytes) -> Tokens:
    size = tokens.AUTHENTICATOR
    return tuple(of_issuers[i : i + size] for i in range(0, len(of_issuers), size))


def _u32(value: int) -> bytes:
    if not 0 <= value < 2**32:
        raise ValueError("a number of four bytes")
    return value.to_bytes(4)
