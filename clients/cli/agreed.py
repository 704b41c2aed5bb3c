"""The rules of a round as this client accepts them: signed by everybody, and the same wherever they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from clients.cli.connection import Web
from clients.cli.outcomes import Alarm, AlarmReason, Trouble, Unavailable
from shared import jws
from shared.manifest import BadManifest, Manifest, verify_published
from shared.parties import Book, Parties, Party
from shared.schema import Date, Texts, round_id


@dataclass(frozen=True)
class Listed:
    """One line of a list of rounds; unsigned, so good for choosing only. Times are RFC 3339 text."""

    round_id: str
    state: str
    period: str
    title: dict[str, str]
    opens: str
    answer_from: str
    closes: str
    fingerprint: str


@dataclass(frozen=True)
class Agreed:
    """A round whose rules have been checked. `state` is what the service says and is signed by nobody."""

    manifest: Manifest
    state: str


class _Listed(Schema):
    class Meta:
        unknown = EXCLUDE

    round = round_id()
    state = fields.Str(required=True)
    period = fields.Str(required=True)
    title = fields.Nested(Texts, required=True)
    opens = Date(required=True)
    answer_from = Date(required=True)
    closes = Date(required=True)
    fingerprint = fields.Str(required=True)


class _List(Schema):
    class Meta:
        unknown = EXCLUDE

    rounds = fields.List(fields.Nested(_Listed), required=True)


class _Published(Schema):
    class Meta:
        unknown = EXCLUDE

    state = fields.Str(required=True)
    manifest = fields.Str(required=True)
    accepts = fields.List(fields.Str(), required=True)


def rounds(web: Web, party: Party) -> list[Listed]:
    """The rounds that everybody has agreed on, as an issuer or ingest lists them."""
    try:
        loaded = _List().load(web.get(party.name, party.url, "/rounds"))
    except ValidationError:
        raise Unavailable(party.name, Trouble.NONSENSE) from None
    return [Listed(round_id=one.pop("round"), **one) for one in loaded["rounds"]]


def fetch(web: Web, book: Book, round_id: str) -> Agreed:
    """The round's rules from every issuer and from ingest; an Alarm unless all show the same, signed by everybody."""
    lead = book.current.lead
    first = _published(web, lead, round_id)
    parties = _parties_of(book, first["manifest"])
    manifest = _verified(first, round_id, parties)
    for other in (*parties.issuers, parties.ingest):
        if other == lead:
            continue
        if _verified(_published(web, other, round_id), round_id, parties).hash != manifest.hash:
            raise Alarm(AlarmReason.DIFFERENT_RULES, f"{lead.name}, {other.name}")
    return Agreed(manifest, first["state"])


def fetch_known(web: Web, book: Book, round_id: str, manifest_hash: bytes) -> Agreed:
    """The rules with which tokens were collected, from ingest alone; an Alarm if it shows others.

    Nothing is asked of an issuer, which knows people, shortly before answers are sent.
    """
    published = _published(web, book.current.ingest, round_id)
    manifest = _verified(published, round_id, _parties_of(book, published["manifest"]))
    if manifest.hash != manifest_hash:
        raise Alarm(AlarmReason.CHANGED_RULES, round_id)
    return Agreed(manifest, published["state"])


def _published(web: Web, party: Party, round_id: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = _Published().load(web.get(party.name, party.url, f"/rounds/{round_id}"))
    except ValidationError:
        raise Unavailable(party.name, Trouble.NONSENSE) from None
    return loaded


def _parties_of(book: Book, manifest_jws: str) -> Parties:
    """The generation that the manifest names, in the user's own parties.json; the signatures are checked with it."""
    try:
        parties = book.get(int(jws.peek(manifest_jws)[1]["body"]["manifest"]["draft"]["generation"]))
    except (KeyError, TypeError, ValueError):
        parties = None
    if parties is None:
        raise Alarm(AlarmReason.NOT_AGREED, "parties.json")
    return parties


def _verified(published: dict[str, Any], round_id: str, parties: Parties) -> Manifest:
    try:
        manifest = verify(published["manifest"], published["accepts"], parties)
    except BadManifest as error:
        raise Alarm(AlarmReason.NOT_AGREED, str(error)) from None
    if manifest.round_id != round_id:
        raise Alarm(AlarmReason.NOT_AGREED, manifest.round_id)
    return manifest


def verify(manifest_jws: str, accepts: Sequence[str], parties: Parties) -> Manifest:
    """`verify_published`, once for the same signed texts, which several services show; BadManifest."""
    return _verify_once(manifest_jws, frozenset(accepts), parties)


@lru_cache(maxsize=8)
def _verify_once(manifest_jws: str, accepts: frozenset[str], parties: Parties) -> Manifest:
    return verify_published(manifest_jws, sorted(accepts), parties)
