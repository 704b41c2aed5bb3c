"""A whole suite of real processes with a small organisation, for tests."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from clients.cli.client import Client
from clients.cli.connection import Web, open_connection
from clients.cli.wallet import Wallet
from deploy.trial import quarters, simulation
from deploy.trial.hr import HumanResources
from deploy.trial.installation import Installation, install
from deploy.trial.kept import Kept
from deploy.trial.simulation import Turnout
from deploy.trial.story import TrueAnswers
from shared import asking, instruments
from shared.codes import AccessCode
from shared.log.port import Log
from shared.manifest import Manifest
from shared.reading import RoundsReader
from shared.records import Foreign, Kind, peek
from shared.rounds import Fold

PATIENCE = 60.0
"""Seconds after which a condition that is polled for counts as never; it takes one or two."""

ROSTER = "person,name,mail,language,company,team\n" + "".join(
    f"w{number},Werknemer Achternaam{number},w{number}@voorbeeld.example,nl,Bedrijf,{team}\n"
    for number, team in enumerate(["Rood"] * 11 + ["Blauw"] * 13)
)
"""24 people in two teams: three groups."""

PEOPLE = [f"w{number}" for number in range(24)]


@dataclass
class Suite:
    """Running services, HR, and a client."""

    installation: Installation
    log: Log
    """In which the services meet, as its operator may use it."""
    codes: dict[str, dict[str, AccessCode]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        web = Web(open_connection, plain=True)
        self.hr = HumanResources(web, self.installation)
        self.client = Client(web, self.installation.book, pause=simulation.PAUSE)

    @property
    def root(self) -> Path:
        return self.installation.root

    def staff(self) -> None:
        """Import the roster and hand out codes."""
        self.hr.import_roster(ROSTER.encode())
        self.codes = self.hr.access_codes()

    def open_round(self, round_id: str, *, ahead: float, lasts: float, size: int | None = None) -> None:
        """Draft a round that opens in `ahead` seconds and lasts `lasts` seconds. `size`: bytes of open parts."""
        opens = int(time.time() + ahead) + 1
        draft = quarters.draft("test", opens, opens + int(lasts) + 1)
        shipped = instruments.shipped()
        draft["questionnaire"] = asking.compose(
            [shipped["recommend"], shipped["open-questions"]], draft["period"], closed_k=5, open_k=10
        )
        for part in draft["questionnaire"]["parts"]:
            if part["kind"] == "open" and size is not None:
                part["size"] = size
        self.hr.open_round(round_id, draft)

    def agreed(self, round_id: str) -> Manifest:
        return self.hr.wait_until_agreed(self.client, round_id, until=time.time() + PATIENCE)

    def answer(
        self, manifest: Manifest, people: list[str], wallets: dict[str, Wallet] | None = None
    ) -> dict[str, TrueAnswers]:
        """Wait for the opening, let people answer, and return what was acknowledged."""
        wait_until(lambda: time.time() > manifest.draft.answer_from + 0.3)
        truth = {person: truth_of(person) for person in people}
        turnout: Turnout = simulation.answer_all(
            self.client, manifest, self.codes, truth, time.time, lambda _done: None, wallets
        )
        assert turnout.late == []
        return turnout.answered

    def fold(self) -> Fold:
        """The rounds as the log tells them now."""
        return RoundsReader(self.log, self.installation.book).refresh()

    def record_count(self, round_id: str, kind: Kind) -> int:
        """How many different records of a kind the log holds, effective or not."""
        found = 0
        for raw in {entry.value for entry in self.log.read("rounds")}:
            with suppress(Foreign):
                one = peek(raw)
                found += one.round_id == round_id and one.kind is kind
        return found

    def ready(self, service: str) -> str:
        """What whoever restarts services would read."""
        return httpx.get(f"http://{self.installation.services[service].metrics}/ready", timeout=5).text.strip()

    def metrics(self, service: str) -> str:
        """What Prometheus would scrape."""
        return httpx.get(f"http://{self.installation.services[service].metrics}/metrics", timeout=5).text


def truth_of(person: str) -> TrueAnswers:
    """What this person truly thinks; every text occurs once, so that it can be searched for."""
    number = int(person[1:])
    # Not all alike, and nobody alone: a homogeneous group has no result.
    choices = {"recommend": number % 11 if number % 7 else None}
    return TrueAnswers(choices, {"keep": f"Bewaren-{number}-zin van iemand.", "change": ""})


@contextmanager
def suite(
    root: Path,
    *,
    issuers: int = 1,
    partitions: int = 1,
    log: Kept | None = None,
    change: Callable[[Installation], None] = lambda _: None,
) -> Iterator[Suite]:
    """Install, `change` what was installed, start, staff; at the end every service must end with exit code 0.

    `log` as in `install`.
    """
    installation = install(root, issuers=issuers, partitions=partitions, log=log)
    change(installation)
    with closing(installation.log.open()) as opened:
        try:
            installation.start()
            running = Suite(installation, opened)
            running.staff()
            yield running
        finally:
            codes = installation.stop()
    assert set(codes.values()) == {0}, codes


def wait_until(condition: Callable[[], Any], within: float = PATIENCE, pause: float = 0.05) -> None:
    """Poll until `condition` is true, with a pause in seconds between; fail after `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "this never came about"
        time.sleep(pause)
