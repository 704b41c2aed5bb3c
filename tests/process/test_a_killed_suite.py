"""Every service is killed at many points of a round, and the round comes out as if nothing had happened."""

import random
import threading
import time
from pathlib import Path

import pytest

from deploy.trial import outside
from shared.records import Kind
from shared.rounds import State
from tests.process.suite import PEOPLE, Suite, suite, wait_until


class Killer:
    """Kills services with SIGKILL and starts them again, one after the other, until told to stop."""

    def __init__(self, running: Suite, services: list[str], seed: int) -> None:
        self._running = running
        self._services = services
        self._draw = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.kills = 0

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._draw.uniform(0.1, 0.9)):
            service = self._running.installation.services[self._draw.choice(self._services)]
            service.kill()
            service.start()
            service.wait_until_ready()
            self.kills += 1


@pytest.mark.parametrize(("issuers", "seed"), [(1, 1), (2, 2)])
def test_no_receipt_is_lost_and_nothing_counts_twice_whoever_is_killed(tmp_path: Path, issuers: int, seed: int) -> None:
    with suite(tmp_path / "suite", issuers=issuers, partitions=2) as running:
        names = [*running.installation.book.current.issuer_names, "gate", "aggregate", "report"]
        running.open_round("killed", ahead=9, lasts=9)
        with Killer(running, names, seed) as before:
            manifest = running.agreed("killed")
            wait_until(lambda: before.kills >= 3)
        # Ingest and the issuers are killed while people collect and post; the client tries again by itself.
        running.client.sleep(max(0.0, manifest.draft.answer_from + 0.3 - time.time()))
        with Killer(running, ["ingest", "gate"], seed + 10) as during:
            answered = running.answer(manifest, PEOPLE)
            wait_until(lambda: during.kills >= 1)
        wait_until(lambda: time.time() > manifest.draft.closes)
        with Killer(running, ["gate", "aggregate", "report"], seed + 20) as after:
            wait_until(lambda: running.fold().rounds["killed"].phase is State.RELEASED)
        assert after.kills >= 1

        numbers, comments, counted = outside.release(running.log, running.fold().rounds["killed"])
        assert outside.differences(manifest, numbers, comments, answered) == []
        assert len(counted.counted) == len(answered) * len(manifest.draft.questionnaire.parts)
        for kind in (Kind.OFFER, Kind.ACCEPT):
            assert running.record_count("killed", kind) == issuers + 2
        for kind in (Kind.MANIFEST, Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE):
            assert running.record_count("killed", kind) == 1
        assert running.fold().alarms == ()
        assert running.hr.results("killed", within=30)["round"] == "killed"
