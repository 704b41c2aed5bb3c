"""Broken and hostile requests for any service, with words by which they would be recognised."""

import socket
from collections.abc import Mapping
from contextlib import suppress

MARK = b"een-aanvaller-was-hier"

_PATIENCE = 0.4
"""Seconds to wait for an answer: some of these get none."""


def _request(method: bytes, path: bytes, body: bytes = b"", *headers: bytes) -> bytes:
    head = [b"%s %s HTTP/1.1" % (method, path), b"Host: ingest", b"Connection: close", *headers]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", body])


def _envelopes(body: bytes, *headers: bytes) -> bytes:
    return _request(b"POST", b"/envelopes", body, *headers)


ATTACKS: Mapping[str, bytes] = {
    "no HTTP": MARK + b"\x00\xff\r\n\r\n",
    "TLS where there is none": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + MARK * 9,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + MARK,
    "no JSON": _envelopes(b'{"' + MARK),
    "an unknown member": _envelopes(b'{"' + MARK + b'":1}'),
    "other types": _envelopes(
        b'{"v":"%s","round":{"%s":[1]},"part":"x","a":1,"tokens":"%s","outer":null}' % ((MARK,) * 3)
    ),
    "an unknown round": _envelopes(b'{"v":1,"round":"%s","part":0,"a":"","tokens":[],"outer":""}' % MARK),
    "a lone surrogate": _envelopes(b'{"round":"\\ud800' + MARK + b'"}'),
    "deep nesting": _envelopes(b"[" * 5000 + MARK),
    "a huge number": _envelopes(b'{"part":' + b"9" * 5000 + b',"a":"' + MARK + b'"}'),
    "too much": _envelopes(b"[" + MARK * 60_000),
    "more than anybody reads": _envelopes(b"[" + MARK * 300_000),
    "half a body": b"POST /envelopes HTTP/1.1\r\nHost: ingest\r\nContent-Length: 1000\r\n\r\n{" + MARK,
    "a length that is none": b"POST /envelopes HTTP/1.1\r\nHost: ingest\r\nContent-Length: " + MARK + b"\r\n\r\n",
    "two lengths": _envelopes(b"{}", b"Transfer-Encoding: chunked", b"X: " + MARK),
    "broken chunks": b"POST /envelopes HTTP/1.1\r\nHost: ingest\r\nTransfer-Encoding: chunked\r\n\r\nZZ"
    + MARK
    + b"\r\n",
    "another path": _request(b"GET", b"/" + MARK + b"%00%ff/../..;?" + MARK + b"=%zz"),
    "another round's path": _request(b"GET", b"/rounds/" + MARK),
    "another method": _request(MARK, b"/envelopes"),
    "strange headers": _envelopes(b"{}", b"X-" + MARK + b": \xff\xfe", b"Cookie: session=" + MARK, b"Referer: " + MARK),
    "who it was": _envelopes(b"{}", b"X-Forwarded-For: " + MARK, b"Forwarded: for=" + MARK, b"From: " + MARK),
    "a web socket": _request(b"GET", b"/rounds", b"", b"Upgrade: websocket", b"Sec-WebSocket-Key: " + MARK),
    "a wrong code": _request(b"GET", b"/rounds/sporen/membership", b"", b"Authorization: Bearer " + MARK),
    "a code in another form": _request(b"POST", b"/rounds/sporen/tokens", b"{}", b"Authorization: Basic " + MARK),
    "a wrong code for tokens": _request(b"POST", b"/rounds/sporen/tokens", MARK, b"Authorization: Bearer " + MARK),
    "a wrong admin key": _request(b"PUT", b"/admin/roster", MARK * 99, b"Authorization: Bearer " + MARK),
    "a password for the results": _request(b"GET", b"/sign-in?lang=" + MARK, b"", b"Authorization: Basic " + MARK),
    "another language": _request(b"GET", b"/?lang=" + MARK, b"", b"Accept-Language: " + MARK),
    "another origin": _request(b"OPTIONS", b"/envelopes", b"", b"Origin: https://" + MARK),
}


def attack(host: str, port: int, source: str | None) -> dict[str, bytes]:
    """Send all of them, each over a connection of its own from `source`, and get what was answered."""
    return {name: _send(host, port, source, data) for name, data in ATTACKS.items()}


def _send(host: str, port: int, source: str | None, data: bytes) -> bytes:
    answer = b""
    address = None if source is None else (source, 0)
    # Whoever has heard enough may hang up, and whoever waits for the rest of it waits in vain.
    with (
        socket.create_connection((host, port), timeout=_PATIENCE, source_address=address) as connection,
        suppress(OSError),
    ):
        connection.sendall(data)
        while some := connection.recv(65536):
            answer += some
    return answer
