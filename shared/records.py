"""The records of a round: one signed statement by one party, in the topic `rounds`.

    JWS payload = {"author": party name, "body": {...}, "round": round id}        typ = "klankbord-<kind>"

A record that follows from another names it: offer the draft's hash, accept and cut the manifest's, batch the cut's,
opening the batch's, release the opening's. Hashes are base64url SHA-256 of the JWS; the manifest's is that of its
canonical JSON (it is what people compare).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from marshmallow import Schema, ValidationError, fields, validate

from shared import jws
from shared.bundle import ReferenceSchema
from shared.canonical import b64
from shared.parties import Party
from shared.schema import Bytes, party_name, round_id, whole


class Kind(StrEnum):
    """In the order of a round's life."""

    DRAFT = "draft"
    OFFER = "offer"
    MANIFEST = "manifest"
    ACCEPT = "accept"
    VOID = "void"
    CANCEL = "cancel"
    CUT = "cut"
    BATCH = "batch"
    STOP = "stop"
    OPENING = "opening"
    RELEASE = "release"


class Foreign(ValueError):
    """Not a record of ours: malformed, of another kind, or not signed by whom it names."""


@dataclass(frozen=True)
class Record:
    """A record whose signature has been checked."""

    kind: Kind
    round_id: str
    author: str
    body: dict[str, Any]
    jws: str

    @cached_property
    def digest(self) -> str:
        """base64url SHA-256 of the JWS: how the next record names this one."""
        return digest(self.jws)


class _Words(Schema):
    reason = fields.Str(required=True, validate=validate.Regexp(r"[a-z][a-z-]{0,39}\Z"))


class _Nothing(Schema):
    pass


class _IssuerOffer(Schema):
    draft = Bytes(32, required=True)
    admission_key = Bytes(256, required=True)
    nodes = fields.Nested(ReferenceSchema, required=True)


class _KeyOffer(Schema):
    draft = Bytes(32, required=True)
    key = Bytes(32, required=True)


class _Manifest(Schema):
    manifest = fields.Dict(required=True)


class _Accept(Schema):
    manifest = Bytes(32, required=True)


class _Partition(Schema):
    end = whole(min=0)
    count = whole(min=0)
    sha256 = Bytes(32, required=True)


class _Cut(Schema):
    manifest = Bytes(32, required=True)
    partitions = fields.List(fields.Nested(_Partition), required=True, validate=validate.Length(min=1, max=1000))


class _CountedPart(Schema):
    """The lots themselves stand in the bundle: there may be thousands, and a record is small."""

    lots = whole(min=0)
    counted = whole(min=0)
    held_back = whole(min=0)
    refused = fields.Dict(
        keys=fields.Str(validate=validate.Regexp(r"[a-z-]{1,40}\Z")),
        values=fields.Int(strict=True, validate=validate.Range(min=1)),
        required=True,
    )


class _Batch(Schema):
    cut = Bytes(32, required=True)
    bundle = fields.Nested(ReferenceSchema, required=True)
    parts = fields.List(fields.Nested(_CountedPart), required=True)


class _Opening(Schema):
    batch = Bytes(32, required=True)


class _Release(Schema):
    opening = Bytes(32, required=True)
    cells = fields.Nested(ReferenceSchema, required=True)
    words = fields.Nested(ReferenceSchema, required=True)
    counted = fields.Nested(ReferenceSchema, required=True)


_BODIES: dict[Kind, Schema] = {
    Kind.MANIFEST: _Manifest(),
    Kind.ACCEPT: _Accept(),
    Kind.VOID: _Words(),
    Kind.CANCEL: _Nothing(),
    Kind.CUT: _Cut(),
    Kind.BATCH: _Batch(),
    Kind.STOP: _Words(),
    Kind.OPENING: _Opening(),
    Kind.RELEASE: _Release(),
}
_ISSUER_OFFER, _KEY_OFFER = _IssuerOffer(), _KeyOffer()
"""Made once: making a schema takes longer than loading a record with it."""


class _Payload(Schema):
    round = round_id()
    author = party_name()
    body = fields.Dict(required=True)


_PAYLOAD = _Payload()


def digest(text: str) -> str:
    """base64url SHA-256 of a record's JWS."""
    return b64(sha256(text.encode()).digest())


def sign(kind: Kind, round_id: str, author: str, body: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """The record as it stands in the log; the same arguments give the same text."""
    return jws.sign(f"klankbord-{kind}", {"round": round_id, "author": author, "body": body}, key)


def peek(raw: bytes) -> Record:
    """A record whose signature is not checked yet; Foreign if it has not the form of one."""
    try:
        text = raw.decode("ascii")
        typ, payload = jws.peek(text)
        kind = Kind(typ.removeprefix("klankbord-"))
        if typ != f"klankbord-{kind}":
            raise Foreign("another typ")
        _PAYLOAD.load(payload)
    except (ValueError, ValidationError):
        raise Foreign("not a record") from None
    return Record(kind, payload["round"], payload["author"], payload["body"], text)


def signed_by(record: Record, author: Party) -> bool:
    """Whether a peeked record bears this party's signature, whatever its body says."""
    try:
        jws.verify(record.jws, f"klankbord-{record.kind}", author.public_key)
    except jws.BadSignature:
        return False
    return True


def check_body(record: Record, *, issuer: bool) -> None:
    """Foreign if the body has not the form of its kind; a draft's is checked by shared.draft.

    `issuer`: whether the author is an issuer, for its offer differs.
    """
    try:
        if record.kind is Kind.OFFER:
            (_ISSUER_OFFER if issuer else _KEY_OFFER).load(record.body)
        elif record.kind is not Kind.DRAFT:
            _BODIES[record.kind].load(record.body)
    except ValidationError:
        raise Foreign("malformed body") from None


def verify(record: Record, author: Party, *, issuer: bool) -> None:
    """Check signature and body of a peeked record; Foreign if either is not right. `issuer` as in `check_body`."""
    if not signed_by(record, author):
        raise Foreign("not signed by its author")
    check_body(record, issuer=issuer)
