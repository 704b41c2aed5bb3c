"""How the client speaks HTTP: nothing ties two requests together, and no answer can surprise it."""

import json
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from clients.cli.connection import LARGEST, Web, open_connection
from clients.cli.outcomes import Refusal, Trouble, Unavailable
from deploy.compose.authority import Authority
from shared import problem

ADDRESS = "https://service.example"


def web(answer: Callable[[httpx.Request], httpx.Response], plain: bool = False) -> tuple[Web, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    return Web(lambda _address: httpx.MockTransport(handle), plain), asked


def trouble(answer: Callable[[httpx.Request], httpx.Response]) -> Unavailable:
    with pytest.raises(Unavailable) as raised:
        web(answer)[0].get("report", ADDRESS, "/x")
    return raised.value


def test_every_request_looks_like_every_other_and_carries_no_cookie() -> None:
    to, asked = web(lambda _: httpx.Response(200, json={}, headers={"Set-Cookie": "who=you"}))
    to.get("ingest", ADDRESS, "/rounds")
    to.get("ingest", ADDRESS, "/rounds")
    for request in asked:
        assert dict(request.headers) == {
            "host": "service.example",
            "user-agent": "klankbord",
            "accept": "application/json",
            "accept-encoding": "identity",
            "connection": "close",
        }


def test_every_request_has_a_connection_of_its_own() -> None:
    opened: list[httpx.BaseTransport] = []
    closed: list[httpx.BaseTransport] = []

    class Connection(httpx.MockTransport):
        def close(self) -> None:
            closed.append(self)

    def connect(_address: str) -> httpx.BaseTransport:
        opened.append(Connection(lambda _: httpx.Response(200, json={})))
        return opened[-1]

    to = Web(connect)
    for _ in range(3):
        to.post("ingest", ADDRESS, "/envelopes", {})
    assert len(set(map(id, opened))) == 3
    assert closed == opened


@contextmanager
def listening(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that would keep each connection open; its address, and what came in on each connection until its end."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                read = b""
                with connection, suppress(ConnectionError):
                    read = connection.recv(65_536)
                    connection.sendall(answer)
                    while more := connection.recv(65_536):
                        read += more
                heard.append(read)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_over_real_sockets_each_request_comes_on_a_connection_that_is_closed_after_it() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nSet-Cookie: a=b\r\n\r\n{}"
    with listening(answer) as (address, heard):
        for _ in range(3):
            assert Web(open_connection).post("ingest", address, "/envelopes", {"v": 1}) == {}
    assert len(heard) == 3
    assert len(set(heard)) == 1
    assert heard[0].endswith(b'\r\n\r\n{"v":1}')
    assert b"python" not in heard[0].lower()
    assert b"cookie" not in heard[0].lower()


def test_a_proxy_of_the_environment_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (address, heard):
        assert Web(open_connection).get("ingest", address, "/rounds") == {}
    assert len(heard) == 1


def test_a_server_without_tls_is_no_https_service() -> None:
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with listening(plain) as (address, heard), pytest.raises(Unavailable) as raised:
        Web(open_connection).get("hr", address.replace("http:", "https:"), "/rounds", "KA-SECRET")
    assert raised.value.trouble is Trouble.NETWORK
    assert len(heard) == 1
    assert b"SECRET" not in heard[0]


def test_an_address_with_a_slash_at_its_end_is_the_same_address() -> None:
    to, asked = web(lambda _: httpx.Response(200, json={}))
    to.get("hr", ADDRESS + "/desk/", "/rounds")
    assert str(asked[0].url) == f"{ADDRESS}/desk/rounds"


def test_a_code_travels_in_a_header_only() -> None:
    to, asked = web(lambda _: httpx.Response(200, json={}))
    to.post("hr", ADDRESS, "/rounds/spring/tokens", {"a": 1}, "KA-SECRET")
    assert asked[0].headers["Authorization"] == "Bearer KA-SECRET"
    assert "SECRET" not in str(asked[0].url)
    assert json.loads(asked[0].content) == {"a": 1}


def test_a_redirect_is_not_followed() -> None:
    to, asked = web(lambda _: httpx.Response(307, headers={"Location": "https://elsewhere.example/"}))
    with pytest.raises(Unavailable) as raised:
        to.get("hr", ADDRESS, "/rounds", "KA-SECRET")
    assert raised.value.trouble is Trouble.NONSENSE
    assert len(asked) == 1


def test_a_problem_document_is_a_refusal_with_its_word() -> None:
    body = {"type": problem.TYPE + "bad-roster", "title": "", "status": 400, "detail": "No.", "problems": [1]}
    to, _ = web(lambda _: httpx.Response(400, json=body))
    with pytest.raises(Refusal) as raised:
        to.get("hr", ADDRESS, "/x")
    refusal = raised.value
    assert (refusal.service, refusal.status, refusal.word, refusal.detail) == ("hr", 400, "bad-roster", "No.")
    assert refusal.more == {"problems": [1]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(200, text="<html>"), Trouble.NONSENSE),
        (httpx.Response(200, json=[1]), Trouble.NONSENSE),
        (httpx.Response(200, content=b"[" * 100_000), Trouble.NONSENSE),
        (httpx.Response(200, content=b"\xff"), Trouble.NONSENSE),
        (httpx.Response(404, text="nothing here"), Trouble.NONSENSE),
        (httpx.Response(404, json={"type": "about:blank"}), Trouble.NONSENSE),
        (httpx.Response(404, json={"type": problem.TYPE + "Not A Word"}), Trouble.NONSENSE),
        (httpx.Response(500, text="oops"), Trouble.BROKEN),
        (httpx.Response(502, text="gateway"), Trouble.BROKEN),
        (httpx.Response(503, text="later"), Trouble.BUSY),
    ],
)
def test_whatever_else_comes_back_is_a_clear_error(answer: httpx.Response, expected: Trouble) -> None:
    assert trouble(lambda _: answer).trouble is expected


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("soon", None), ("-1", None), ("", None)])
def test_a_busy_service_may_say_when_to_come_back(value: str, seconds: float | None) -> None:
    assert trouble(lambda _: httpx.Response(503, headers={"Retry-After": value})).retry_after == seconds


def test_an_answer_without_end_is_cut_off() -> None:
    class Endless(httpx.SyncByteStream):
        read = 0

        def __iter__(self) -> Iterator[bytes]:
            while True:
                self.read += 1024 * 1024
                yield bytes(1024 * 1024)

    endless = Endless()
    assert trouble(lambda _: httpx.Response(200, stream=endless)).trouble is Trouble.NONSENSE
    assert endless.read <= LARGEST + 1024 * 1024


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_a_broken_network_is_told_without_the_code_that_was_sent(error: type[httpx.TransportError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("no", request=request)

    code = "-".join(["KA", "SECRET"])  # A traceback quotes this line, which does not hold the code.
    to, _ = web(fail)
    with pytest.raises(Unavailable) as raised:
        to.get("hr", ADDRESS, "/x", code)
    assert raised.value.trouble is Trouble.NETWORK
    assert code not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("address", "plain", "sent"),
    [
        ("http://issuer.example", False, False),
        ("http://issuer.example", True, True),
        ("http://127.0.0.1:8001", False, True),
        ("http://localhost:8001", False, True),
        ("http://[::1]:8001", False, True),
        ("ftp://issuer.example", False, False),
        ("", False, False),
        ("https://issuer.example", False, True),
    ],
)
def test_nothing_is_sent_in_the_clear_but_on_this_machine_or_in_a_trial(address: str, plain: bool, sent: bool) -> None:
    to, asked = web(lambda _: httpx.Response(200, json={}), plain)
    try:
        to.get("hr", address, "/x", "KA-SECRET")
    except Unavailable as unavailable:
        assert unavailable.trouble is Trouble.PLAIN_HTTP
    assert bool(asked) is sent


def test_a_certificate_that_this_machine_does_not_trust_is_told_apart_from_a_network_that_fails(tmp_path: Path) -> None:
    (tmp_path / "both.pem").write_bytes(Authority.make("Nobody", time.time()).issue(["127.0.0.1"], time.time()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "both.pem")
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def shake_hands() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                asked.append(secured.recv(1))

        answering = threading.Thread(target=shake_hands)
        answering.start()
        with pytest.raises(Unavailable) as raised:
            Web(open_connection).get("report", f"https://127.0.0.1:{server.getsockname()[1]}", "/x", "a code")
        answering.join()
    assert raised.value.trouble is Trouble.CERTIFICATE
    assert asked in ([], [b""]), "nothing was sent"
