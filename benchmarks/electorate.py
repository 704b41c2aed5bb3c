"""A company of any size of which everybody answers, and its envelopes as the requests that bring them to ingest.

Tokens are signed with the issuer's own keys, out of its database and without blinding, because collecting them over
HTTP takes a client and an issuer some 50 ms a person; `benchmarks/issuer.py` measures that. A token comes out of it
with the same bytes as any: whoever checks it cannot tell.
"""

import secrets
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import shake_256
from pathlib import Path
from time import perf_counter, process_time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA384

from benchmarks.ingest import request, send
from clients.cli import answering, sealing
from clients.cli.collecting import Ticket
from clients.cli.connection import encode
from deploy.trial.installation import Service
from deploy.trial.organisation import Employee
from deploy.trial.story import TrueAnswers
from services.issuer import offering
from services.issuer.core import called_for
from services.issuer.database import Database
from services.issuer.keys import Secrets
from services.issuer.planned import ADMISSION, Address
from services.issuer.roster import parse
from services.issuer.store import Store
from shared import blind_rsa, tokens
from shared.manifest import Manifest
from shared.questionnaire import PartKind, Questionnaire

TEAM = 50
"""People."""

CONNECTIONS = 128
"""People who post at the same moment: whoever comes while the log writes to its disk is in the next write."""

_LENGTH = struct.Struct(">I")
_PSS = padding.PSS(padding.MGF1(SHA384()), blind_rsa.SALT)


def employees(people: int) -> list[Employee]:
    """Teams of TEAM in departments in divisions, about as many of each in the next: a path of four groups."""
    teams = -(-people // TEAM)
    side = max(2, round(teams ** (1 / 3)))
    return [
        Employee(
            person=f"p{number:06}",
            name=f"Name {number}",
            mail=f"p{number}@scale.example",
            language="nl",
            division=f"Division {team % side:03}",
            department=f"Department {team % (side * side):05}",
            team=f"Team {team:06}",
            leads="",
        )
        for number in range(people)
        for team in [number // TEAM]
    ]


def truth(asked: Questionnaire, person: str) -> TrueAnswers:
    """What a person answers: to closed questions anything, to open ones words that nobody else writes."""
    closed = [q for part in asked.parts if part.kind is PartKind.CLOSED for q in part.questions]
    drawn = shake_256(person.encode()).digest(len(closed))
    choices = {
        # Every option is as likely as no answer.
        question.id: number - 1 if (number := byte % (question.answers.options + 1)) else None
        for question, byte in zip(closed, drawn, strict=True)
        if question.answers is not None
    }
    return TrueAnswers(choices, {p.id: f"Words of {person}" for p in asked.parts if p.kind is PartKind.OPEN})


@dataclass(frozen=True)
class Key:
    """A signing key of the issuer for one task of a process: p || q, as the issuer keeps it."""

    data: bytes = field(repr=False)

    @cached_property
    def key_id(self) -> bytes:
        return blind_rsa.PrivateKey.from_bytes(self.data).public.key_id

    @cached_property
    def signing(self) -> rsa.RSAPrivateKey:
        """OpenSSL's signature takes a quarter of a blind one's time."""
        half = len(self.data) // 2
        p, q = int.from_bytes(self.data[:half]), int.from_bytes(self.data[half:])
        d = rsa.rsa_recover_private_exponent(blind_rsa.E, p, q)
        numbers = rsa.RSAPublicNumbers(blind_rsa.E, p * q)
        crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
        return rsa.RSAPrivateNumbers(p, q, d, *crt, numbers).private_key(unsafe_skip_rsa_key_validation=True)

    def token(self, nonce: bytes, challenge_digest: bytes) -> bytes:
        return self.signing.sign(tokens.token_input(nonce, challenge_digest, self.key_id), _PSS, SHA384())


@dataclass(frozen=True)
class Team:
    """One task: people of whom all have the same path, and the keys that sign for them."""

    number: int
    people: Sequence[str]
    finest: Sequence[int]
    """By part the node that they name."""
    admission: Key
    group: Sequence[Sequence[Key]]
    """By part, from the root down."""


@dataclass
class Made:
    """What came of tasks: seconds are those of processors. `counted`: what the release must list."""

    envelopes: int = 0
    tokens: int = 0
    signing: float = 0.0
    sealing: float = 0.0
    counted: list[bytes] = field(default_factory=list, repr=False)

    def add(self, other: "Made") -> None:
        self.envelopes += other.envelopes
        self.tokens += other.tokens
        self.signing += other.signing
        self.sealing += other.sealing
        self.counted += other.counted


def teams(issuer: Service, manifest: Manifest, roster: bytes) -> Iterator[Team]:
    """All teams of a round that is agreed, with the keys that its only issuer has in its home."""
    with closing(Database(f"sqlite:///{issuer.home.absolute() / 'issuer.db'}")) as database:
        store, secret = Store(database), Secrets(issuer.home / "rounds").load(manifest.round_id)
        planned = store.planned(manifest.round_id)
        assert secret is not None
        assert planned is not None
        keys = {at: Key(secret.unwrap(at, wrapped).to_bytes()) for at, wrapped in store.keys(manifest.round_id).items()}
    trees = planned.trees()
    place = offering.tree(parse(roster), planned.ks, manifest.draft.rate).place
    people: dict[int, list[str]] = {}
    for person, node in place.items():
        people.setdefault(node, []).append(person)
    for number, (node, attached) in enumerate(sorted(people.items())):
        finest = [tree.finest(node) for tree in trees]
        group = [
            [keys[Address(step, part)] for step in tree.keyed_path(finest[part])] for part, tree in enumerate(trees)
        ]
        # Exactly the keys with which the issuer would sign for them.
        assert sum(map(len, group)) + len(trees) == len(called_for(trees, node))
        yield Team(number, attached, finest, keys[ADMISSION], group)


def seal(manifest: Manifest, folder: Path, team: Team) -> Made:
    """Sign tokens for everybody in a team, seal all parts, and leave the requests in a file."""
    made = Made()
    (digest,) = manifest.challenge_digests
    asked = manifest.draft.questionnaire
    with (folder / f"{team.number:06}.requests").open("wb") as file:
        for person in team.people:
            true = truth(asked, person)
            plaintexts = answering.plaintexts(asked, dict(true.choices) | dict(true.words))
            for part, plaintext in enumerate(plaintexts):
                began = process_time()
                ticket = _ticket(team, part, digest)
                signed = process_time()
                sealed = sealing.seal(manifest, part, ticket, plaintext, revision=0)
                made.sealing += process_time() - signed
                made.signing += signed - began
                made.tokens += 1 + len(ticket.group)
                made.counted.append(sealed.counted)
                body = request(encode(sealed.body))
                file.write(_LENGTH.pack(len(body)) + body)
    made.envelopes = len(made.counted)
    return made


def _ticket(team: Team, part: int, digest: bytes) -> Ticket:
    nonce, seed = secrets.token_bytes(32), secrets.token_bytes(32)
    pk = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    of_group = tokens.group_nonce(pk)
    return Ticket(
        nonce,
        seed,
        team.finest[part],
        admission=(team.admission.token(nonce, digest),),
        group=tuple((key.token(of_group, digest),) for key in team.group[part]),
    )


@dataclass(frozen=True)
class Posted:
    """`seconds` by the clock; `spent`: processor seconds of whoever posted."""

    number: int
    seconds: float
    spent: float


def post(url: str, folder: Path) -> Posted:
    """Send all requests that lie in a folder, each of which must be taken."""
    files = sorted(folder.glob("*.requests"))
    secrets.SystemRandom().shuffle(files)
    began, used = perf_counter(), process_time()
    sent = send(urlsplit(url).port or 0, (one for file in files for one in _requests(file)), CONNECTIONS)
    return Posted(sent, perf_counter() - began, process_time() - used)


def _requests(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while length := stream.read(_LENGTH.size):
            yield stream.read(*_LENGTH.unpack(length))
