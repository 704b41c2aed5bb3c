"""SIGTERM ends every service within five seconds, with exit code 0, whatever it is doing."""

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.pages_made import built
from tests.process.suite import suite


def test_sigterm_ends_each_service_within_five_seconds_even_with_a_request_under_way(tmp_path: Path) -> None:
    with suite(tmp_path / "suite", page=built(tmp_path / "built")) as running, ExitStack() as slow:
        # Somebody has begun a request and does not go on with it.
        for asked in ("ingest", "page"):
            host, _, port = running.installation.services[asked].listen.partition(":")
            sender = slow.enter_context(socket.create_connection((host, int(port))))
            sender.sendall(b"POST /envelopes HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        for name, service in running.installation.services.items():
            began = time.monotonic()
            service.terminate()
            assert service.wait() == 0, name
            assert time.monotonic() - began < 5, name


def test_forty_slow_senders_keep_nobody_else_waiting(tmp_path: Path) -> None:
    with suite(tmp_path / "suite") as running:
        host, _, port = running.installation.services["ingest"].listen.partition(":")
        with ExitStack() as slow:
            for _ in range(40):
                sender = slow.enter_context(socket.create_connection((host, int(port))))
                sender.sendall(b"POST /envelopes HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            answer = httpx.get(f"{running.installation.services['ingest'].url}/rounds", timeout=5)
            assert answer.json() == {"rounds": []}


def test_a_service_that_is_configured_wrongly_says_everything_that_is_wrong_at_once() -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("KLANKBORD_")}
    for service in ("issuer", "ingest", "gate", "aggregate", "report", "page"):
        ended = subprocess.run(
            [sys.executable, "-m", f"services.{service}"],
            env=environ | {"KLANKBORD_LOGG": "sqlite:nowhere"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert ended.returncode == 2, service
        assert "KLANKBORD_PARTIES is missing" in ended.stderr
        assert ("KLANKBORD_LOG is missing" in ended.stderr) == (service != "page")
        assert "KLANKBORD_LOGG is unknown" in ended.stderr
        assert "Traceback" not in ended.stderr
