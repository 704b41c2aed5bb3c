"""Requests reach the application whole, or not at all."""

import asyncio
from collections.abc import MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Timer
from typing import Any

import pytest
from flask import Flask, Response, request

from shared import asgi
from shared.asgi import Limit, WholeRequests
from shared.serve import create_app, when_done

LARGE = Limit(2_000_000, "Bearer key".__eq__)


def echo() -> Flask:
    app = create_app("echo")

    @app.post("/echo/<word>")
    def back(word: str) -> dict[str, Any]:
        asked = request.get_data()
        return {"word": word, "body": asked.decode(), "query": request.args.get("q"), "from": request.remote_addr}

    @app.post("/later/<word>")
    def later(word: str) -> Response:
        work: Future[str] = Future()
        Timer(0.02, lambda: work.set_result(word) if word != "broken" else work.set_exception(KeyError(word))).start()
        return when_done(work, lambda done: Response(done, 202 if word != "teapot" else 418))

    def odd(_done: str) -> Response:
        return Response("", 200, {"X-Odd": "\u20ac"})

    def ending(_done: str) -> Response:
        raise SystemExit

    @app.post("/<kind>/at-once")
    def at_once(kind: str) -> Response:
        return {"odd": odd, "ending": ending}[kind]("")

    @app.post("/<kind>/late")
    def late(kind: str) -> Response:
        work: Future[str] = Future()
        Timer(0.02, lambda: work.set_result("")).start()
        return when_done(work, {"odd": odd, "ending": ending}[kind])

    return app


def ask(
    *messages: MutableMapping[str, Any],
    path: str = "/echo/x",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    in_pool: bool = True,
) -> list[MutableMapping[str, Any]]:
    """What the application sends for a request that arrives in these messages, and then no further."""
    sent: list[MutableMapping[str, Any]] = []

    async def talk() -> None:
        left = list(messages)

        async def receive() -> MutableMapping[str, Any]:
            if not left:
                await asyncio.Event().wait()
            return left.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"q=%C3%AB",
            "http_version": "1.1",
            "headers": list(headers),
            "client": ("192.0.2.7", 5),
        }
        with ThreadPoolExecutor(1) as pool:
            application = WholeRequests(echo(), pool if in_pool else None, {"/echo/large": LARGE})
            await application(scope, receive, send)

    asyncio.run(talk())
    return sent


def part(body: bytes, *, more: bool = False) -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_pieces_arrives_as_one_and_nobody_learns_where_from() -> None:
    start, body = ask(part(b"one ", more=True), part("zoë".encode()), path="/echo/mañana")
    assert start["status"] == 200
    assert b'"body":"one zo\\u00eb"' in body["body"].replace(b": ", b":")
    assert b"192.0.2.7" not in body["body"]
    assert b'"word":"ma\\u00f1ana"' in body["body"].replace(b": ", b":")
    assert b'"query":"\\u00eb"' in body["body"].replace(b": ", b":")


def test_a_body_that_does_not_arrive_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "PATIENCE", 0.05)
    start, body = ask(part(b"{", more=True))
    assert start["status"] == 408
    assert b"urn:klankbord:problem:too-slow" in body["body"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(announced: bool) -> None:
    headers = ((b"content-length", b"1048577"),) if announced else ()
    start, body = ask(*([] if announced else [part(b"x" * 600_000, more=True)] * 2), headers=headers)
    assert start["status"] == 413
    assert b"urn:klankbord:problem:too-large" in body["body"]


@pytest.mark.parametrize(("sent", "status"), [("Bearer key", 200), ("Bearer other", 413), (None, 413)])
def test_a_path_may_have_a_limit_of_its_own_for_those_who_may_send_that_much(sent: str | None, status: int) -> None:
    headers = ((b"authorization", sent.encode()),) if sent else ()
    start, _ = ask(part(b"x" * 1_500_000), path="/echo/large", headers=headers)
    assert start["status"] == status


def test_a_body_that_breaks_off_is_no_fault_of_ours() -> None:
    """The server says so of somebody who has gone, and of somebody who is there and has sent a broken chunk."""
    start, body = ask(part(b"{", more=True), {"type": "http.disconnect"})
    assert start["status"] == 400
    assert b"urn:klankbord:problem:malformed" in body["body"]


@pytest.mark.parametrize("in_pool", [True, False])
@pytest.mark.parametrize(("word", "status"), [("soon", 202), ("teapot", 418)])
def test_a_late_answer_is_sent_as_it_is_with_the_headers_of_every_other(word: str, status: int, in_pool: bool) -> None:
    start, body = ask(part(b""), path=f"/later/{word}", in_pool=in_pool)
    assert (start["status"], body["body"]) == (status, word.encode())
    at_once, _ = ask(part(b""), in_pool=in_pool)
    names = [name for name, _ in start["headers"]]
    assert sorted(names) == sorted(name for name, _ in at_once["headers"])
    assert (b"cache-control", b"no-store") in start["headers"]
    assert (b"content-length", str(len(word)).encode()) in start["headers"]


@pytest.mark.parametrize("in_pool", [True, False])
def test_an_answer_that_breaks_while_somebody_waits_is_500_and_tells_nothing(in_pool: bool) -> None:
    start, body = ask(part(b""), path="/later/broken", in_pool=in_pool)
    assert start["status"] == 500
    assert b"urn:klankbord:problem:broken" in body["body"]
    assert b"KeyError" not in body["body"]


@pytest.mark.parametrize("in_pool", [True, False])
@pytest.mark.parametrize("path", ["/odd/at-once", "/odd/late", "/ending/at-once", "/ending/late"])
def test_whatever_happens_nobody_is_left_waiting(path: str, in_pool: bool) -> None:
    """A header that cannot be sent, and what only ends processes."""
    start, _ = ask(part(b""), path=path, in_pool=in_pool)
    assert start["status"] == 500


def test_a_thread_waits_where_nobody_else_can() -> None:
    assert echo().test_client().post("/later/soon").status_code == 202
