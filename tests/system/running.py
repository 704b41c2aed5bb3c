"""The five services, each put together from its real parts as its `__main__` does, on a log that the test owns."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from flask import Flask

from services.aggregate import loop as aggregate_loop
from services.aggregate.metrics import Metrics as AggregateMetrics
from services.gate import loop as gate_loop
from services.gate.metrics import Metrics as GateMetrics
from services.ingest import web as ingest_web
from services.ingest.desk import Desk as IngestDesk
from services.ingest.metrics import Metrics as IngestMetrics
from services.ingest.watch import Watch as IngestWatch
from services.issuer import web as issuer_web
from services.issuer.desk import Desk as IssuerDesk
from services.issuer.hr import Hr
from services.issuer.keys import Secrets
from services.issuer.loop import Loop
from services.issuer.making import KeyMaker
from services.issuer.metrics import Metrics as IssuerMetrics
from services.issuer.people import People
from services.issuer.store import Store
from services.report import web as report_web
from services.report.library import Library
from services.report.metrics import Metrics as ReportMetrics
from services.report.watch import Watch as ReportWatch
from shared.author import Author
from shared.blind_rsa import PrivateKey
from shared.journal import Journal
from shared.log.port import Log
from shared.reading import RoundsReader
from shared.rounds import RoundId
from shared.secret_files import RoundSecrets
from tests.rounds_made import Installation
from tests.system.mortal import Mortal, MortalDatabase, alarms_of

ADMIN_KEY = b"a key of the tests, longer than it has to be"


@dataclass
class Place:
    """What a service is given when it starts: everything else it finds in its folder or in the log."""

    name: str
    home: Path
    installed: Installation
    log: Log
    clock: Callable[[], float]
    process: Mortal
    generate: Callable[[], PrivateKey]
    partitions: int
    stop: threading.Event = field(default_factory=threading.Event)

    def author(self, journal: Journal) -> Author:
        return Author(self.name, self.installed.identities[self.name], journal, self.log)


class Service(Protocol):
    """One process of a service."""

    app: Flask | None
    """What answers requests."""

    def look(self) -> None:
        """What its loop does once."""

    def alarms(self) -> set[str]:
        """The reasons of the alarms that it has raised since it began."""

    def close(self) -> None:
        """Give up locks, as the end of a process does."""


class _CountedSecrets(Secrets):
    """The counter of members served is written in place, which no renaming announces."""

    def __init__(self, folder: Path, process: Mortal) -> None:
        super().__init__(folder)
        self._process = process

    def raise_served(self, round_id: RoundId, served: int) -> None:
        self._process.before("raise the counter")
        super().raise_served(round_id, served)


class Issuer:
    def __init__(self, place: Place) -> None:
        self._process = place.process
        self._journal = Journal(place.home / "journal")
        self._database = MortalDatabase(f"sqlite:///{place.home / 'issuer.db'}", place.process)
        author, parties = place.author(self._journal), place.installed.parties
        people, self.store = People(self._database), Store(self._database)
        self.secrets = _CountedSecrets(place.home / "rounds", place.process)
        # One thread, so that every run takes the same keys in the same order.
        self._maker = KeyMaker(self.store, 1, place.generate)
        self.metrics = IssuerMetrics()
        desk = IssuerDesk(place.name, self.store, self.secrets, self.metrics, place.clock)
        reader = RoundsReader(place.log, place.installed.book)
        self._loop = Loop(
            place.name,
            place.log,
            reader,
            author,
            people,
            self.store,
            self.secrets,
            self._maker,
            desk,
            self.metrics,
            place.clock,
        )
        hr = Hr(place.name, parties, author, people, self.store, desk, self.metrics)
        self.app: Flask | None = issuer_web.create(desk, hr, self.metrics, parties, ADMIN_KEY)

    def look(self) -> None:
        self._loop.tick()
        deadline = time.monotonic() + 60
        while self._maker.busy:
            assert time.monotonic() < deadline, "the keys are never made"
            time.sleep(0.0005)
        self._process.check()

    def alarms(self) -> set[str]:
        return {reason for _, reason in self.metrics.raised}

    def close(self) -> None:
        self._maker.cancel()
        self._database.close()
        self._journal.close()


class Ingest:
    def __init__(self, place: Place) -> None:
        self._metrics = IngestMetrics()
        key = place.installed.identities["ingest"]
        self._desk = IngestDesk(place.log, key, self._metrics, place.clock, place.clock)
        reader = RoundsReader(place.log, place.installed.book)
        self._watch = IngestWatch(reader, place.installed.parties.ingest, self._desk, self._metrics, 1)
        self.app: Flask | None = ingest_web.create(self._desk, self._metrics, place.installed.parties)

    def look(self) -> None:
        self._watch.look()

    def alarms(self) -> set[str]:
        return alarms_of(self._metrics.registry)

    def close(self) -> None:
        self._desk.close()


class Gate:
    app: Flask | None = None

    def __init__(self, place: Place) -> None:
        self._journal = Journal(place.home / "journal")
        self.metrics = GateMetrics()
        self._gate = gate_loop.Gate(
            gate_loop.Means(
                log=place.log,
                book=place.installed.book,
                author=place.author(self._journal),
                secrets=RoundSecrets(place.home / "rounds"),
                metrics=self.metrics,
                clock=place.clock,
                processes=1,
                partitions=place.partitions,
                stop=place.stop,
            )
        )

    def look(self) -> None:
        self._gate.tick()

    def alarms(self) -> set[str]:
        return alarms_of(self.metrics.registry)

    def close(self) -> None:
        self._journal.close()


class Aggregate:
    app: Flask | None = None

    def __init__(self, place: Place) -> None:
        self._journal = Journal(place.home / "journal")
        self.metrics = AggregateMetrics()
        self._aggregate = aggregate_loop.Aggregate(
            aggregate_loop.Means(
                log=place.log,
                book=place.installed.book,
                author=place.author(self._journal),
                secrets=RoundSecrets(place.home / "rounds"),
                metrics=self.metrics,
                clock=place.clock,
                processes=1,
                stop=place.stop,
            )
        )

    def look(self) -> None:
        self._aggregate.tick()

    def alarms(self) -> set[str]:
        return alarms_of(self.metrics.registry)

    def close(self) -> None:
        self._journal.close()


class Report:
    def __init__(self, place: Place) -> None:
        self._metrics = ReportMetrics()
        self.library = Library(place.log, place.installed.book, place.clock)
        self._watch = ReportWatch(self.library, self._metrics, 1)
        self.app: Flask | None = report_web.create(self.library, place.installed.parties, None)

    def look(self) -> None:
        self._watch.look()

    def alarms(self) -> set[str]:
        return alarms_of(self._metrics.registry)

    def close(self) -> None:
        pass


KINDS: dict[str, Callable[[Place], Any]] = {"ingest": Ingest, "gate": Gate, "aggregate": Aggregate, "report": Report}
"""By name; every other name is an issuer's."""


def start(place: Place) -> Service:
    """A new process of the service of this name."""
    place.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    service: Service = KINDS.get(place.name, Issuer)(place)
    return service
