"""Getting the page as a browser would, over one connection, within a size and a time whoever answers."""

import queue
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from clients.cli import as_a_browser
from clients.cli.connection import TIMEOUT
from clients.cli.outcomes import Trouble, Unavailable

LARGEST = 4 * 1024 * 1024
"""Bytes of an answer; the largest file of the page has some hundred thousand."""

PATIENCE = 30.0
"""Seconds for a whole answer: a host that sends a byte now and then must not keep anybody for ever."""


@dataclass(frozen=True)
class Got:
    """An answer; headers with names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = field(repr=False)
    """Unpacked; None if it is too large."""


@dataclass(frozen=True)
class Browser:
    """Fetches from one origin, over the connections of `transport`."""

    origin: str
    language: str
    transport: httpx.BaseTransport
    patience: float = PATIENCE

    def get(self, path: str) -> Got:
        """The answer for a path that begins with "/"; Unavailable if there is none, or none in time."""
        answers: queue.SimpleQueue[Got | None] = queue.SimpleQueue()
        # Nothing that httpx can set bounds the whole of an answer, its headers included; so somebody else waits for it.
        threading.Thread(target=_tell, args=(answers.put, self, path), name="page", daemon=True).start()
        try:
            got = answers.get(timeout=self.patience)
        except queue.Empty:
            got = None
        host = self.origin.partition("://")[2]
        if got is None:
            raise Unavailable(host, Trouble.NETWORK)
        if got.status >= 500:
            raise Unavailable(host, Trouble.BUSY if got.status == 503 else Trouble.BROKEN)
        return got


def _tell(put: Callable[[Got | None], None], browser: Browser, path: str) -> None:
    """None for whatever goes wrong on the way: nobody else hears of an error in this thread."""
    got = None
    with suppress(Exception):
        got = _fetch(browser, path)
    put(got)


def _fetch(browser: Browser, path: str) -> Got:
    headers = as_a_browser.headers(browser.origin, path, browser.language)
    extensions = {"timeout": TIMEOUT.as_dict()}
    request = httpx.Request("GET", browser.origin + path, headers=headers, extensions=extensions)
    response = browser.transport.handle_request(request)
    body = bytearray()
    try:
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > LARGEST:
                break
    finally:
        response.close()
    found = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw)
    return Got(response.status_code, found, _unpacked(bytes(body), dict(found).get("content-encoding", "")))


def _unpacked(body: bytes, encoding: str) -> bytes | None:
    """As it is if it is not gzip, whole and with nothing behind it: then it is not what was published."""
    if len(body) > LARGEST:
        return None
    if encoding.strip().lower() != "gzip":
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, LARGEST + 1)
    except zlib.error:
        return body
    if len(plain) > LARGEST:
        return None
    return plain if unpacker.eof and not unpacker.unused_data else body
