"""Who takes part in an installation: names, addresses and long-lived Ed25519 keys, in numbered generations.

`parties.json` holds every generation there ever was. Each is endorsed by all authors of the one before, so nobody can
slip in a party of her own later; the first is trusted as it was handed out. A round is judged with the generation
that its draft names, and the round's fingerprint covers that generation's hash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from marshmallow import Schema, ValidationError, fields, validate

from shared import canonical, jws
from shared.canonical import b64, unb64
from shared.schema import Bytes, Flag, first_error, party_name, whole

MAX_ISSUERS = 8
"""Each adds a signature per token to what every employee sends."""

ENDORSEMENT = "klankbord-parties"


class BadParties(ValueError):
    """parties.json is malformed, or a generation lacks an endorsement of the one before."""


@dataclass(frozen=True, slots=True)
class Party:
    """One service. `url` is where employees reach it, empty where they never do."""

    name: str
    url: str
    key: bytes
    """Raw Ed25519 public key, 32 bytes."""

    @property
    def public_key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.key)


@dataclass(frozen=True)
class Parties:
    """One generation."""

    generation: int
    issuers: tuple[Party, ...]
    ingest: Party
    gate: Party
    aggregate: Party
    report_url: str
    pages: tuple[str, ...]
    """Origins of the pages that may talk to issuer, ingest and report from a browser (CORS)."""
    trial: bool
    """All services run under one hand: short dates are allowed, and every page says that it is not anonymous."""
    digest: str
    """base64url SHA-256 of the generation's canonical JSON."""

    @property
    def lead(self) -> Party:
        return self.issuers[0]

    @property
    def origin(self) -> str:
        """Ingest's host, as token challenges name it (RFC 9577 origin info)."""
        return urlsplit(self.ingest.url).netloc

    @property
    def issuer_names(self) -> tuple[str, ...]:
        return tuple(issuer.name for issuer in self.issuers)

    @cached_property
    def authors(self) -> Mapping[str, Party]:
        """Everybody who signs records of a round, by name; each of them offers something and accepts the whole."""
        return {party.name: party for party in (*self.issuers, self.gate, self.aggregate)}


class _Url(fields.String):
    """http or https with a host; `empty` allows none, `origin` nothing behind host and port."""

    def __init__(self, *, empty: bool = False, origin: bool = False, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=200), **kwargs)
        self.empty = empty
        self.origin = origin

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if self.empty and not text:
            return text
        try:
            url = urlsplit(text)
            fine = url.scheme in ("http", "https") and url.hostname and "@" not in url.netloc and (url.port or 1)
        except ValueError:
            fine = False
        behind = text.count("/") > 2 if self.origin else "?" in text or "#" in text or text.endswith("/")
        if not fine or behind or not text.isascii() or any(character.isspace() for character in text):
            raise ValidationError("not an address like https://host:port")
        return text


class _Page(_Url):
    """An origin as browsers name it; "null" is that of a page opened from a file."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return "null" if value == "null" else super()._deserialize(value, attr, data, **kwargs)


class _Party(Schema):
    name = party_name()
    url = _Url(required=True)
    key = Bytes(32, required=True)


class _Hidden(_Party):
    """A party that employees never reach."""

    url = _Url(required=True, empty=True)


class _Generation(Schema):
    generation = whole(min=1)
    issuers = fields.List(fields.Nested(_Party), required=True, validate=validate.Length(min=1, max=MAX_ISSUERS))
    ingest = fields.Nested(_Party, required=True)
    gate = fields.Nested(_Hidden, required=True)
    aggregate = fields.Nested(_Hidden, required=True)
    report_url = _Url(required=True)
    pages = fields.List(_Page(origin=True), required=True)
    trial = Flag(required=True)


class _Entry(Schema):
    parties = fields.Nested(_Generation, required=True)
    endorsements = fields.Dict(keys=fields.Str(), values=fields.Str(), required=True)


class _Book(Schema):
    generations = fields.List(fields.Nested(_Entry), required=True, validate=validate.Length(min=1))


class Book:
    """All generations, checked."""

    def __init__(self, generations: Sequence[Parties]) -> None:
        self._generations = {parties.generation: parties for parties in generations}
        self.current = generations[-1]

    def get(self, generation: int) -> Parties | None:
        return self._generations.get(generation)

    def named(self, author: str) -> tuple[Party, ...]:
        """Whoever has signed records under this name in some generation; seldom more than one."""
        found = (parties.authors.get(author) for parties in self._generations.values())
        return tuple({party.key: party for party in found if party is not None}.values())

    @classmethod
    def load(cls, data: bytes) -> "Book":
        """The book in parties.json; BadParties says what is wrong."""
        try:
            entries = _Book().load(canonical.loads(data.strip()))["generations"]
        except ValidationError as error:
            raise BadParties(first_error(error)) from None
        except ValueError:
            raise BadParties("not canonical JSON") from None
        generations: list[Parties] = []
        for entry in entries:
            parties = _parties(entry["parties"])
            if parties.generation != len(generations) + 1:
                raise BadParties("generations are numbered from 1 without gaps")
            for author in _all(generations[-1]) if generations else ():
                _check_endorsement(parties, author, entry["endorsements"].get(author.name, ""))
            generations.append(parties)
        return cls(generations)


def describe(
    issuers: Sequence[Party],
    ingest: Party,
    gate: Party,
    aggregate: Party,
    report_url: str,
    pages: Sequence[str] = (),
    *,
    generation: int = 1,
    trial: bool = False,
) -> dict[str, Any]:
    """The JSON object of one generation, to be endorsed and put into parties.json with `write`."""

    def party(one: Party) -> dict[str, str]:
        return {"name": one.name, "url": one.url, "key": b64(one.key)}

    return {
        "generation": generation,
        "issuers": [party(issuer) for issuer in issuers],
        "ingest": party(ingest),
        "gate": party(gate),
        "aggregate": party(aggregate),
        "report_url": report_url,
        "pages": list(pages),
        "trial": trial,
    }


def endorse(generation: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """What a party of the generation before signs, having looked at the new one."""
    return jws.sign(ENDORSEMENT, {"sha256": b64(sha256(canonical.dumps(generation)).digest())}, key)


def write(entries: Sequence[tuple[Mapping[str, Any], Mapping[str, str]]]) -> bytes:
    """parties.json of (generation, endorsements by party name) pairs, oldest first."""
    book = [{"parties": generation, "endorsements": endorsements} for generation, endorsements in entries]
    return canonical.dumps({"generations": book}) + b"\n"


def _parties(body: dict[str, Any]) -> Parties:
    def party(one: dict[str, str]) -> Party:
        return Party(one["name"], one["url"], unb64(one["key"]))

    parties = Parties(
        generation=body["generation"],
        issuers=tuple(party(issuer) for issuer in body["issuers"]),
        ingest=party(body["ingest"]),
        gate=party(body["gate"]),
        aggregate=party(body["aggregate"]),
        report_url=body["report_url"],
        pages=tuple(body["pages"]),
        trial=body["trial"],
        digest=b64(sha256(canonical.dumps(body)).digest()),
    )
    everybody = _all(parties)
    if len({one.name for one in everybody}) != len(everybody):
        raise BadParties("two parties have one name")
    if len({one.key for one in everybody}) != len(everybody):
        raise BadParties("two parties have one key")
    return parties


def _all(parties: Parties) -> tuple[Party, ...]:
    return (*parties.issuers, parties.ingest, parties.gate, parties.aggregate)


def _check_endorsement(parties: Parties, author: Party, endorsement: str) -> None:
    try:
        said = jws.verify(endorsement, ENDORSEMENT, author.public_key)
    except jws.BadSignature:
        raise BadParties(f"generation {parties.generation} lacks the endorsement of {author.name}") from None
    if said != {"sha256": parties.digest}:
        raise BadParties(f"{author.name} endorsed another generation {parties.generation}")
