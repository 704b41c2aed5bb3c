"""Whole requests for a WSGI application: no thread waits for somebody's slow line.

A thread that reads a body as it arrives is held by whoever sends one byte a minute, and a handful of such senders would
stop a service. Here a body is taken in by the event loop, within a limit and a time, and only then handed to a view: in
a thread, or, if no view ever waits, at once.

Nor does a thread wait for what others do: a view that returns `when_done(...)` gives it back.
"""

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from shared.later import running_loop
from shared.problem import Problem, broken, document

BODY = 1024 * 1024
"""Bytes. Nothing that employees send comes near it: a request for tokens has some ten kilobytes, as an envelope has."""

PATIENCE = 20.0
"""Seconds for the whole of a body; a phone on a bad line sends ten kilobytes in less."""

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers with names in lower case, body."""

LATE = "klankbord.late"
"""In the environment of a request: what a view calls with the future of its answer."""


@dataclass(frozen=True)
class Limit:
    """How large a body may be for whoever may send one: memory is not for strangers."""

    size: int
    """Bytes."""
    allows: Callable[[str], bool]
    """Whether the request's Authorization header (empty if there is none) is that of somebody who may."""


class WholeRequests:
    """An ASGI application around a WSGI one.

    `pool`: where views run; None: in the event loop, for an application whose views never wait for anything.
    `limits`: other largest bodies, by path.
    """

    def __init__(self, application: Wsgi, pool: Executor | None, limits: Mapping[str, Limit]) -> None:
        self._application = application
        self._pool = pool
        self._limits = limits

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # There is nothing to do when the server starts and ends, and no other protocol is served.
        try:
            environ = _environ(scope, await asyncio.wait_for(_body(scope, receive, self._limit(scope)), PATIENCE))
        except (Problem, TimeoutError) as refused:
            problem = refused if isinstance(refused, Problem) else Problem(408, "too-slow", "The body did not arrive.")
            await _send(send, *_plain(document(problem)))
            return
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Answer] = loop.create_future()

        def tell(given: _Answer) -> None:
            if running_loop() is loop:
                _settle(answer, given)
            else:
                loop.call_soon_threadsafe(_settle, answer, given)

        if self._pool is None:
            self._run(environ, tell)
        else:
            self._pool.submit(self._run, environ, tell)
        del environ  # The body need not stay while somebody works on the answer.
        await _send(send, *await answer)

    def _limit(self, scope: Mapping[str, Any]) -> int:
        limit = self._limits.get(scope["path"])
        if limit is None:
            return BODY
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        return limit.size if limit.allows(authorization) else BODY

    def _run(self, environ: dict[str, Any], tell: Callable[[_Answer], None]) -> None:
        """Tell an answer, whatever happens, now or when the view's work is done."""
        late: list[Future[Response]] = []
        environ[LATE] = late.append
        try:
            first = _plain(Response.from_app(self._application, environ, buffered=True))
            if late:
                late[0].add_done_callback(lambda done: tell(_completed(first, done)))
                return
        except BaseException as error:
            first = _plain(broken(error))
        tell(first)


def _plain(response: Response) -> _Answer:
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    return response.status_code, pairs, response.get_data()


def _completed(first: _Answer, late: Future[Response]) -> _Answer:
    """The late response with the headers that the application gave to the first."""
    try:
        status, headers, body = _plain(late.result())
    except BaseException as error:
        status, headers, body = _plain(broken(error))
    kept = [(name, value) for name, value in first[1] if name not in (b"content-type", b"content-length")]
    names = {name for name, _ in kept}
    return status, [*((name, value) for name, value in headers if name not in names), *kept], body


def _settle(answer: asyncio.Future[_Answer], given: _Answer) -> None:
    if not answer.done():  # Else nobody waits any more.
        answer.set_result(given)


async def _body(scope: Mapping[str, Any], receive: Receive, limit: int) -> bytes:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if length.isdigit() and int(length) > limit:
        raise Problem(413, "too-large", f"A body has at most {limit} bytes.")
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Most have gone and hear nothing. Who sent a chunk that is none would else be told of a fault of ours.
            raise Problem(400, "malformed", "The body broke off.")
        body += message.get("body", b"")
        if len(body) > limit:
            raise Problem(413, "too-large", f"A body has at most {limit} bytes.")
        if not message.get("more_body"):
            return bytes(body)


def _environ(scope: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """PEP 3333. The address of whoever asks is left out: nothing behind this may know it."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": "klankbord",
        "SERVER_PORT": "0",
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
        if key == "CONTENT_LENGTH":
            continue
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
