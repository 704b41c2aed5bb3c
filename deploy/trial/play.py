"""The story of the example: three quarters, one after the other, and what came of them."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clients.cli.client import Client
from clients.cli.connection import Web, open_connection
from deploy.trial import quarters, simulation, story
from deploy.trial.hr import HumanResources, Reached
from deploy.trial.installation import Installation, install, principals
from deploy.trial.kept import kept
from deploy.trial.organisation import COMPANY, Employee, employees, roster_csv
from deploy.trial.simulation import Turnout
from deploy.trial.tale import Tale
from shared import blind_rsa
from shared.codes import AccessCode
from shared.manifest import Manifest

KEYS = 66
"""Signing keys that the example's plan takes per round and issuer."""

SIGNATURES = 15
"""Tokens per person, round and issuer."""


@dataclass
class Pace:
    """How long this machine takes, in seconds; guessed from one key at first, then measured."""

    agree: float
    answer: float

    @classmethod
    def guess(cls, issuers: int, people: int) -> "Pace":
        started = time.monotonic()
        for _ in range(4):
            blind_rsa.generate()
        key = (time.monotonic() - started) / 4
        cores = os.cpu_count() or 1
        # A signature takes about a fortieth of a key; the client, HTTP and ingest together about as much again per
        # token. Twice that and more: others may use this machine, and a window that is too short turns people away.
        return cls(
            agree=6 + 3 * KEYS * issuers * key / cores,
            answer=8 + 2 * people * SIGNATURES * (1 + issuers) * key / 20 / cores,
        )

    def measured(self, agree: float, answer: float) -> None:
        """Take the last round as the measure, and more for luck: others may use this machine, too."""
        self.agree = 4 + 2 * agree
        self.answer = 4 + 1.5 * answer


@dataclass(frozen=True)
class Options:
    """What kind of installation it is: how many issuers, and one of kept.KINDS."""

    issuers: int = 1
    log: str = "sqlite"


@dataclass
class Played:
    """A quarter that is over."""

    round_id: str
    manifest: Manifest
    turnout: Turnout
    results: dict[str, Any]


@dataclass
class Play:
    """The example on a running installation."""

    tale: Tale
    installation: Reached
    web: Web = field(default_factory=lambda: Web(open_connection, plain=True))
    people: list[Employee] = field(default_factory=employees)
    played: list[Played] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hr = HumanResources(self.web, self.installation)
        self.client = Client(self.web, self.installation.book, pause=simulation.PAUSE)
        self.codes: dict[str, dict[str, AccessCode]] = {}
        self.pace = Pace.guess(len(self.installation.book.current.issuers), len(self.people))
        self._free_from = 0.0

    def prepare(self) -> None:
        """HR imports the roster and hands out codes."""
        imported = self.hr.import_roster(roster_csv(self.people))
        nodes = self.hr.plan([5, 10], 75)
        smallest = min(node["size"] for node in nodes)
        self.tale.say("imported", people=imported["people"], groups=len(nodes), smallest=smallest)
        self.codes = self.hr.access_codes()

    def quarter(self, round_id: str) -> Played:
        """One whole round, and what came of it."""
        played = self.round(round_id)
        self.tale.say(
            "result",
            period=quarters.period(round_id),
            answers=sum(part["counted"] for part in played.results["parts"]),
            groups=len({group["node"] for group in played.results["groups"] if group["units"]}),
        )
        return played

    def round(self, round_id: str) -> Played:
        """One whole round: drafted, agreed, answered, counted, released."""
        manifest, turnout = self.answered(round_id, time_to_answer=None)
        closes = manifest.draft.closes
        waiting = max(0.0, closes + manifest.draft.grace - time.time())
        played = Played(round_id, manifest, turnout, self.hr.results(round_id, within=waiting + 60))
        self.played.append(played)
        return played

    def answered(
        self, round_id: str, time_to_answer: float | None, without: frozenset[str] = frozenset()
    ) -> tuple[Manifest, Turnout]:
        """Draft a round and let everybody but `without` answer; `time_to_answer` in seconds, else as long as needed."""
        started = time.time()
        opens = int(max(started + self.pace.agree, self._free_from)) + 1
        closes = opens + int(time_to_answer or self.pace.answer) + 1
        self._free_from = closes + 1
        period = quarters.period(round_id)
        self.hr.open_round(round_id, quarters.draft(period, opens, closes, quarters.asked(round_id)))
        manifest = self.hr.wait_until_agreed(self.client, round_id, until=opens + 5)
        agreed = time.time() - started
        self.tale.say("agreed", period=period, code=manifest.check_code)
        time.sleep(max(0.0, manifest.draft.answer_from + 0.3 - time.time()))

        asked = manifest.draft.questionnaire
        truth = story.answers(self.people, round_id, quarters.closed_questions(asked), quarters.open_questions(asked))
        for person in without:
            truth.pop(person, None)
        began = time.time()
        turnout = simulation.answer_all(
            self.client,
            manifest,
            self.codes,
            truth,
            time.time,
            lambda done: self.tale.progress(self.tale.text("answering", period=period), done, len(truth)),
        )
        self.pace.measured(agreed, time.time() - began)
        if turnout.late:
            self.tale.say("late", late=len(turnout.late))
        return manifest, turnout


@contextmanager
def running(root: Path, tale: Tale, options: Options) -> Iterator[Installation]:
    """An installation in `root` whose services run until the block ends; says so if one does not end cleanly."""
    tale.say("title", company=COMPANY)
    if options.log == "kafka":
        tale.say("kafka")
    with kept(root, options.log, principals(options.issuers).values()) as log:
        installation = install(root, issuers=options.issuers, log=log)
        try:
            installation.start()
            tale.say("started", services=", ".join(installation.services))
            yield installation
        finally:
            unclean = [name for name, code in installation.stop().items() if code != 0]
            if unclean:
                tale.say("not-ended", services=", ".join(unclean))


def wait_for_interrupt(stop: threading.Event) -> None:
    """Until somebody sets `stop`; in steps, because a wait without end does not see signals everywhere."""
    while not stop.wait(0.5):
        pass
