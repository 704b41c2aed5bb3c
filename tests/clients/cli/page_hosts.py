"""A host of the employees' page on a real socket, honest or not, and the command that looks at it.

with hosting(folder) as host:                      serves what services.page serves
    host.changes["/"] = lambda answer: ...         from now on another answer
    host.verify()                                  what `klankbord verify-page` gives and says
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread

from flask.testing import FlaskClient

from clients.cli.__main__ import main
from clients.cli.connection import Connect, open_connection
from clients.cli.edge import Edge
from services.page import web
from tests.clients.cli.suite import Ran
from tests.pages_made import FILES, listing
from tests.rounds_made import installation


@dataclass(frozen=True)
class Answer:
    """What goes over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def without(self, name: str) -> "Answer":
        return replace(self, headers=tuple(one for one in self.headers if one[0].lower() != name.lower()))

    def adding(self, name: str, value: str) -> "Answer":
        return replace(self, headers=(*self.headers, (name, value)))

    def saying(self, body: bytes) -> "Answer":
        """Another body, as it is."""
        plain = self.without("Content-Encoding").without("Content-Length")
        return replace(plain, body=body).adding("Content-Length", str(len(body)))


Headers = list[tuple[str, str]]
Change = Callable[[Answer, Headers], Answer]
"""Of an answer, for a request with these headers."""


@dataclass
class Host:
    """Where it is, what it was asked, and how it cheats."""

    folder: Path
    origin: str
    changes: dict[str, Change] = field(default_factory=dict)
    """By path; "*" is for every answer."""
    asked: list[tuple[str, Headers]] = field(default_factory=list)
    """Path and headers of every request, in order."""
    connections: list[tuple[str, int]] = field(default_factory=list)
    connect: Connect = open_connection

    def verify(self, *argv: str, url: str = "", language: str = "en") -> Ran:
        """Run `klankbord verify-page` with the person's own parties.json and the published hashes."""
        out, err = io.StringIO(), io.StringIO()
        edge = Edge(
            environ={"KLANKBORD_PARTIES": str(self.folder / "parties.json")},
            stdin=io.StringIO(),
            stdout=out,
            stderr=err,
            secret=lambda _: "",
            connect=self.connect,
            now=lambda: 0.0,
            sleep=lambda _: None,
            random=Random(7),
        )
        words = ["verify-page", url or self.origin, "--hashes", str(self.folder / "hashes.json"), "--lang", language]
        return Ran(main([*words, *argv], edge), out.getvalue(), err.getvalue())


@contextmanager
def hosting(folder: Path) -> Iterator[Host]:
    """Listens until it is left; parties.json and hashes.json in the folder are those of the person who looks."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    origin = f"http://127.0.0.1:{server.server_port}"
    installed = installation(pages=[origin])
    files = {**FILES, "hashes.json": listing(FILES), "parties.json": installed.file}
    (folder / "parties.json").write_bytes(installed.file)
    (folder / "hashes.json").write_bytes(files["hashes.json"])
    host = Host(folder, origin)
    _Handler.served[server.server_port] = (host, web.create(files, installed.book, tls=False).test_client())
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: dict[int, tuple[Host, FlaskClient]] = {}  # noqa: RUF012 - by port
    protocol_version = "HTTP/1.1"
    timeout = 20
    wbufsize = -1  # Headers and body in one packet: else each answer waits for an acknowledgement.

    def do_GET(self) -> None:
        host, app = self.served[self.server.server_address[1]]  # type: ignore[index]
        sent = self.headers.items()
        host.asked.append((self.path, list(sent)))
        host.connections.append(self.client_address)
        got = app.get(self.path, headers=sent)
        answer = Answer(got.status_code, tuple(got.headers.items()), got.data)
        for name in ("*", self.path):
            if name in host.changes:
                answer = host.changes[name](answer, list(sent))
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(answer.body)
        except ConnectionError:
            self.close_connection = True  # Whoever asked has heard enough.

    def log_message(self, *_args: object) -> None:
        """Nothing."""
