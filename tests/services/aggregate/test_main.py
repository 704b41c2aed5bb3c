"""The process itself: `python -m services.aggregate` is started, looked at and ended."""

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

import pytest

from shared.canonical import b64
from shared.journal import write_durably
from shared.secret_files import make_identity
from tests.rounds_made import installation


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def environment(home: Path, **changes: str) -> dict[str, str]:
    """A right one, with changes; an empty value takes the variable away."""
    parties = home.parent / "parties.json"
    parties.write_bytes(installation().file)
    settings = {
        "LOG": f"sqlite:{home.parent / 'log'}",
        "PARTIES": str(parties),
        "HOME": str(home),
        "METRICS": f"127.0.0.1:{free_port()}",
        "POLL": "0.05",
        "PROCESSES": "1",
    } | changes
    return {"PATH": os.environ["PATH"]} | {f"KLANKBORD_{name}": value for name, value in settings.items() if value}


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.aggregate", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)


@contextmanager
def running(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The process, once it is ready."""
    command = [sys.executable, "-m", "services.aggregate"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 20
        while get(environ, "ready") is None:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
        yield process
    finally:
        process.kill()
        process.communicate()


def get(environ: dict[str, str], path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://{environ['KLANKBORD_METRICS']}/{path}", timeout=2) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def keep_identity(home: Path, name: str = "aggregate") -> None:
    home.mkdir(mode=0o700)
    key = installation().identities[name]
    write_durably(home / "identity.key", b64(key.private_bytes_raw()).encode() + b"\n")


def test_it_says_when_it_is_ready_and_ends_cleanly(tmp_path: Path) -> None:
    keep_identity(tmp_path / "home")
    environ = environment(tmp_path / "home")
    with running(environ) as process:
        metrics = get(environ, "metrics") or ""
        assert "klankbord_aggregate_round_keys 0.0" in metrics
        second = run(environ | {"KLANKBORD_METRICS": f"127.0.0.1:{free_port()}"})
        assert second.returncode == 2
        assert "in use by another process" in second.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    keep_identity(tmp_path / "home")
    wrong = environment(tmp_path / "home", LOG="", POLL="-1", PROCESSES="0", COLOUR="red")
    ended = run(wrong)
    assert ended.returncode == 2
    assert [line.split()[0] for line in ended.stderr.splitlines()] == [
        f"KLANKBORD_{name}" for name in ("LOG", "POLL", "PROCESSES", "COLOUR")
    ]


@pytest.mark.parametrize("name", ["gate", "none"])
def test_a_missing_or_foreign_identity_is_found_at_start(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    if name == "none":
        home.mkdir()
    else:
        keep_identity(home, name)
    ended = run(environment(home))
    assert ended.returncode == 2
    assert "identity.key" in ended.stderr


def test_keygen_prints_the_public_key_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = run(environment(home), "keygen")
    assert made.returncode == 0
    assert len(made.stdout.strip()) == 43
    assert made.stdout.strip() not in (home / "identity.key").read_text()
    assert run(environment(home), "keygen").returncode == 2
    with pytest.raises(FileExistsError):
        make_identity(home / "identity.key")
