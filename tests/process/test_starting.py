"""A service that cannot run says why, in one line for each thing that is wrong, and ends with exit code 2."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.trial.installation import Installation, Service, install
from tests.pages_made import built

Spoil = Callable[[Service, ExitStack], dict[str, str]]
"""Makes something wrong for a service, until the stack is closed; the variables to change."""


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    return install(tmp_path / "suite", page=built(tmp_path / "built"))


def ended(service: Service, changes: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("KLANKBORD_")}
    return subprocess.run(
        [sys.executable, "-m", service.module, *arguments],
        env=environ | dict(service.environ) | changes,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def taken(name: str) -> Spoil:
    def spoil(service: Service, stack: ExitStack) -> dict[str, str]:
        host, _, port = service.environ[name].partition(":")
        stack.enter_context(socket.create_server((host, int(port))))
        return {}

    return spoil


def wrong(name: str, value: str) -> Spoil:
    return lambda _service, _stack: {name: value}


def parties(content: bytes) -> Spoil:
    def spoil(service: Service, stack: ExitStack) -> dict[str, str]:
        path = service.home.with_name(f"{service.name}-broken.json")
        path.write_bytes(content)
        stack.callback(path.unlink)
        return {"KLANKBORD_PARTIES": str(path)}

    return spoil


def identity(mode: int) -> Spoil:
    def spoil(service: Service, stack: ExitStack) -> dict[str, str]:
        path = service.home / "identity.key"
        path.chmod(mode)
        stack.callback(path.chmod, 0o600)
        return {}

    return spoil


def in_the_way(name: str, content: bytes = b"") -> Spoil:
    """A file where the service has a folder, or its database."""

    def spoil(service: Service, stack: ExitStack) -> dict[str, str]:
        path = service.home / name
        path.write_bytes(content)
        stack.callback(path.unlink)
        return {}

    return spoil


def cases(name: str) -> Iterator[tuple[Spoil, str]]:
    """Whatever can be wrong for a service, and how the line begins that says so."""
    yield taken("KLANKBORD_METRICS"), "KLANKBORD_METRICS cannot be listened on: Address already in use"
    if name not in ("gate", "aggregate"):
        yield taken("KLANKBORD_LISTEN"), "KLANKBORD_LISTEN cannot be listened on: Address already in use"
    yield parties(b"{"), "KLANKBORD_PARTIES: not canonical JSON"
    if name == "page":
        yield wrong("KLANKBORD_PAGE", "/nowhere"), "KLANKBORD_PAGE has no built page: hashes.json: No such file"
        yield wrong("KLANKBORD_LOG", "sqlite:secret"), "KLANKBORD_LOG is unknown"
        return
    yield wrong("KLANKBORD_LOG", "kafka://secret@host"), "KLANKBORD_LOG: a log's address begins with sqlite:"
    if name != "report":
        yield identity(0o644), "KLANKBORD_HOME: identity.key can be read by others: chmod 600"
    if name not in ("report", "ingest"):
        yield in_the_way("journal"), "[Errno 17] File exists"
    if name == "issuer-1":
        yield in_the_way("issuer.db", b"no database" * 999), "KLANKBORD_DATABASE cannot be used: file is not a database"
        database = wrong("KLANKBORD_DATABASE", "sqlite:////nowhere/issuer.db")
        yield database, "KLANKBORD_DATABASE cannot be used: No such file or directory"


def test_what_keeps_a_service_from_running_is_one_line_each_and_exit_code_2(installed: Installation) -> None:
    def try_all(name: str) -> None:
        service = installed.services[name]
        for spoil, line in cases(name):
            with ExitStack() as stack:
                ran = ended(service, spoil(service, stack))
            assert (ran.returncode, ran.stdout) == (2, ""), (name, line, ran)
            assert ran.stderr.startswith(line) and ran.stderr.count("\n") == 1, (name, line, ran.stderr)
            assert "secret" not in ran.stderr
        ran = ended(service, {}, "now")
        assert ran.returncode == 2 and ran.stderr.count("\n") == 1, (name, ran)

    with ThreadPoolExecutor(len(installed.services)) as at_once:
        list(at_once.map(try_all, installed.services))
