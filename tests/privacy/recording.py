"""Everything that goes over HTTP in a round, as the client sends it and as the services answer."""

import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import httpx

NETWORK = "127.83.71."
"""Employees' addresses begin so: on Linux the whole of 127/8 is this machine, so each can have one of her own."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; headers as they stand on the wire, in their order."""

    who: str
    """Whose client it was."""
    service: str
    method: str
    path: str
    sent_headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    sent: bytes = field(repr=False)
    status: int
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes = field(repr=False)
    port: int
    """The client's."""

    @property
    def request(self) -> bytes:
        return b"\n".join((f"{self.method} {self.path}".encode(), *map(_line, self.sent_headers), b"", self.sent))

    @property
    def response(self) -> bytes:
        return b"\n".join((str(self.status).encode(), *map(_line, self.headers), b"", self.body))


@dataclass
class Recorder:
    """`services`: names by "host:port"."""

    services: dict[str, str]
    exchanges: list[Exchange] = field(default_factory=list)
    _addresses: int = 0

    def connection_of(self, who: str) -> Callable[[str], httpx.BaseTransport]:
        """What opens connections for a client: real ones, from an address that nobody else has."""
        address = self.new_address()
        return lambda _url: _Connection(self, who, address)

    def new_address(self) -> str | None:
        """Somebody else's; None where all have the same."""
        self._addresses += 1
        return f"{NETWORK}{self._addresses}" if sys.platform == "linux" else None

    def made(self, path: str, service: str) -> list[Exchange]:
        """The exchanges with a service whose path ends like that."""
        return [one for one in self.exchanges if one.service == service and one.path.endswith(path)]


class _Connection(httpx.BaseTransport):
    def __init__(self, recorder: Recorder, who: str, address: str | None) -> None:
        self._recorder = recorder
        self._who = who
        self._to = httpx.HTTPTransport(local_address=address, verify=_unused(), http2=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = request.read()
        response = self._to.handle_request(request)
        port = response.extensions["network_stream"].get_extra_info("client_addr")[1]
        body = response.read()
        recorder, url = self._recorder, request.url
        recorder.exchanges.append(
            Exchange(
                who=self._who,
                service=recorder.services[f"{url.host}:{url.port}"],
                method=request.method,
                path=url.raw_path.decode(),
                sent_headers=tuple(request.headers.raw),
                sent=sent,
                status=response.status_code,
                headers=tuple(response.headers.raw),
                body=body,
                port=port,
            )
        )
        # The body is unpacked by now.
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=body)

    def close(self) -> None:
        self._to.close()


@cache
def _unused() -> ssl.SSLContext:
    """httpx makes an expensive one for each connection otherwise, also for plain HTTP."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _line(header: tuple[bytes, bytes]) -> bytes:
    return header[0] + b": " + header[1]
