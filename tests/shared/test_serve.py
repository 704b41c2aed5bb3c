import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.serve import Web
from shared.settings import BadSettings, Settings

PATIENCE = 30.0
"""Seconds after which something that should happen at once is given up."""

ENDING = 5.0
"""Seconds within which every service ends."""

ROOT = Path(__file__).parent.parent.parent


def eventually(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@dataclass
class Service:
    """tests.tiny_service in a process of its own."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)
    argument: str = ""
    port: int = 0

    def start(self) -> "Service":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.fifo = self.folder / "fifo"
        os.mkfifo(self.fifo)
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.tiny_service", str(self.fifo), self.argument],
                env={"PATH": os.environ["PATH"], "KLANKBORD_LISTEN": f"127.0.0.1:{self.port}"} | self.more,
                cwd=ROOT,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return self

    @property
    def said(self) -> Path:
        return self.folder / "said"

    def get(self, path: str, scheme: str = "http", verify: "str | bool" = True) -> httpx.Response:
        with httpx.Client(verify=_context(verify), timeout=PATIENCE, trust_env=False) as client:
            return client.get(f"{scheme}://127.0.0.1:{self.port}{path}", headers={"User-Agent": "somebody"})

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            assert self.process.poll() is None, self.said.read_text()
            return False

    def closed(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) != 0

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """The exit code after a signal to the process alone, and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE), time.monotonic() - began


def _context(verify: "str | bool") -> "httpx._types.SSLContext | bool":  # type: ignore[name-defined]
    import ssl

    return ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    started: list[Service] = []

    def start(argument: str = "", **more: str) -> Service:
        started.append(Service(tmp_path, more, argument).start())
        return started[-1]

    yield start
    for service in started:
        if service.process.poll() is None:
            os.killpg(service.process.pid, signal.SIGKILL)
            service.process.wait()


def asking(service: Service, path: str) -> tuple[threading.Thread, list[httpx.Response]]:
    """A request under way."""
    answers: list[httpx.Response] = []

    def ask() -> None:
        try:
            answers.append(service.get(path))
        except httpx.HTTPError:
            pass

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, answers
