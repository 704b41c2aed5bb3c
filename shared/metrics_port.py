"""The port on which ops looks at a service: /metrics for Prometheus, /ready for whoever starts and restarts it."""

import socket
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from shared.health import Word
from shared.settings import Address

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


_POLL = 0.1
"""Seconds within which `shutdown` is noticed; a service has five in all."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Without asking DNS what this host is called, which can take seconds at every start."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    timeout = 10.0
    """Seconds for a request to come: whoever opens connections and says nothing must not keep threads."""

    def log_message(self, *_args: object) -> None:
        """Nothing: who scrapes when is nobody's business."""


def start(address: Address, registry: CollectorRegistry, word: Callable[[], Word]) -> WSGIServer:
    """Serve from a daemon thread; `shutdown` and `server_close` of the result end it.

    /ready answers 200 when `word` is that it is ready, else 503 and the word.
    """
    metrics = make_wsgi_app(registry)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            page: Iterable[bytes] = metrics(environ, start_response)
            return page
        if environ["PATH_INFO"] == "/ready":
            said = word()
            fine = said is Word.READY
            start_response("200 OK" if fine else "503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"ready\n" if fine else f"not ready: {said}\n".encode()]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics or /ready\n"]

    server_class = _Server6 if ":" in address[0] else _Server
    server = make_server(address[0], address[1], application, server_class=server_class, handler_class=_Silent)
    Thread(target=server.serve_forever, args=(_POLL,), name="metrics", daemon=True).start()
    return server
