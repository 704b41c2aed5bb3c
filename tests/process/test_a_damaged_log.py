"""A damaged file of the log: one line at each service, which goes on by itself when somebody has put it right."""

import shutil
from functools import partial
from pathlib import Path

import httpx

from deploy.trial.installation import Service
from tests.process.suite import suite, wait_until

DAMAGED, BACK = (
    "ERROR shared.loop not available, waiting: rounds: ",
    "WARNING shared.loop everything is available again",
)


def has_said(service: Service, line: str) -> bool:
    return line in service.said.read_text()


def test_a_damaged_log_is_told_once_and_put_right_while_everything_runs(tmp_path: Path) -> None:
    with suite(tmp_path / "suite") as running:
        services, log = running.installation.services, running.root / "log"
        running.open_round("summer", ahead=600, lasts=600)
        running.agreed("summer")
        shutil.copytree(log, tmp_path / "copy")
        log.rename(tmp_path / "gone")
        broken = shutil.copytree(tmp_path / "copy", tmp_path / "broken")
        for file in broken.glob("rounds.db*"):
            file.unlink()
        (broken / "rounds.db").write_bytes(b"This is no database. " * 1000)
        broken.rename(log)
        for service in services.values():
            wait_until(partial(has_said, service, DAMAGED))
        for name in ("issuer-1", "ingest"):
            # What was known stays known.
            assert httpx.get(f"{services[name].url}/rounds/summer", timeout=5).json()["state"] == "scheduled"

        log.rename(tmp_path / "broken")
        (tmp_path / "copy").rename(log)
        for service in services.values():
            wait_until(partial(has_said, service, BACK))
            said = service.said.read_text()
            assert said.count(DAMAGED) == 1
            assert "Traceback" not in said
