"""One round through running services: the time of each of its stages, and what each service spent on it and held.

Everybody answers all parts. The round is only over when its release equals the plain tally of what was answered, and
lists exactly what was posted.
"""

import multiprocessing
import os
import re
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import electorate
from benchmarks.electorate import Made, Posted
from benchmarks.processes import Families, Peak
from clients.cli.client import Client
from deploy.trial import outside, quarters
from deploy.trial.hr import DidNotHappen, HumanResources
from deploy.trial.installation import Installation
from deploy.trial.organisation import Employee, roster_csv
from shared.log.port import Log, LogUnavailable
from shared.manifest import Manifest
from shared.reading import RoundsReader
from shared.records import Kind
from shared.rounds import DEAD, Round

GRACE = 15
"""Seconds. Ingest gives the log two thirds of them for an append."""

LOOK = 0.1
"""Seconds between two looks at the log: as exact as the times of stages are."""

PATIENCE = 900.0
"""Seconds for any one stage."""

SPARE = 8
"""Seconds that a round is open for beside what its size takes."""

COUNTING = (
    ("cut", "gate", Kind.CUT),
    ("batch", "gate", Kind.BATCH),
    ("check", "aggregate", Kind.OPENING),
    ("release", "aggregate", Kind.RELEASE),
)
"""Stages after closing, whose they are, and the record that ends them."""

_WORK = re.compile(r'klankbord_([a-z]+)_(?:(keys_made|keys_seconds)|seconds\{work="([a-z]+)"\}) (\S+)')


@dataclass(frozen=True)
class Pace:
    """Seconds for a signing key, for making an envelope and for posting one, whatever works at the same time."""

    key: float
    make: float
    post: float

    def times(self, factor: float) -> "Pace":
        return Pace(self.key * factor, self.make * factor, self.post * factor)


@dataclass(frozen=True)
class Stage:
    """`service` is whose work it is; `spent`: processor seconds by service, its workers included."""

    name: str
    service: str
    seconds: float
    spent: Mapping[str, float]


class Stages:
    """Stages one after the other."""

    def __init__(self, families: Families) -> None:
        self._families = families
        self.ended: list[Stage] = []
        self.start()

    def start(self) -> None:
        """What was before belongs to no stage."""
        self._began, self._spent = time.monotonic(), self._families.spent()

    def end(self, name: str, service: str) -> None:
        """All since `start` or the end of the stage before."""
        began, before = self._began, self._spent
        self.start()
        spent = {one: self._spent[one] - before[one] for one in before}
        self.ended.append(Stage(name, service, self._began - began, spent))


@dataclass(frozen=True)
class Played:
    """A round in which everything was as it should be."""

    manifest: Manifest
    people: int
    keys: int
    made: Made
    posted: Posted
    cells: int
    """Of all parts."""
    stages: Sequence[Stage]
    work: Mapping[str, float]
    """Seconds that services themselves say of parts of their stages."""
    peaks: Mapping[str, Peak]

    @property
    def pace(self) -> Pace:
        took = {stage.name: stage.seconds for stage in self.stages}
        return Pace(
            took["keys"] / self.keys, took["tokens"] / self.made.envelopes, took["posting"] / self.made.envelopes
        )


@dataclass
class Suite:
    """Running services, one issuer among them, and what it takes to look at them from outside."""

    installation: Installation
    hr: HumanResources
    client: Client
    families: Families
    log: Log
    reader: RoundsReader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = RoundsReader(self.log, self.installation.book)

    def wait(self, round_id: str, until: Callable[[Round], bool]) -> Round:
        """The round as the log has it, as soon as it is so far; DidNotHappen."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(LogUnavailable):  # On a busy machine; then the next look.
                self.reader.refresh()
            of = self.reader.fold.rounds.get(round_id)
            if of is not None and until(of):
                return of
            ended = [one.name for one in self.installation.services.values() if one.process and one.process.poll()]
            if ended or (of is not None and of.phase in DEAD):
                raise DidNotHappen(f"{round_id} is {of.phase if of else 'not there'}; ended: {', '.join(ended) or '-'}")
            time.sleep(LOOK)
        raise DidNotHappen(f"{round_id} does not get on; its state is {self.hr.status(round_id)}")

    def work(self) -> dict[str, float]:
        """From /metrics what an issuer says of its keys, and the seconds of gate and aggregate, such as "gate open"."""
        found: dict[str, float] = {}
        for name in (self.installation.issuers[0].name, "gate", "aggregate"):
            address = self.installation.services[name].metrics
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=SPARE) as answer:
                for line in answer.read().decode().splitlines():
                    if match := _WORK.fullmatch(line):
                        service, keys, work, value = match.groups()
                        found[f"{service} {keys or work}"] = float(value)
        return found


def play(suite: Suite, round_id: str, number: int, pace: Pace) -> Played:
    """A whole round of so many people, kept open for as long as `pace` says; DidNotHappen."""
    people = electorate.employees(number)
    suite.families.peaks()
    before = suite.work()
    stages = Stages(suite.families)
    manifest = _agree(suite, stages, round_id, people, pace)
    made, posted = _answer(suite, stages, manifest, people)
    cells = _count(suite, stages, manifest, people, made)
    peaks, after = suite.families.peaks(), suite.work()
    return Played(
        manifest=manifest,
        people=number,
        keys=round(after["issuer keys_made"] - before["issuer keys_made"]),
        made=made,
        posted=posted,
        cells=cells,
        stages=stages.ended,
        # The gate's are those of its last round, the others' grow.
        work={name: of - (0 if name.startswith("gate") else before[name]) for name, of in after.items()},
        peaks=peaks,
    )


def _agree(suite: Suite, stages: Stages, round_id: str, people: list[Employee], pace: Pace) -> Manifest:
    issuer = suite.installation.issuers[0].name
    suite.hr.import_roster(roster_csv(people))
    parts = _draft(0, 1)["questionnaire"]["parts"]
    nodes = len(suite.hr.plan([part["k"] for part in parts], 75))
    stages.end("roster", issuer)
    # Hardly more than half of the nodes have keys; the others are merge groups.
    opens = time.time() + SPARE + pace.key * 0.6 * nodes * len(parts)
    closes = opens + SPARE + (pace.make + pace.post) * len(people) * len(parts)
    suite.hr.open_round(round_id, _draft(int(opens), int(closes)))
    suite.wait(round_id, lambda of: issuer in of.authors_of(Kind.OFFER))
    stages.end("keys", issuer)
    suite.wait(round_id, lambda of: of.agreed)
    stages.end("agreeing", issuer)
    return suite.hr.wait_until_agreed(suite.client, round_id, opens)


def _draft(opens: int, closes: int) -> dict[str, Any]:
    """The trial's, with one of its open questions: two parts."""
    body = quarters.draft("scale", opens, closes)
    asked = body["questionnaire"]
    return body | {"grace": GRACE, "questionnaire": asked | {"parts": asked["parts"][:2]}}


def _answer(suite: Suite, stages: Stages, manifest: Manifest, people: list[Employee]) -> tuple[Made, Posted]:
    draft, ingest = manifest.draft, suite.installation.book.current.ingest
    spawn = multiprocessing.get_context("spawn")  # Not fork: this process has threads.
    with (
        tempfile.TemporaryDirectory(prefix="klankbord-") as name,
        ProcessPoolExecutor(os.cpu_count(), mp_context=spawn) as processes,
    ):
        folder = Path(name)
        stages.start()
        teams = electorate.teams(suite.installation.issuers[0], manifest, roster_csv(people))
        made = Made()
        for of_team in processes.map(partial(electorate.seal, manifest, folder), teams):
            made.add(of_team)
        stages.end("tokens", "")
        time.sleep(max(0.0, draft.answer_from + 1 - time.time()))
        stages.start()
        try:
            posted = processes.submit(electorate.post, ingest.url, folder).result()
        except AssertionError as error:
            raise DidNotHappen(f"ingest did not take all; if it says closed, this machine was slow: {error}") from error
        stages.end("posting", "ingest")
    return made, posted


def _count(suite: Suite, stages: Stages, manifest: Manifest, people: list[Employee], made: Made) -> int:
    """From closing to the results, which must be the right ones; the number of cells."""
    time.sleep(max(0.0, manifest.draft.counting_from - time.time()))
    stages.start()
    for name, service, ends in COUNTING:
        of = suite.wait(manifest.round_id, partial(_has, ends))
        stages.end(name, service)
    suite.hr.results(manifest.round_id, PATIENCE)
    stages.end("results", "report")
    numbers, comments, entries = outside.release(suite.log, of)
    asked = manifest.draft.questionnaire
    answered = {one.person: electorate.truth(asked, one.person) for one in people}
    wrong = outside.differences(manifest, numbers, comments, answered)
    if wrong or entries.held_back or sorted(made.counted) != list(entries.counted):
        raise DidNotHappen(f"the release is wrong: {'; '.join(wrong) or 'other entries than were posted'}")
    return len(numbers.cells)


def _has(kind: Kind, of: Round) -> bool:
    return of.record(kind) is not None
