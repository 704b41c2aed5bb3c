"""The real issuers and ingest in this process, over a log in memory, as a client meets them; and ways to cheat it.

suite = running(tmp_path)                          an agreed round "spring", of 20 people
suite.client(), suite.access("p0")                 the library, and a person's access codes
suite.lies(path, change)                           from now on an answer is changed on its way
suite.command("collect", "spring", ...)            the command line, with its output
"""

import io
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx

from clients.cli import answering
from clients.cli.__main__ import main
from clients.cli.client import Client
from clients.cli.connection import Web
from clients.cli.edge import Edge
from clients.cli.wallet import Wallet
from services.aggregate import loop as aggregate
from services.aggregate import metrics as aggregate_metrics
from services.aggregate.loop import Aggregate
from services.gate import loop as gate
from services.gate import metrics as gate_metrics
from services.gate.loop import Gate
from services.ingest import metrics as ingest_metrics
from services.ingest import web as ingest_web
from services.ingest.desk import Desk
from services.ingest.watch import Watch
from services.report import web as report_web
from services.report.library import Library
from shared import topics
from shared.author import Author
from shared.codes import AccessCode, WalletCode
from shared.journal import Journal
from shared.log.memory import MemoryLog
from shared.manifest import Manifest
from shared.reading import RoundsReader
from shared.secret_files import RoundSecrets
from tests.keys import rsa_key
from tests.rounds_made import OPENS, installation
from tests.services.issuer.issuers import Clock, Running, World, code_of, world

Change = Callable[[Any], Any]
"""What becomes of the JSON of an answer."""


@dataclass
class Suite:
    """Services that answer, and a network between them and the client that tests can bend."""

    world: World
    folder: Path
    apps: dict[str, Any]
    asked: list[httpx.Request] = field(default_factory=list)
    """Every request, in order."""
    connections: list[str] = field(default_factory=list)
    """The address of every connection that was opened."""
    down: dict[str, list[httpx.Response | None]] = field(default_factory=dict)
    """By host what happens to its next requests instead of being answered; None: the network fails."""
    changes: list[tuple[re.Pattern[str], Change]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    refresh: Callable[[], None] = lambda: None

    @cached_property
    def manifest(self) -> Manifest:
        manifest = self.world.of.manifest
        assert manifest is not None
        return manifest

    def connect(self, address: str) -> httpx.BaseTransport:
        self.connections.append(address)
        return _Connection(self, httpx.WSGITransport(self.apps[httpx.URL(address).host]))

    def client(self, seed: int = 1) -> Client:
        """The library, with random numbers that a test can repeat."""
        return Client(Web(self.connect), self.world.installed.book, Random(seed), self.slept.append)

    def access(self, person: str) -> dict[str, AccessCode]:
        return dict.fromkeys(self.world.installed.parties.issuer_names, code_of(person))

    def lies(self, path: str, change: Change) -> None:
        """Change what is answered to requests for "METHOD https://host/path" that match a pattern."""
        self.changes.append((re.compile(path), change))

    def says(self, path: str, answer: Any) -> None:
        """Answer this instead."""
        self.lies(path, lambda _: answer)

    def open(self) -> None:
        """Let the round open."""
        self.world.clock.now = OPENS + 10
        self.refresh()

    def count(self) -> None:
        """Let the round close, be counted, opened and released."""
        self.world.clock.now = self.manifest.draft.counting_from + 1
        self.refresh()

    def answers(self, people: Sequence[str], **given: Any) -> dict[str, Wallet]:
        """Wallets of people who collect and answer alike."""
        wallets = {}
        for person in people:
            client, wallet, access = self.client(), Wallet(), self.access(person)
            code = WalletCode(sha256(person.encode()).digest()[:16])
            client.collect(self.manifest, client.membership(self.manifest, access), access, wallet, code)
            plaintexts = answering.plaintexts(self.manifest.draft.questionnaire, given)
            client.answer(self.manifest, wallet, plaintexts, self.world.clock.now)
            wallets[person] = wallet
        return wallets

    def posted(self) -> list[dict[str, Any]]:
        """The bodies of all envelopes that were posted."""
        return [json.loads(request.content) for request in self.asked if request.url.path == "/envelopes"]

    def command(
        self,
        *argv: str,
        typed: str = "",
        secrets: Sequence[str] = (),
        environ: dict[str, str] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> "Ran":
        """Run the command line; `typed` is standard input, `secrets` what is typed unseen."""
        out, err, hidden = io.StringIO(), io.StringIO(), iter(secrets)

        def secret(prompt: str) -> str:
            out.write(prompt + "\n")
            try:
                return next(hidden)
            except StopIteration:
                raise EOFError from None

        parties = self.folder / "parties.json"
        parties.write_bytes(self.world.installed.file)
        edge = Edge(
            environ={"KLANKBORD_PARTIES": str(parties), "KLANKBORD_WALLET": str(self.folder / "wallet.json")}
            | (environ or {}),
            stdin=io.StringIO(typed),
            stdout=out,
            stderr=err,
            secret=secret,
            connect=self.connect,
            now=self.world.clock,
            sleep=sleep or self.slept.append,
            random=Random(7),
        )
        return Ran(main(argv, edge), out.getvalue(), err.getvalue())

    def file(self, name: str, text: str) -> str:
        """A file of the user's; its path."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)

    def code_file(self, person: str) -> str:
        """A file with a person's access codes."""
        lines = "\n".join(code.text for code in self.access(person).values())
        return self.file(f"{person}.codes", lines + "\n")


@dataclass(frozen=True)
class Ran:
    """What a command gave back and printed."""

    code: int
    out: str
    err: str


class _Connection(httpx.BaseTransport):
    """One connection: notes what is asked, and bends the answer."""

    def __init__(self, suite: Suite, to: httpx.BaseTransport) -> None:
        self._suite = suite
        self._to = to

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self._suite.asked.append(request)
        if planned := self._suite.down.get(request.url.host):
            if (instead := planned.pop(0)) is None:
                raise httpx.ConnectError("no route", request=request)
            return instead
        response = self._to.handle_request(request)
        changes = [change for path, change in self._suite.changes if path.search(f"{request.method} {request.url}")]
        if not changes:
            return response
        value = json.loads(response.read())
        for change in changes:
            value = change(value)
        return httpx.Response(response.status_code, content=json.dumps(value).encode())


@dataclass
class Counting:
    """The real gate and aggregate, on the same log and clock."""

    world: World
    folder: Path

    def __post_init__(self) -> None:
        installed, log, clock, stop = self.world.installed, self.world.log, self.world.clock, threading.Event()
        self._journals = {name: Journal(self.folder / name / "journal") for name in ("gate", "aggregate")}
        author = {
            name: Author(name, installed.identities[name], journal, log) for name, journal in self._journals.items()
        }
        secrets = {name: RoundSecrets(self.folder / name / "rounds") for name in author}
        self.gate = Gate(
            gate.Means(log, installed.book, author["gate"], secrets["gate"], gate_metrics.Metrics(), clock, 1, 1, stop)
        )
        self.aggregate = Aggregate(
            aggregate.Means(
                log,
                installed.book,
                author["aggregate"],
                secrets["aggregate"],
                aggregate_metrics.Metrics(),
                clock,
                1,
                stop,
            )
        )

    def settle(self) -> None:
        """Let everybody work until nobody adds a record."""
        before = -1
        while before != (before := self.world.log.end(topics.ROUNDS)[0]):
            for _ in range(2):  # What is said at one look is appended at the next.
                for issuer in self.world.issuers:
                    issuer.tick()
                self.gate.tick()
                self.aggregate.tick()

    def close(self) -> None:
        for journal in self._journals.values():
            journal.close()


_MADE: dict[tuple[int, bool, str], tuple[Path, dict[str, list[bytes]]]] = {}
"""Agreed rounds that were made before: what the parties have in their folders, and what is in the log."""


def _agreed(folder: Path, issuers: int, trial: bool, changes: dict[str, Any]) -> None:
    """Make a round that everybody agrees on, and keep it for further tests."""
    of = world(folder, issuers=issuers, trial=trial)
    counting = Counting(of, folder)
    of.draft(**changes)
    counting.settle()
    assert of.of.agreed
    counting.close()
    of.stop()
    records = {topic: [entry.value for entry in of.log.read(topic)] for topic in _TOPICS}
    _MADE[issuers, trial, repr(changes)] = (folder, records)


_TOPICS = (topics.ROUNDS, *(of("spring") for of in (topics.nodes, topics.envelopes, topics.batches)))


def _started(made: Path, records: dict[str, list[bytes]], folder: Path, issuers: int, trial: bool) -> World:
    """All parties started on copies of their folders, and the log as they left it."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    installed, log, clock, numbers = installation(issuers, trial=trial), MemoryLog(), Clock(), count(90)
    for topic, values in records.items():
        log.create(topic)
        log.append(topic, *values)
    names = installed.parties.issuer_names
    started = [Running(name, folder / name, installed, log, clock, lambda: rsa_key(next(numbers))) for name in names]
    return World(folder, installed, started, log, clock)


@contextmanager
def running(folder: Path, issuers: int = 1, *, trial: bool = False, **changes: Any) -> Iterator[Suite]:
    """Everything up, with an agreed round; `changes` replaces members of the draft."""
    key = (issuers, trial, repr(changes))
    if key not in _MADE:
        _agreed(Path(tempfile.mkdtemp(dir=folder.parent)), issuers, trial, changes)
    of = _started(*_MADE[key], folder, issuers, trial)
    counting = Counting(of, folder)
    metrics = ingest_metrics.Metrics()
    desk = Desk(of.log, of.installed.identities["ingest"], metrics, of.clock, of.clock)
    try:
        reader = RoundsReader(of.log, of.installed.book)
        watch = Watch(reader, of.installed.parties.ingest, desk, metrics, 1)
        parties = of.installed.parties
        apps: dict[str, Any] = {f"{issuer.name}.example": issuer.app for issuer in of.issuers}
        apps["ingest.example"] = ingest_web.create(desk, metrics, parties)
        library = Library(of.log, of.installed.book, of.clock)
        apps["report.example"] = report_web.create(library, parties, None)

        def refresh() -> None:
            counting.settle()
            watch.look()
            library.refresh()

        for issuer in of.issuers:
            issuer.tick()
        watch.look()
        yield Suite(of, folder, apps, refresh=refresh)
    finally:
        counting.close()
        desk.close()
        of.stop()


def unavailable(retry_after: int | None = None) -> httpx.Response:
    """What a service answers when the log is away."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = {"type": "urn:klankbord:problem:log-unavailable", "title": "", "status": 503, "detail": ""}
    return httpx.Response(503, json=body, headers=headers)


def changed(value: Any, *path: str | int, to: Any) -> Any:
    """The JSON with one member replaced; `to` may be a function of what was there."""
    copied = json.loads(json.dumps(value))
    at = copied
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to(at[path[-1]]) if callable(to) else to
    return copied
