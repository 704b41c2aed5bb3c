"""Over real sockets: bodies without end, broken framing, noise. No fault of ours, and everybody else is served."""

import socket
from collections.abc import Iterator
from http.client import HTTPResponse

import httpx
import pytest

from deploy.trial.installation import Service
from tests.process.suite import Suite, suite

BIG = 10_000_000
"""Bytes."""

ENDPOINTS = {
    "issuer-1": (
        ("POST", "/rounds/x/tokens"),
        ("GET", "/rounds"),
        ("GET", "/rounds/x"),
        ("GET", "/rounds/x/membership"),
        ("POST", "/admin/plan"),
        ("POST", "/admin/codes"),
        ("POST", "/admin/rounds"),
        ("POST", "/admin/rounds/x/cancel"),
        ("GET", "/admin/rounds"),
    ),
    "ingest": (("POST", "/envelopes"), ("GET", "/rounds"), ("GET", "/rounds/x")),
    "report": (("GET", "/"), ("GET", "/rounds"), ("GET", "/rounds/x"), ("GET", "/rounds/x/counted"), ("POST", "/")),
}

NOISE = (
    b"\x16\x03\x01\x02\x00",  # A client that wants TLS.
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /envelopes HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    b"POST /envelopes HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET /rounds HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 2_000_000 + b"\r\n\r\n",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with suite(tmp_path_factory.mktemp("hostile") / "suite") as running:
        yield running


def address(service: Service) -> tuple[str, int]:
    host, _, port = service.listen.partition(":")
    return host, int(port)


def pieces() -> Iterator[bytes]:
    for _ in range(BIG // 100_000):
        yield bytes(100_000)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_ten_megabytes_are_refused_at_every_address(running: Suite, name: str) -> None:
    service = running.installation.services[name]
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        for method, path in ENDPOINTS[name]:
            for content in (bytes(BIG), pieces()):
                answer = client.request(method, path, content=content)
                assert answer.status_code == 413, (method, path, answer.text)
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert answer.json()["type"] == "urn:klankbord:problem:too-large"


def test_ten_megabytes_in_place_of_a_roster_are_read_for_hr_alone_and_are_no_roster(running: Suite) -> None:
    issuer = running.installation.services["issuer-1"]
    key = running.installation.admin_key_files["issuer-1"].read_text().strip()
    before = running.hr.plan([5], 75)
    for headers, word in (({}, "too-large"), ({"Authorization": f"Bearer {key}"}, "bad-roster")):
        answer = httpx.put(f"{issuer.url}/admin/roster", content=bytes(BIG), headers=headers, timeout=20)
        assert answer.json()["type"] == f"urn:klankbord:problem:{word}"
    assert running.hr.plan([5], 75) == before


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_broken_chunk_is_malformed(running: Suite, name: str) -> None:
    with socket.create_connection(address(running.installation.services[name]), timeout=10) as sender:
        sender.sendall(b"POST /envelopes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n")
        assert sender.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("name", ENDPOINTS)
def test_noise_is_answered_or_not_and_everybody_else_is_served(running: Suite, name: str) -> None:
    service = running.installation.services[name]
    for noise in NOISE:
        with socket.create_connection(address(service), timeout=10) as sender:
            try:
                sender.sendall(noise)
                answer = sender.recv(1000)
            except ConnectionError:
                continue  # Cut off in the middle of it.
            assert not answer.startswith(b"HTTP/1.1 5")
            assert b"<html" not in answer
    assert httpx.get(f"{service.url}/rounds", timeout=5).json() == {"rounds": []}
    said = service.said.read_text()
    assert "Traceback" not in said and "ERROR" not in said


@pytest.mark.parametrize(("method", "path", "body"), [("GET", "/rounds", b""), ("POST", "/envelopes", b"{}")])
@pytest.mark.parametrize(("headers", "kept"), [({"Origin": "https://anywhere.example"}, False), ({}, True)])
def test_a_browser_sends_no_two_parts_over_one_connection(
    running: Suite, method: str, path: str, body: bytes, headers: dict[str, str], kept: bool
) -> None:
    """It would, if it were up to it, and ingest could tell that they come from one person."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    message = "\r\n".join([*lines, "", ""]).encode() + body
    # Seconds; a connection on which nothing is said is closed anyway, after ten.
    with socket.create_connection(address(running.installation.services["ingest"]), timeout=5) as connection:
        connection.sendall(message)
        answered(connection)
        if kept:
            connection.sendall(message)
            answered(connection)
        else:
            assert connection.recv(1) == b""


def answered(connection: socket.socket) -> None:
    """Read one answer as a whole."""
    answer = HTTPResponse(connection)
    answer.begin()
    answer.read()
