"""The port on which ops looks at a service: /metrics for Prometheus, /ready for whoever starts and restarts it."""

from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from shared.settings import Address

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Nothing: who scrapes when is nobody's business."""


def start(address: Address, registry: CollectorRegistry, ready: Callable[[], bool]) -> WSGIServer:
    """Serve from a daemon thread; `shutdown` and `server_close` of the result end it.

    /ready answers 200 when `ready` says so, else 503.
    """
    metrics = make_wsgi_app(registry)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            page: Iterable[bytes] = metrics(environ, start_response)
            return page
        if environ["PATH_INFO"] == "/ready":
            fine = ready()
            start_response("200 OK" if fine else "503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"ready\n" if fine else b"not ready\n"]
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics or /ready\n"]

    server = make_server(address[0], address[1], application, server_class=_Server, handler_class=_Silent)
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
