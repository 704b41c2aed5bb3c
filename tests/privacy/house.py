"""All services in this process, on files and on a clock that is set, so that a round can be followed to its last date.

Everything that any of them says to a logger is kept, at the lowest level: what is not printed today might be tomorrow.
"""

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random

import httpx
from flask import Flask

from clients.cli import answering, collecting
from clients.cli.client import Client
from clients.cli.collecting import Ticket
from clients.cli.connection import Web
from clients.cli.sealing import Sealed
from clients.cli.wallet import Wallet
from services.aggregate import loop as aggregate
from services.aggregate.metrics import Metrics as AggregateMetrics
from services.gate import loop as gate
from services.gate.metrics import Metrics as GateMetrics
from services.ingest import web as ingest_web
from services.ingest.desk import Desk
from services.ingest.metrics import Metrics as IngestMetrics
from services.ingest.watch import Watch
from services.issuer.core import Request
from services.report import web as report_web
from services.report.library import Library
from shared import dates, receipt, topics
from shared.author import Author
from shared.codes import WalletCode
from shared.compositions import Compositions
from shared.journal import Journal
from shared.log.sqlite import SqliteLog
from shared.manifest import Composed, Manifest
from shared.reading import RoundsReader
from shared.records import Kind
from shared.secret_files import RoundSecrets
from tests.keys import rsa_key
from tests.organisations import roster
from tests.privacy.people import word
from tests.rounds_made import CLOSES, OPENS, PEOPLE, draft_body, installation
from tests.services.issuer.issuers import Clock, Running, code_of

ROUND = "spring"

_DAY = 86_400

DATES = {
    "erase_at": CLOSES + 30 * _DAY,
    "words_until": CLOSES + 60 * _DAY,
    "results_until": CLOSES + 90 * _DAY,
}
"""POSIX seconds."""

STAGES = ("answered", "released", *DATES)
"""When the files of everybody are copied: before closing, after counting, and as soon as each date has come."""

SILENT = ("p3", "p16", "p19")
"""Those of 20 people who only collect."""


@dataclass
class Member:
    """What one person's client had and sent."""

    person: str
    tickets: tuple[Ticket, ...]
    requests: list[bytes]
    """Per issuer the SHA-256 of what she asked to be signed."""
    sealed: list[Sealed] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    words: str = ""


@dataclass(repr=False)
class Followed:
    """A round from its draft to its last date."""

    manifest: Manifest
    composed: Composed
    copies: dict[str, Path] = field(default_factory=dict)
    """By stage."""
    members: list[Member] = field(default_factory=list)
    """In the order in which they collected."""
    batch: list[bytes] = field(default_factory=list)
    release: list[bytes] = field(default_factory=list)
    """The records of the topics with the lots, and with numbers, words and counted entries; and the signed records."""
    public: list[bytes] = field(default_factory=list)
    """What stood in the log before anybody answered."""
    said: dict[str, list[str]] = field(default_factory=dict)
    """By logger, formatted."""
    round_keys: list[bytes] = field(default_factory=list)
    services: tuple[str, ...] = ()


class _House:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.installed = installation(2)
        self.clock = Clock()
        numbers = count()
        self.log = stack.enter_context(closing(SqliteLog(folder / "log")))
        self.log.create(topics.ROUNDS)
        people = roster(PEOPLE)
        self.issuers = []
        for name in self.installed.parties.issuer_names:
            (folder / name).mkdir()
            issuer = Running(
                name, folder / name, self.installed, self.log, self.clock, lambda: rsa_key(next(numbers)), patience=5
            )
            stack.callback(issuer.stop)
            issuer.people.replace(people)
            issuer.give_codes(people)
            self.issuers.append(issuer)
        self.people = [person.id for person in people.people]
        book, stop = self.installed.book, threading.Event()
        self.gate = gate.Gate(
            gate.Means(
                log=self.log,
                book=book,
                author=self._author("gate", stack),
                secrets=RoundSecrets(folder / "gate" / "rounds"),
                metrics=GateMetrics(),
                clock=self.clock,
                partitions=2,
                processes=1,
                stop=stop,
            )
        )
        self.aggregate = aggregate.Aggregate(
            aggregate.Means(
                log=self.log,
                book=book,
                author=self._author("aggregate", stack),
                secrets=RoundSecrets(folder / "aggregate" / "rounds"),
                metrics=AggregateMetrics(),
                clock=self.clock,
                processes=1,
                stop=stop,
            )
        )
        metrics = IngestMetrics()
        desk = Desk(self.log, self.installed.identities["ingest"], metrics, self.clock, self.clock)
        stack.callback(desk.close)
        self.watch = Watch(RoundsReader(self.log, book), self.installed.parties.ingest, desk, metrics, 1)
        self.library = Library(self.log, book, self.clock)
        self.apps: dict[str, Flask] = {f"{issuer.name}.example": issuer.app for issuer in self.issuers}
        self.apps["ingest.example"] = ingest_web.create(desk, metrics, self.installed.parties)
        self.apps["report.example"] = report_web.create(self.library, self.installed.parties, None)

    def _author(self, name: str, stack: ExitStack) -> Author:
        journal = stack.enter_context(closing(Journal(self.folder / name / "journal")))
        return Author(name, self.installed.identities[name], journal, self.log)

    def client(self) -> Client:
        web = Web(lambda address: httpx.WSGITransport(self.apps[httpx.URL(address).host]))
        return Client(web, self.installed.book, Random(1), lambda _seconds: None)

    def settle(self) -> None:
        """Let everybody look at the log until nobody adds a record."""
        before = -1
        while before != (before := self.log.end(topics.ROUNDS)[0]):
            for _ in range(2):  # What is said at one look is appended at the next.
                for issuer in self.issuers:
                    issuer.tick()
                self.gate.tick()
                self.aggregate.tick()
        self.watch.look()
        self.library.refresh()


@contextmanager
def followed(folder: Path) -> Iterator[Followed]:
    """Play it all."""
    with ExitStack() as stack:
        said = stack.enter_context(_everything_said())
        house = _House(folder / "house", stack)
        changes = {name: dates.text(second) for name, second in DATES.items()}
        house.issuers[0].author.say(ROUND, Kind.DRAFT, draft_body(house.installed.parties, **changes))
        house.settle()
        manifest = house.client().rules(ROUND).manifest
        of = house.library.shelf.by_id[ROUND].of
        everything = Followed(manifest, Compositions(house.log).of(of), said=said)
        everything.services = (*house.installed.parties.issuer_names, "gate", "aggregate")
        everything.public = [entry.value for entry in house.log.read(topics.ROUNDS)]

        house.clock.now = OPENS + 10
        house.settle()
        for person in sorted(house.people, key=lambda one: word(one, "order")):
            everything.members.append(_act(house, manifest, person))
        names = (*house.installed.parties.issuer_names, "gate", "aggregate")
        everything.round_keys = [(house.folder / name / "rounds" / f"{ROUND}.key").read_bytes() for name in names]
        _copy(house, everything, "answered")

        house.clock.now = manifest.draft.counting_from
        house.settle()
        _look(house)
        everything.batch, everything.release = _published(house)
        _copy(house, everything, "released")
        for name, second in DATES.items():
            house.clock.now = second
            house.settle()
            _copy(house, everything, name)
        yield everything


def _act(house: _House, manifest: Manifest, person: str) -> Member:
    client, wallet = house.client(), Wallet()
    access = dict.fromkeys(house.installed.parties.issuer_names, code_of(person))
    code = WalletCode(sha256(f"wallet of {person}".encode()).digest()[:16])
    places = client.membership(manifest, access)
    client.collect(manifest, places, access, wallet, code)
    entry = wallet.get(ROUND)
    assert entry is not None
    asked = collecting.requests(manifest, places, code).values()
    member = Member(person, entry.tickets, [_digest(manifest, of_issuer) for of_issuer in asked])
    if person not in SILENT:
        number = int(person[1:])
        member.words = f"{word(person, 'words')} zegt {number}"
        given: dict[str, answering.Answer] = {"q0": number % 5, "q1": (number + 1) % 5, "keep": member.words}
        member.sealed = client.seal(
            manifest, wallet, answering.plaintexts(manifest.draft.questionnaire, given), house.clock.now
        )
        client.send(manifest, wallet, list(member.sealed))
        key = house.installed.identities["ingest"]
        member.receipts = [receipt.issue(manifest, sha256(one.encoded).digest(), key) for one in member.sealed]
    return member


def _digest(manifest: Manifest, asked: list[collecting.Asked]) -> bytes:
    return Request(manifest.fingerprint, tuple(one.blinded.message for one in asked)).digest


def _look(house: _House) -> None:
    """Read every page of report, and what a program can fetch."""
    reader = house.apps["report.example"].test_client()
    paths = ("/", f"/results/{ROUND}", f"/rounds/{ROUND}", f"/rounds/{ROUND}/release", f"/rounds/{ROUND}/counted")
    assert [reader.get(path).status_code for path in paths] == [200] * len(paths)


def _published(house: _House) -> tuple[list[bytes], list[bytes]]:
    """Batch and release, each as it lies in the log with the signed record that names it."""
    of = house.library.shelf.by_id[ROUND].of

    def records(*of_topics: str) -> list[bytes]:
        return [entry.value for topic in of_topics for entry in house.log.read(topic)]

    signed = {kind: of.record(kind) for kind in (Kind.BATCH, Kind.OPENING, Kind.RELEASE)}
    jws = {kind: record.jws.encode() for kind, record in signed.items() if record is not None}
    batch = [jws[Kind.BATCH], *records(topics.batches(ROUND))]
    return batch, [jws[Kind.OPENING], jws[Kind.RELEASE], *records(topics.releases(ROUND), topics.words(ROUND))]


def _copy(house: _House, everything: Followed, stage: str) -> None:
    everything.copies[stage] = house.folder.with_name(stage)
    shutil.copytree(house.folder, everything.copies[stage])


@contextmanager
def _everything_said() -> Iterator[dict[str, list[str]]]:
    """What is logged from here on, by logger, at every level."""
    said: dict[str, list[str]] = {}

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.setdefault(record.name, []).append(self.format(record))

    handler, root = Handler(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
