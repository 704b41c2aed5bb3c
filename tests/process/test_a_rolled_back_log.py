"""The log's operator puts an earlier copy of the log back: alarms, and never a second batch or release."""

import shutil
import time
from pathlib import Path

from shared.records import Kind
from shared.rounds import State
from tests.process.suite import PEOPLE, suite, wait_until


def test_a_log_that_is_rolled_back_raises_alarms_and_gets_the_same_bytes_again(tmp_path: Path) -> None:
    with suite(tmp_path / "suite") as running:
        running.open_round("rolled", ahead=4, lasts=3)
        manifest = running.agreed("rolled")
        running.answer(manifest, PEOPLE)
        wait_until(lambda: time.time() > manifest.draft.closes)
        copy = tmp_path / "copy"
        shutil.copytree(running.root / "log", copy)
        wait_until(lambda: running.fold().rounds["rolled"].phase is State.RELEASED)
        first = {kind: running.fold().rounds["rolled"].record(kind) for kind in (Kind.CUT, Kind.BATCH, Kind.RELEASE)}

        # While everything runs, the folder is replaced by what it was right after closing.
        (running.root / "log").rename(tmp_path / "gone")
        copy.rename(running.root / "log")

        wait_until(lambda: running.fold().rounds["rolled"].phase is State.RELEASED)
        again = {kind: running.fold().rounds["rolled"].record(kind) for kind in first}
        assert again == first
        for kind in first:
            assert running.record_count("rolled", kind) == 1
        wait_until(lambda: 'reason="lost-record"' in running.metrics("gate"))
        wait_until(lambda: 'reason="lost-record"' in running.metrics("aggregate"))
