"""Issuers as they run, put together from their real parts, with the other parties played by the test."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from services.issuer import web
from services.issuer.database import Database
from services.issuer.desk import Desk
from services.issuer.hr import Hr
from services.issuer.keys import Secrets
from services.issuer.loop import Loop
from services.issuer.making import KeyMaker
from services.issuer.metrics import Metrics
from services.issuer.people import People
from services.issuer.roster import Roster
from services.issuer.store import Store
from shared import records, topics
from shared.author import Author
from shared.blind_rsa import PrivateKey
from shared.canonical import b64
from shared.codes import AccessCode
from shared.journal import Journal
from shared.log.memory import MemoryLog
from shared.log.port import Log
from shared.problem import TYPE
from shared.reading import RoundsReader
from shared.records import Kind
from shared.rounds import Round, State
from tests.keys import hpke_key, rsa_key
from tests.rounds_made import NOW, PEOPLE, Installation, draft_body, installation
from tests.services.issuer.databases import Databases, in_a_file, opened

ADMIN_KEY = b"a key of the tests, longer than it has to be"


def csv(roster: Roster) -> bytes:
    """The file that HR would import for this roster (of up to four levels)."""
    lines = ["person,name,mail,language,company,division,department,team"]
    for person in roster.people:
        groups = [*person.path, "", "", ""][:3]
        lines.append(",".join([person.id, person.name, person.mail, person.language, roster.company, *groups]))
    return "\n".join(lines).encode()


def code_of(person: str) -> AccessCode:
    """The access code that `Running.give_codes` gives a person."""
    return AccessCode(sha256(f"code of {person}".encode()).digest()[:16])


def digest(person: str) -> bytes:
    """What the database has of her access code."""
    return sha256(code_of(person).secret).digest()


def word(answer: Any, status: int) -> str:
    """The problem's type, for an answer that must have this status."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body = answer.get_json()
    assert body["status"] == status and body["detail"]
    return str(body["type"]).removeprefix(TYPE)


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Running:
    """A process of an issuer with its database, and with keys and journal in a folder.

    `stop` it before another one uses the folder, unless the database is one that processes share.
    """

    name: str
    home: Path
    installed: Installation
    log: Log
    clock: Clock
    generate: Callable[[], PrivateKey]
    patience: float = 0.2
    address: str = ""
    """Of its database; a SQLite file in its home if there is none."""
    database: Database = field(init=False)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.address = self.address or in_a_file(self.home)
        self.database = opened(self.address, self.patience)
        self.journal = Journal(self.home / "journal", alone=not self.database.shared)
        self.people, self.store = People(self.database), Store(self.database)
        self.secrets, self.metrics = Secrets(self.home / "rounds"), Metrics()
        self.maker = KeyMaker(self.store, 2, self.generate)
        self.author = Author(self.name, self.installed.identities[self.name], self.journal, self.log)
        self.desk = Desk(self.name, self.store, self.secrets, self.metrics, self.clock)
        self.reader = RoundsReader(self.log, self.installed.book)
        self.loop = Loop(
            self.name,
            self.log,
            self.reader,
            self.author,
            self.people,
            self.store,
            self.secrets,
            self.maker,
            self.desk,
            self.metrics,
            self.clock,
        )
        parties = self.installed.parties
        self.hr = Hr(self.name, parties, self.author, self.people, self.store, self.desk, self.metrics)
        self.app = web.create(self.desk, self.hr, self.metrics, parties, ADMIN_KEY)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def stop(self) -> None:
        self.maker.cancel()
        self.database.close()
        self.journal.close()

    def restarted(self) -> "Running":
        """The same issuer after its process ended; nothing but files is left of the one before."""
        self.stop()
        return replace(self)

    def replica(self) -> "Running":
        """One more process of the same issuer."""
        return replace(self)

    def tick(self) -> None:
        """A look at the log, and the wait for the keys that it sets going."""
        self.loop.tick()
        until(lambda: not self.maker.busy)

    def give_codes(self, roster: Roster) -> None:
        self.people.set_codes({person.id: digest(person.id) for person in roster.people})

    def admin(self, method: str, path: str, **arguments: Any) -> Any:
        """An answer to HR."""
        headers = {"Authorization": f"Bearer {ADMIN_KEY.decode()}"}
        return self.client.open(path, method=method, headers=headers, **arguments)


@dataclass
class World:
    """A log, its issuers, and gate and aggregate as the test plays them."""

    folder: Path
    installed: Installation
    issuers: list[Running]
    log: Log
    clock: Clock

    @property
    def lead(self) -> Running:
        return self.issuers[0]

    @property
    def of(self) -> Round:
        """The round, as the log tells it now."""
        return self.round("spring")

    def round(self, round_id: str) -> Round:
        return RoundsReader(self.log, self.installed.book).refresh().rounds[round_id]

    def say(self, kind: Kind, author: str, body: Mapping[str, Any], round_id: str = "spring") -> None:
        jws = records.sign(kind, round_id, author, dict(body), self.installed.identities[author])
        self.log.append(topics.ROUNDS, jws.encode())

    def draft(self, round_id: str = "spring", **changes: Any) -> None:
        """The lead issuer drafts, without any of its checks."""
        body = draft_body(self.installed.parties, **changes)
        self.lead.author.say(round_id, Kind.DRAFT, body)

    def play_others(self, round_id: str = "spring", first_key: int = 0) -> None:
        """Gate and aggregate offer, and accept whatever is proposed."""
        fold = RoundsReader(self.log, self.installed.book).refresh()
        if (of := fold.rounds.get(round_id)) is None:
            return
        drafted = of.record(Kind.DRAFT)
        assert drafted is not None
        for number, author in enumerate(("gate", "aggregate")):
            if of.phase is State.DRAFTED and of.record(Kind.OFFER, author) is None:
                key = b64(hpke_key(first_key + number).public)
                self.say(Kind.OFFER, author, {"draft": drafted.digest, "key": key}, round_id)
            if of.phase is State.PROPOSED and of.manifest and of.record(Kind.ACCEPT, author) is None:
                self.say(Kind.ACCEPT, author, {"manifest": of.manifest.fingerprint}, round_id)

    def settle(self, round_id: str = "spring", first_key: int = 0) -> None:
        """Let everybody work until nobody adds a record."""
        before = -1
        while before != (before := self.log.end(topics.ROUNDS)[0]) or any(one.maker.busy for one in self.issuers):
            for issuer in self.issuers:
                # It makes keys, says something, and appends what it has said: one look each.
                for _ in range(3):
                    issuer.tick()
            self.play_others(round_id, first_key)

    def agree(self, round_id: str = "spring", first_key: int = 0, **changes: Any) -> Round:
        """From draft to agreed."""
        self.draft(round_id, **changes)
        self.settle(round_id, first_key)
        of = self.round(round_id)
        assert of.phase is State.SCHEDULED, (of.phase, [one.store.note(round_id) for one in self.issuers])
        return of

    def stop(self) -> None:
        for issuer in self.issuers:
            issuer.stop()


def world(
    folder: Path,
    roster: Roster | Sequence[Roster] | None = None,
    issuers: int = 1,
    *,
    trial: bool = False,
    generate: Callable[[], PrivateKey] | None = None,
    databases: Databases = in_a_file,
    patience: float = 0.2,
    log: Log | None = None,
) -> World:
    """Issuers that have imported a roster (each its own if there are several) and given codes to everybody."""
    from tests.organisations import roster as roster_of

    installed = installation(issuers, trial=trial)
    log, clock, numbers = log or MemoryLog(), Clock(), count()
    log.create(topics.ROUNDS)
    rosters = roster if isinstance(roster, Sequence) else [roster or roster_of(PEOPLE)] * issuers
    running = []
    for name, known in zip(installed.parties.issuer_names, rosters, strict=True):
        home = folder / name
        home.mkdir()
        make = generate or (lambda: rsa_key(next(numbers)))
        issuer = Running(name, home, installed, log, clock, make, patience, databases(home))
        issuer.people.replace(known)
        issuer.give_codes(known)
        running.append(issuer)
    return World(folder, installed, running, log, clock)


def hr_draft(made: World, **changes: Any) -> dict[str, Any]:
    """What HR sends: without what the issuer fills in."""
    body = draft_body(made.installed.parties, **changes)
    return {name: value for name, value in body.items() if name not in ("generation", "parties")}


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Poll; AssertionError if it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)
