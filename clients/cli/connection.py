"""HTTP as this client speaks it: a connection of its own for every request, no cookies, nothing that tells who asks.

Two envelopes on one connection would be known to come from one person; so would two requests with one unusual
header. Proxies of the environment are not used: one that stands before issuer and ingest would see both.
"""

import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from clients.cli.outcomes import Refusal, Trouble, Unavailable

Connect = Callable[[str], httpx.BaseTransport]
"""Opens a new connection to a service's address; tests and the trial hand in their own."""

HEADERS = {
    "User-Agent": "klankbord",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
"""The same for everybody; httpx would name its version and whichever compressions are installed."""

TIMEOUT = httpx.Timeout(30, connect=10)
"""Seconds. Ingest waits up to 20 s for the log before it gives up."""

LARGEST = 64 * 1024 * 1024
"""Bytes of an answer. The longest honest one lists 300,000 counted entries in 8 MB."""

_PROBLEM = re.compile(r"urn:klankbord:problem:([a-z0-9-]{1,60})")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Web:
    """Asks services. `plain` allows addresses without TLS other than on this machine, as in a trial's own network."""

    connect: Connect
    plain: bool = False

    def get(self, service: str, address: str, path: str, bearer: str | None = None) -> dict[str, Any]:
        """The JSON object at `path`; raises Refusal or Unavailable, which name `service`."""
        return self.ask("GET", service, address, path, bearer)

    def post(self, service: str, address: str, path: str, body: object, bearer: str | None = None) -> dict[str, Any]:
        """The answer to a JSON body."""
        return self.ask("POST", service, address, path, bearer, encode(body), "application/json")

    def ask(
        self,
        method: str,
        service: str,
        address: str,
        path: str,
        bearer: str | None = None,
        content: bytes | None = None,
        content_type: str = "",
    ) -> dict[str, Any]:
        """One request on a connection of its own. `bearer` travels in a header, never in an address."""
        refuse_plain(service, address, plain=self.plain)
        headers = dict(HEADERS)
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        if content is not None:
            headers["Content-Type"] = content_type
        try:
            with (
                httpx.Client(transport=self.connect(address), headers=headers, timeout=TIMEOUT, trust_env=False) as web,
                web.stream(method, address.rstrip("/") + path, content=content) as response,
            ):
                body = _read(service, response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The original error would carry the request, headers included, into whatever prints it.
            raise Unavailable(service, _trouble(error)) from None
        return _answer(service, response, body)


def refuse_plain(service: str, address: str, *, plain: bool) -> None:
    """Unavailable for an address without TLS that is not on this machine, unless `plain` allows it."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (plain or parts.hostname in LOOPBACK):
        raise Unavailable(service, Trouble.PLAIN_HTTP)


def encode(body: object) -> bytes:
    """JSON as this client posts it, without spaces."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def open_connection(address: str) -> httpx.BaseTransport:
    """A new connection that shares nothing with any other: no TLS session is resumed."""
    return httpx.HTTPTransport(verify=_trusted() if address.startswith("https:") else _unused(), http2=False)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts, the company's own among them; reading them takes 20 ms."""
    return ssl.create_default_context()


@cache
def _unused() -> ssl.SSLContext:
    """httpx wants a context even for plain HTTP; this one trusts nobody and costs nothing."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _trouble(error: BaseException | None) -> Trouble:
    """Whether it was the certificate, which the wrapped error alone tells."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return Trouble.CERTIFICATE
        error = error.__cause__ or error.__context__
    return Trouble.NETWORK


def _read(service: str, response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise Unavailable(service, Trouble.NONSENSE)
    return bytes(body)


def _answer(service: str, response: httpx.Response, body: bytes) -> dict[str, Any]:
    value = _json(body)
    if 200 <= response.status_code < 300 and value is not None:
        return value
    found = _PROBLEM.fullmatch(str(value.get("type"))) if value is not None else None
    if response.status_code == 503:
        raise Unavailable(service, Trouble.BUSY, _seconds(response.headers))
    if response.status_code >= 500:
        raise Unavailable(service, Trouble.BROKEN)
    if response.status_code < 400 or value is None or found is None:
        raise Unavailable(service, Trouble.NONSENSE)  # A redirect too: nobody is sent elsewhere with a code in hand.
    more = {key: member for key, member in value.items() if key not in ("type", "title", "status", "detail")}
    raise Refusal(service, response.status_code, found[1], str(value.get("detail", ""))[:500], more)


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Retry-After in its form of seconds (RFC 9110 section 10.2.3)."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
