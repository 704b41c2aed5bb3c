"""All five services in one process, on one log in memory and one clock that stands still until a test moves it.

    with House(folder, issuers=2) as house:
        house.staff(PEOPLE)                     HR imports the roster and hands out access codes
        house.draft("spring")                   and drafts a round
        house.settle()                          everybody works until nobody has anything left to do
        house.manifest("spring")                what all of them have agreed on
        house.clock.now = OPENS                 the only way in which time passes
        house.processes["gate"].dies_after(3)   a crash to come; the house starts the service again
        house.restart("gate")                   nothing but files and the log is left of the one before
        house.say("spring", Kind.CUT, "gate", ...)     a record by a dishonest party
    again = house.copy(other_folder)            the same house again, as often as a test needs it

HTTP goes through `house.connect`, as if each service had its address of parties.json.
"""

import json
import re
import shutil
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from clients.cli.connection import Web, encode
from services.issuer.unavailable import DatabaseUnavailable
from shared import codes, records, topics
from shared.apart import RoundsWait
from shared.blind_rsa import PrivateKey
from shared.codes import AccessCode
from shared.log.port import LogUnavailable
from shared.manifest import Manifest
from shared.reading import RoundsReader
from shared.records import Kind
from shared.rounds import Fold, Round, RoundId, State
from tests.keys import rsa_key
from tests.organisations import roster as roster_of
from tests.rounds_made import NOW, draft_body, installation
from tests.services.issuer.issuers import csv
from tests.system import running
from tests.system.mortal import Crash, Mortal, MortalLog, OperatedLog
from tests.system.running import ADMIN_KEY, Place, Service

LONG = 60
"""Looks of everybody after which a house that still works is held to work for ever; a round takes a dozen."""

Change = Callable[[Any], Any]
"""What becomes of the JSON of an answer."""


class Fate(Enum):
    """What the network does with a request."""

    ARRIVES = auto()
    LOST = auto()
    UNANSWERED = auto()  # It arrives, and the answer is lost.


class Clock:
    """Stands still until a test moves it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class House:
    """The whole suite. `said` has every record that was ever appended, by round, kind and author."""

    def __init__(self, folder: Path, issuers: int = 1, *, partitions: int = 1, trial: bool = False) -> None:
        self.folder = folder
        self.partitions = partitions
        self.trial = trial
        self.installed = installation(issuers, trial=trial)
        self.log = OperatedLog()
        self.clock = Clock(NOW)
        self.names: tuple[str, ...] = (*self.installed.parties.issuer_names, *running.KINDS)
        self.processes = {name: Mortal(name) for name in self.names}
        self.services: dict[str, Service] = {}
        self.codes: dict[str, dict[str, AccessCode]] = {}
        """By person and issuer."""
        self.said: defaultdict[tuple[RoundId, Kind, str], set[str]] = defaultdict(set)
        self.alarms: set[tuple[str, str]] = set()
        """Service and reason, of all processes that there have been."""
        self.fates: deque[Fate] = deque()
        """Of the next requests."""
        self.lies: list[tuple[re.Pattern[str], Change]] = []
        """Requests, as "METHOD https://host/path", whose answers are changed on their way."""
        self._keys = 0

    def __enter__(self) -> Self:
        for name in self.names:
            self._start(name)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        for name in list(self.services):
            self.services.pop(name).close()

    def copy(self, folder: Path, *names: str) -> "House":
        """What files and log say of this house, in another place; nobody may be at home in this one.

        Only the services with these names will live there, if any are named.
        """
        assert not self.services
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        other = House(folder, len(self.installed.parties.issuers), partitions=self.partitions, trial=self.trial)
        other.log.put_back(self.log.copy())
        other.names = names or self.names
        other.clock.now, other.codes = self.clock.now, self.codes
        other.said.update({of: set(texts) for of, texts in self.said.items()})
        other._keys = self._keys
        return other

    # Processes.

    def look(self, name: str) -> bool:
        """Let a service look at the log once; False if it died of it, and is there again."""
        process = self.processes[name]
        try:
            with process.at_work():
                self.services[name].look()
        except (LogUnavailable, RoundsWait, DatabaseUnavailable, OSError):
            pass
        except Crash:
            self.restart(name)
            return False
        self._hear(name)
        return True

    def everybody_looks(self) -> None:
        for name in self.names:
            self.look(name)

    def settle(self, *names: str) -> None:
        """Let everybody, or only these, work until nobody does anything that lasts, at two looks running."""
        quiet = 0
        for _ in range(LONG):
            before = self.operations
            for name in names or self.names:
                self.look(name)
            quiet = quiet + 1 if before == self.operations else 0
            # What is noticed at one look may be acted upon at the next.
            if quiet == 2:
                return
        raise AssertionError("this house works for ever")

    def restart(self, name: str) -> None:
        """End a process, wherever it is, and begin the next."""
        self._hear(name)
        self.services.pop(name).close()
        self.processes[name].lives_on()
        self._start(name)

    def _start(self, name: str) -> None:
        process, home = self.processes[name], self.folder / name
        log = MortalLog(self.log, process, self._watch)
        with process.at_work():
            self.services[name] = running.start(
                Place(name, home, self.installed, log, self.clock, process, self._key, self.partitions)
            )

    def _key(self) -> PrivateKey:
        """The next of the keys that all houses of a run share; within a house none comes twice."""
        self._keys += 1
        return rsa_key(self._keys)

    @property
    def operations(self) -> int:
        """How much has been done that lasts."""
        return sum(len(process.operations) + process.crashes + process.failures for process in self.processes.values())

    # The log.

    def fold(self) -> Fold:
        """All rounds, as the log tells them now."""
        return RoundsReader(self.log, self.installed.book).refresh()

    def of(self, round_id: RoundId) -> Round:
        return self.fold().rounds[round_id]

    def phase(self, round_id: RoundId) -> State:
        return self.of(round_id).phase

    def manifest(self, round_id: RoundId) -> Manifest:
        manifest = self.of(round_id).manifest
        assert manifest is not None
        return manifest

    def envelopes(self, round_id: RoundId) -> list[bytes]:
        """What stands in the log."""
        return [record for partition in self.log.copy().get(topics.envelopes(round_id), ()) for record in partition]

    def sign(self, round_id: RoundId, kind: Kind, author: str, body: Mapping[str, Any]) -> str:
        """A record that this party never meant to sign."""
        return records.sign(kind, round_id, author, dict(body), self.installed.identities[author])

    def say(self, round_id: RoundId, kind: Kind, author: str, body: Mapping[str, Any]) -> str:
        """The same, put into the log; its digest."""
        jws = self.sign(round_id, kind, author, body)
        self.log.append(topics.ROUNDS, jws.encode())
        return records.digest(jws)

    def signed(self) -> dict[tuple[RoundId, Kind, str], set[str]]:
        """Everything that an author has ever appended or has in its journal now."""
        found = defaultdict(set, {of: set(texts) for of, texts in self.said.items()})
        for author in self.installed.parties.authors:
            for path in (self.folder / author / "journal").glob("*/*.jws"):
                found[path.parent.name, Kind(path.stem), author].add(path.read_text("ascii"))
        return found

    def has_key(self, name: str, round_id: RoundId) -> bool:
        """Whether a party still has what opens, or signs for, a round."""
        return (self.folder / name / "rounds" / f"{round_id}.key").exists()

    def _watch(self, topic: str, record: bytes) -> None:
        """What is published of a round is published after the key is gone that made it."""
        kind, _, round_id = topic.partition(".")
        if topic == topics.ROUNDS:
            one = records.peek(record)
            self.said[one.round_id, one.kind, one.author].add(one.jws)
            kind, round_id = {Kind.BATCH: "batches", Kind.RELEASE: "releases"}.get(one.kind, ""), one.round_id
        author = {"batches": "gate", "releases": "aggregate", "words": "aggregate"}.get(kind)
        assert author is None or not self.has_key(author, round_id), f"{topic} before the key of {author} was gone"

    def _hear(self, name: str) -> None:
        self.alarms |= {(name, reason) for reason in self.services[name].alarms()}

    # HTTP.

    def connect(self, address: str) -> httpx.BaseTransport:
        """A connection to whoever has this address in parties.json."""
        return _Wire(self, httpx.URL(address).host.removesuffix(".example"))

    @property
    def web(self) -> Web:
        return Web(self.connect)

    def lie(self, path: str, change: Change) -> None:
        """Change what is answered to requests that match a pattern."""
        self.lies.append((re.compile(path), change))

    # HR.

    def staff(self, people: Mapping[tuple[str, ...], int]) -> None:
        """The same roster at every issuer, and codes for everybody: persons are p0, p1 ... in the order of groups."""
        for issuer in self.installed.parties.issuers:
            key = ADMIN_KEY.decode()
            self.web.ask("PUT", issuer.name, issuer.url, "/admin/roster", key, csv(roster_of(people)), "text/csv")
            for one in self.web.post(issuer.name, issuer.url, "/admin/codes", {"renew": True}, key)["codes"]:
                code = codes.parse(AccessCode, one["code"])
                assert isinstance(code, AccessCode)
                self.codes.setdefault(one["person"], {})[issuer.name] = code

    def draft(self, round_id: RoundId, **changes: Any) -> None:
        """HR drafts a round; `changes` replaces members of tests.rounds_made.draft_body."""
        body = draft_body(self.installed.parties, **changes)
        del body["generation"], body["parties"]
        self.hr("POST", "/admin/rounds", {"round": round_id, "draft": body})

    def cancel(self, round_id: RoundId) -> None:
        self.hr("POST", f"/admin/rounds/{round_id}/cancel")

    def hr(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """What the lead issuer answers to HR."""
        lead = self.installed.parties.lead
        content = None if body is None else encode(body)
        return self.web.ask(method, lead.name, lead.url, path, ADMIN_KEY.decode(), content, "application/json")


class _Wire(httpx.BaseTransport):
    """One connection to one service, which may die of a request."""

    def __init__(self, house: House, name: str) -> None:
        self._house = house
        self._name = name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        house, process = self._house, self._house.processes[self._name]
        fate = house.fates.popleft() if house.fates else Fate.ARRIVES
        if fate is Fate.LOST:
            raise httpx.ConnectError("the request was lost", request=request)
        app = house.services[self._name].app
        assert app is not None
        try:
            with process.at_work():
                response = httpx.WSGITransport(app).handle_request(request)
                content = response.read()
        except Crash:
            house.restart(self._name)
            raise httpx.ReadError("the service died", request=request) from None
        if fate is Fate.UNANSWERED:
            raise httpx.ReadError("the answer was lost", request=request)
        for path, change in house.lies:
            if path.search(f"{request.method} {request.url}"):
                content = json.dumps(change(json.loads(content))).encode()
        return httpx.Response(response.status_code, headers=_kept(response.headers.multi_items()), content=content)


def _kept(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() != "content-length"]
