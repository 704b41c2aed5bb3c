import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
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
    writing: int = -1

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

    def get(self, path: str, tls: ssl.SSLContext | None = None) -> httpx.Response:
        with httpx.Client(verify=tls or True, timeout=PATIENCE, trust_env=False) as client:
            scheme = "https" if tls else "http"
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
        with suppress(httpx.HTTPError):
            answers.append(service.get(path))

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, answers


def is_reading(service: Service) -> bool:
    """Whether /slow has begun: its FIFO can be opened for writing without waiting only while somebody reads."""
    try:
        service.writing = os.open(service.fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    return True


def test_sigterm_lets_a_request_that_is_under_way_finish_and_ends_in_time(services: Callable[..., Service]) -> None:
    service = services()
    eventually(service.answers)
    thread, answers = asking(service, "/slow")
    eventually(lambda: is_reading(service))
    service.process.send_signal(signal.SIGTERM)
    eventually(service.closed)
    began = time.monotonic()
    os.write(service.writing, b"finished")
    os.close(service.writing)
    thread.join()
    assert [answer.text for answer in answers] == ["finished"]
    assert service.process.wait(PATIENCE) == 0
    assert time.monotonic() - began < ENDING


def test_a_request_that_never_ends_does_not_keep_a_service_from_ending(services: Callable[..., Service]) -> None:
    service = services()
    eventually(service.answers)
    thread, answers = asking(service, "/slow")
    eventually(lambda: is_reading(service))
    code, seconds = service.end()
    assert (code, seconds < ENDING) == (0, True)
    os.close(service.writing)
    thread.join()
    assert answers == []


def test_an_idle_service_ends_at_once_also_when_it_is_interrupted(services: Callable[..., Service]) -> None:
    service = services()
    eventually(service.answers)
    service.get("/fast")
    code, seconds = service.end(signal.SIGINT)
    assert (code, seconds < ENDING) == (0, True)


def test_nobody_writes_down_who_asked_what(services: Callable[..., Service]) -> None:
    service = services()
    eventually(service.answers)
    for path in ("/fast", "/nowhere", "/fast?secret=7"):
        service.get(path)
    assert service.end()[0] == 0
    said = service.said.read_text()
    assert not any(word in said for word in ("fast", "nowhere", "secret", "somebody", "GET", "127.0.0.1"))


def test_a_service_whose_application_cannot_be_built_ends_and_says_so(services: Callable[..., Service]) -> None:
    service = services("broken")
    assert service.process.wait(PATIENCE) != 0
    assert "it cannot be built" in service.said.read_text()


def test_a_worker_does_not_outlive_a_parent_that_is_killed(services: Callable[..., Service]) -> None:
    """It would keep port, journal lock and database for itself, and nobody would restart it."""
    service = services()
    eventually(service.answers)
    assert service.get("/fast").json()["pid"] != str(service.process.pid)
    service.end(signal.SIGKILL)
    eventually(service.closed)


def test_a_signal_to_all_processes_of_a_service_ends_it_in_time_too(services: Callable[..., Service]) -> None:
    service = services()
    eventually(service.answers)
    service.get("/fast")
    began = time.monotonic()
    os.killpg(service.process.pid, signal.SIGTERM)
    service.process.wait(PATIENCE)
    assert time.monotonic() - began < ENDING
    eventually(service.closed)


# TLS.


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A self-made one for 127.0.0.1; the files of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tiny")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "tls.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "tls.key").write_bytes(private)
    return str(tmp_path / "tls.pem"), str(tmp_path / "tls.key")


def test_tls_ends_in_the_service_itself(services: Callable[..., Service], certificate: tuple[str, str]) -> None:
    service = services(KLANKBORD_TLS_CERTIFICATE=certificate[0], KLANKBORD_TLS_KEY=certificate[1])
    eventually(service.answers)
    tls = ssl.create_default_context(cafile=certificate[0])
    assert service.get("/fast", tls).json()["scheme"] == "https"
    with pytest.raises(httpx.HTTPError):
        service.get("/fast")
    with pytest.raises(httpx.ConnectError):
        service.get("/fast", ssl.create_default_context())
    assert service.end()[0] == 0


def problems(**values: str) -> list[str]:
    settings = Settings({"KLANKBORD_LISTEN": "127.0.0.1:0"} | values)
    Web.read(settings)
    with pytest.raises(BadSettings) as error:
        settings.done()
    return str(error.value).splitlines()


def test_half_of_what_tls_needs_is_a_wrong_configuration_and_not_plain_http(certificate: tuple[str, str]) -> None:
    assert problems(KLANKBORD_TLS_CERTIFICATE=certificate[0]) == ["KLANKBORD_TLS_KEY is missing: TLS needs both"]
    assert problems(KLANKBORD_TLS_KEY=certificate[1]) == ["KLANKBORD_TLS_CERTIFICATE is missing: TLS needs both"]
    assert problems(KLANKBORD_TLS_CERTIFICATE="nowhere.pem", KLANKBORD_TLS_KEY=certificate[1]) == [
        "KLANKBORD_TLS_CERTIFICATE cannot be read"
    ]
