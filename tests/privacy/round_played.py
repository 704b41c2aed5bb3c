"""One whole round through real processes, and everything that it leaves behind or lets anybody see.

Everybody acts one after the other, and between any two actions every page of metrics is read.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from clients.cli import answering, collecting
from clients.cli.client import Client
from clients.cli.collecting import Asked
from clients.cli.connection import Web
from clients.cli.outcomes import Alarm, AlarmReason, Refusal
from clients.cli.sealing import Sealed
from clients.cli.wallet import Wallet
from deploy.trial import quarters
from deploy.trial.hr import DidNotHappen, HumanResources
from deploy.trial.installation import Installation, install
from shared.codes import AccessCode, WalletCode
from shared.compositions import Compositions
from shared.log.sqlite import SqliteLog
from shared.manifest import Composed, Manifest
from shared.reading import RoundsReader
from tests.privacy.attacks import attack
from tests.privacy.people import CHANGING, ROBBED, Person, everybody, roster_csv, word
from tests.privacy.recording import Exchange, Recorder
from tests.process.suite import wait_until

ROUND = "sporen"
BEFORE_ANY_ROUND = "INFO shared.reading rounds: there is no such topic; it begins with the first round"
"""What each service prints when it is started before anything else."""

AHEAD, LASTS = 9, 8
"""Seconds until the round opens, in which people collect, and in which they answer; half is enough if nobody else
needs the processor."""

PACES = (1, 3)
"""How many times as long is tried, if that was not enough."""

_PROC = Path("/proc")


@dataclass
class Part:
    """What one person's client did for all issuers, or posted."""

    person: Person
    code: WalletCode
    wallet: Wallet
    asked: Mapping[str, list[Asked]]
    sealed: list[list[Sealed]] = field(default_factory=list)
    """Per time that she answered, the last one last: one per part."""


@dataclass(repr=False)
class Left:
    """All that there is to look through. Times are POSIX seconds."""

    root: Path
    """The installation after everything has ended."""
    running: Path
    """A copy from when the results had just been shown."""
    installation: Installation
    people: list[Person]
    codes: dict[str, dict[str, AccessCode]]
    parts: dict[str, Part] = field(default_factory=dict)
    """By person, those who collected."""
    exchanges: list[Exchange] = field(default_factory=list)
    metrics: list[dict[str, str]] = field(default_factory=list)
    """By service, before the first and after each action of an employee."""
    processes: dict[str, list[bytes]] = field(default_factory=dict)
    """By service what the process list and /proc show of each of its processes: arguments and environment."""
    round_keys: dict[str, bytes] = field(default_factory=dict)
    """By service the secret of the round while it was open."""
    attacks: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """By service what it answered to each of the attacks."""
    wrapped_keys: list[bytes] = field(default_factory=list)
    """The issuers' signing keys as their databases had them."""
    collecting: tuple[float, float] = (0, 0)
    answering: tuple[float, float] = (0, 0)
    manifest: Manifest = field(init=False)
    composed: Composed = field(init=False)

    def said(self, service: str) -> list[str]:
        """The lines that it printed, but for one that the HTTP server may print when it is ended."""
        lines = (self.root / f"{service}.log").read_text().splitlines()
        return [line for line in lines if not line.startswith("[WARNING] Killing worker-")]

    @property
    def services(self) -> list[str]:
        return list(self.installation.services)

    @property
    def issuers(self) -> tuple[str, ...]:
        return self.installation.book.current.issuer_names


class TooSlow(Exception):
    """The round was over before everybody had acted."""


@contextmanager
def played(folder: Path) -> Iterator[Left]:
    """Play it; the services have ended, each by itself and cleanly, when `Left` is handed out."""
    for pace in PACES:
        try:
            left = _play(folder / str(pace), pace)
        except TooSlow:
            continue
        yield left
        return
    raise TooSlow


def _play(folder: Path, pace: int) -> Left:
    installation = install(folder / "suite", issuers=2, partitions=2)
    recorder = Recorder({service.listen: name for name, service in installation.services.items()})
    left = Left(installation.root, folder / "running", installation, everybody(), {}, exchanges=recorder.exchanges)
    try:
        installation.start()
        with closing(_Play(left, recorder, pace)) as play:
            play.all()
        shutil.copytree(left.root, left.running)
    except Refusal as refusal:
        if refusal.word not in ("closed", "not-collecting"):
            raise
        raise TooSlow from None
    finally:
        ended = installation.stop()
    assert set(ended.values()) == {0}, ended
    return left


class _Play:
    def __init__(self, left: Left, recorder: Recorder, pace: int) -> None:
        self._left = left
        self._recorder = recorder
        self._pace = pace
        self._scraper = httpx.Client()
        self._hr = HumanResources(Web(recorder.connection_of("hr")), left.installation)

    def close(self) -> None:
        self._scraper.close()

    def all(self) -> None:
        left = self._left
        self._hr.import_roster(roster_csv(left.people))
        left.codes = self._hr.access_codes()
        opens = int(time.time()) + AHEAD * self._pace
        self._hr.open_round(ROUND, _draft(opens, opens + LASTS * self._pace))
        observer = self._client("observer")
        try:
            left.manifest = self._hr.wait_until_agreed(observer, ROUND, until=opens)
        except DidNotHappen:
            raise TooSlow from None
        left.composed = self._composed()
        self._collect([one for one in left.people if one.collects])
        self._note_secrets()
        # The second in which the round opens stands in its rules.
        wait_until(lambda: time.time() > left.manifest.draft.answer_from + 1)
        self._answer([one for one in left.people if one.answers])
        for name in ("ingest", *left.issuers, "report"):
            host, _, port = left.installation.services[name].listen.partition(":")
            left.attacks[name] = attack(host, int(port), self._recorder.new_address())
        self._hr.results(ROUND, within=60)
        self._look_at_results(observer)

    def _collect(self, people: list[Person]) -> None:
        left, started = self._left, time.time()
        self._scrape()
        # In an order that is not that of the roster.
        for person in sorted(people, key=lambda one: word(one.number, "order")):
            client, access, wallet = self._client(person.id), left.codes[person.id], Wallet()
            code = _wallet_code(person)
            places = client.membership(client.rules(ROUND).manifest, access)
            client.collect(left.manifest, places, access, wallet, code)
            asked = collecting.requests(left.manifest, places, code)
            left.parts[person.id] = Part(person, code, wallet, asked)
            self._scrape()
        robbed = left.people[ROBBED]
        thief, access = self._client("thief"), left.codes[robbed.id]
        with pytest.raises(Alarm) as alarm:
            thief.collect(
                left.manifest, thief.membership(left.manifest, access), access, Wallet(), WalletCode(bytes(range(16)))
            )
        assert alarm.value.reason is AlarmReason.ALREADY_COLLECTED
        self._scrape()
        left.collecting = (started, time.time())

    def _answer(self, people: list[Person]) -> None:
        left, started = self._left, time.time()
        for person in [left.people[CHANGING], *people]:
            changed = person.number == CHANGING and not left.parts[person.id].sealed
            self._answer_one(person, f"{word(person.number, 'withdrawn')} trek ik in" if changed else person.keep)
            self._scrape()
        left.answering = (started, time.time())

    def _answer_one(self, person: Person, keep: str) -> None:
        left, part, client = self._left, self._left.parts[person.id], self._client(person.id)
        asked = left.manifest.draft.questionnaire
        given: dict[str, answering.Answer] = {"keep": keep, "change": person.change}
        given |= {
            question.id: option for question, option in zip(asked.parts[0].questions, person.choices, strict=True)
        }
        rules = client.rules_to_answer(ROUND, part.wallet).manifest
        sealed = client.seal(rules, part.wallet, answering.plaintexts(asked, given), time.time())
        part.sealed.append(list(sealed))
        client.send(rules, part.wallet, sealed)

    def _look_at_results(self, observer: Client) -> None:
        """As HR, the public and somebody who checks her own answers do."""
        left = self._left
        report = left.installation.book.current.report_url
        somebody = left.parts[left.people[CHANGING].id]
        self._client(somebody.person.id).fates(ROUND, somebody.wallet)
        connect = self._recorder.connection_of("reader")
        for path in ("/", f"/results/{ROUND}", f"/results/{ROUND}/5", f"/rounds/{ROUND}/table.csv", "/nothing-here"):
            with httpx.Client(transport=connect(report)) as reader:
                reader.get(report + path)
        observer.rules(ROUND)
        self._hr.status(ROUND)

    def _note_secrets(self) -> None:
        """What must be gone afterwards, and what may be seen of running processes."""
        left = self._left
        for name in (*left.issuers, "gate", "aggregate"):
            left.round_keys[name] = (left.root / name / "rounds" / f"{ROUND}.key").read_bytes()
        for issuer in left.issuers:
            with closing(sqlite3.connect(left.root / issuer / "issuer.db")) as database:
                left.wrapped_keys += [wrapped for (wrapped,) in database.execute("SELECT wrapped FROM signing_keys")]
        if not (_PROC / "self" / "environ").exists():
            return
        for name, service in left.installation.services.items():
            assert service.process is not None
            left.processes[name] = [
                (process / "cmdline").read_bytes() + b"\n" + (process / "environ").read_bytes()
                for process in _PROC.glob("[0-9]*")
                if _group(process) == service.process.pid
            ]

    def _scrape(self) -> None:
        services = self._left.installation.services
        self._left.metrics.append(
            {name: self._scraper.get(f"http://{service.metrics}/metrics").text for name, service in services.items()}
        )

    def _client(self, who: str) -> Client:
        return Client(Web(self._recorder.connection_of(who)), self._left.installation.book, pause=(0, 0))

    def _composed(self) -> Composed:
        log = SqliteLog(self._left.root / "log")
        try:
            of = RoundsReader(log, self._left.installation.book).refresh().rounds[ROUND]
            return Compositions(log).of(of)
        finally:
            log.close()


def _draft(opens: int, closes: int) -> dict[str, object]:
    draft = quarters.draft("sporen", opens, closes)
    draft["grace"] = 1
    # More than answer, so that this part is held back as a whole.
    draft["questionnaire"]["parts"][2]["k"] = 20
    return draft


def _wallet_code(person: Person) -> WalletCode:
    return WalletCode(sha256(f"wallet of {person.number}".encode()).digest()[:16])


def _group(process: Path) -> int | None:
    """The process group; each service is the first of one of its own."""
    try:
        return os.getpgid(int(process.name))
    except ProcessLookupError:
        return None
