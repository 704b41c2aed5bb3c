"""The process itself: `python -m services.report` is started, asked and ended."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared import topics
from shared.log.sqlite import SqliteLog
from tests.services.report.rounds_shown import released


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """A right one, with changes; an empty value takes the variable away."""
    parties = folder / "parties.json"
    parties.write_bytes(released().installation.file)
    settings = {
        "LOG": f"sqlite:{folder / 'log'}",
        "PARTIES": str(parties),
        "LISTEN": f"127.0.0.1:{free_port()}",
        "METRICS": f"127.0.0.1:{free_port()}",
        "POLL": "0.05",
        "THREADS": "2",
    } | changes
    return {"PATH": os.environ["PATH"]} | {f"KLANKBORD_{name}": value for name, value in settings.items() if value}


def run(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.report"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)


def get(address: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://{address}", timeout=2) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


@contextmanager
def running(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The process, once it is ready."""
    command = [sys.executable, "-m", "services.report"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 20
        while get(f"{environ['KLANKBORD_METRICS']}/ready") is None or get(environ["KLANKBORD_LISTEN"]) is None:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
        yield process
    finally:
        process.kill()
        process.communicate()


def test_it_shows_what_is_in_the_log_and_ends_cleanly(tmp_path: Path) -> None:
    made = released()
    log = SqliteLog(tmp_path / "log")
    for topic in (topics.ROUNDS, *(of(made.id) for of in (topics.nodes, topics.releases, topics.words))):
        log.create(topic)
        log.append(topic, *(entry.value for entry in made.log.read(topic)))
    log.close()
    environ = environment(tmp_path)
    with running(environ) as process:
        assert "Velda" in (get(f"{environ['KLANKBORD_LISTEN']}/results/spring") or "")
        metrics = get(f"{environ['KLANKBORD_METRICS']}/metrics") or ""
        assert 'klankbord_report_rounds{state="released"} 1.0' in metrics
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    ended = run(environment(tmp_path, LOG="", LISTEN="nowhere", POLL="x", COLOUR="red"))
    assert ended.returncode == 2
    assert [line.split()[0] for line in ended.stderr.splitlines()] == [
        f"KLANKBORD_{name}" for name in ("LOG", "LISTEN", "POLL", "COLOUR")
    ]


def test_a_key_file_that_others_can_read_is_found_at_start(tmp_path: Path) -> None:
    key = tmp_path / "read.key"
    key.write_text("a key that is long enough")
    key.chmod(0o644)
    ended = run(environment(tmp_path, READ_KEY_FILE=str(key)))
    assert ended.returncode == 2
    assert "READ_KEY_FILE: read.key can be read by others" in ended.stderr
    assert "long enough" not in ended.stderr
