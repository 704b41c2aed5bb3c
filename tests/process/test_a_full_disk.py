"""A disk on which nothing more fits: refusals without receipts, one line in the log; afterwards everything goes on."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clients.cli import answering
from clients.cli.outcomes import Trouble, Unavailable
from clients.cli.wallet import Wallet
from deploy.trial import outside
from deploy.trial.installation import Service
from shared.records import Kind
from shared.rounds import State
from tests.process.suite import PEOPLE, ROSTER, Suite, suite, wait_until

ROOM = 3000
"""Bytes: a file may grow up to there. Enough for lines in a log, and less than any file of SQLite has."""

WAITS = "not available, waiting"


def processes(service: Service) -> list[int]:
    """The process that was started and those that it started, which share its group."""
    assert service.process is not None
    leader = service.process.pid
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = stat.read_text().rpartition(")")[2].split()
        if int(fields[2]) == leader:
            found.append(int(stat.parent.name))
    return found


def limit(service: Service, most: int) -> None:
    for process in processes(service):
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@contextmanager
def full(service: Service) -> Iterator[None]:
    limit(service, ROOM)
    try:
        yield
    finally:
        limit(service, resource.RLIM_INFINITY)


def told(service: Service) -> list[str]:
    return [line for line in service.said.read_text().splitlines() if WAITS in line]


def collect(running: Suite, round_id: str, person: str, wallet: Wallet) -> None:
    manifest, access = running.client.rules(round_id).manifest, running.codes[person]
    running.client.collect(manifest, running.client.membership(manifest, access), access, wallet)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can fill the disk of one process")
def test_nothing_is_lost_or_half_done_while_a_disk_is_full_and_everything_goes_on_afterwards(tmp_path: Path) -> None:
    with suite(tmp_path / "suite", partitions=2) as running:
        services = running.installation.services
        running.open_round("tight", ahead=7, lasts=12)
        manifest = running.agreed("tight")

        with full(services["issuer-1"]):
            with pytest.raises(Unavailable) as refused:
                collect(running, "tight", PEOPLE[0], wallet := Wallet())
            assert refused.value.trouble is Trouble.BUSY
            with pytest.raises(Unavailable) as refused:
                running.hr.import_roster(ROSTER.encode())
            assert refused.value.trouble is Trouble.BUSY
        collect(running, "tight", PEOPLE[0], wallet)

        wait_until(lambda: time.time() > manifest.draft.answer_from + 0.3)
        nothing = answering.plaintexts(manifest.draft.questionnaire, {})
        sealed = running.client.seal(manifest, wallet, nothing, time.time())
        with full(services["ingest"]):
            with pytest.raises(Unavailable) as refused:
                running.client.web.post("ingest", services["ingest"].url, "/envelopes", sealed[0].body)
            assert refused.value.trouble is Trouble.BUSY
        running.client.send(manifest, wallet, sealed)
        answered = running.answer(manifest, PEOPLE[1:])

        wait_until(lambda: time.time() > manifest.draft.closes)
        with full(services["aggregate"]):
            with full(services["gate"]):
                wait_until(lambda: told(services["gate"]))
            wait_until(lambda: told(services["aggregate"]))
            assert running.fold().rounds["tight"].phase is State.COUNTED
        wait_until(lambda: running.fold().rounds["tight"].phase is State.RELEASED)

        of = running.fold().rounds["tight"]
        _, _, counted = outside.release(running.log, of)
        assert len(counted.counted) == (len(answered) + 1) * len(manifest.draft.questionnaire.parts)
        for kind in (Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE):
            assert running.record_count("tight", kind) == 1
        assert running.fold().alarms == ()
        for service in services.values():
            assert len(told(service)) <= 2, service.said.read_text()
            assert "Traceback" not in service.said.read_text()
