"""How a service answers HTTP: one granian process, its own port, no access log, TLS ended in the service itself."""

import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from flask import Flask, Response, request
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from shared import problem
from shared.asgi import LATE, Limit, WholeRequests
from shared.later import then
from shared.orphans import end_with_parent
from shared.settings import Address, Settings

Result = TypeVar("Result")


@dataclass(frozen=True)
class Web:
    """Where and how to listen."""

    listen: Address
    certificate: Path | None
    private_key: Path | None
    threads: int
    """In which views run; 0: in the event loop itself, if none of them ever waits or has much to do."""

    @classmethod
    def read(cls, settings: Settings, *, in_loop: bool = False) -> "Web":
        """KLANKBORD_LISTEN (host:port), _TLS_CERTIFICATE and _TLS_KEY (files; without them plain HTTP), _THREADS.

        `in_loop`: no threads, and no setting for them.
        """
        certificate, private_key = settings.optional_path("TLS_CERTIFICATE"), settings.optional_path("TLS_KEY")
        if (certificate is None) != (private_key is None):
            settings.refuse("TLS_KEY" if private_key is None else "TLS_CERTIFICATE", "is missing: TLS needs both")
        for name, path in (("TLS_CERTIFICATE", certificate), ("TLS_KEY", private_key)):
            if path is not None and not os.access(path, os.R_OK):
                settings.refuse(name, "cannot be read")
        return cls(
            listen=settings.address("LISTEN"),
            certificate=certificate,
            private_key=private_key,
            threads=0 if in_loop else settings.whole("THREADS", 2 * (os.cpu_count() or 1), least=1, most=256),
        )


def create_app(name: str) -> Flask:
    """A Flask application that keeps nothing about whoever asks, and answers errors with problem documents."""
    app = Flask(name, static_folder=None)
    problem.install(app)

    @app.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app


def when_done(work: Future[Result], respond: Callable[[Result], Response]) -> Response:
    """What a view returns whose answer somebody else is working on; `respond` is called in that one's thread.

    What the application does to every response is done at once, so it may not depend on the answer. Without
    `WholeRequests` (in a test client) the thread waits.
    """
    late = request.environ.get(LATE)
    if late is None or work.done():
        return respond(work.result())
    late(then(work, lambda done: respond(done.result())))
    return Response()


def serve(load: Callable[[], Flask], web: Web, limits: Mapping[str, Limit] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `load` is called once, in the process that answers.

    `limits`: the largest body by path, where it is not shared.asgi.BODY. Requests under way are finished
    first, for at most 4 s: a service ends within five.
    """
    host, port = web.listen
    Granian(
        target="application",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        workers=1,
        log_access=False,
        log_level=LogLevels.warning,
        ssl_cert=web.certificate,
        ssl_key=web.private_key,
        workers_kill_timeout=4,
        websockets=False,
    ).serve(target_loader=partial(_load, load, web.threads, limits or {}), wrap_loader=False)


def _load(
    load: Callable[[], Flask], threads: int, limits: Mapping[str, Limit], *_args: object, **_named: object
) -> WholeRequests:
    """What granian calls; a function with a name, because macOS and Python 3.14 pickle it for the new process."""
    end_with_parent()
    return WholeRequests(load(), ThreadPoolExecutor(threads, "request") if threads else None, limits)


def configure_logging() -> None:
    """One line per event on standard error: level, name, message. No arrival of a request is an event."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    for noisy in ("granian", "_granian", "httpx", "httpcore", "werkzeug", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
