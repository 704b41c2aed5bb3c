"""How many envelopes one ingest process takes, and whether its memory stays flat.

Run from the root of the project: `python -m benchmarks ingest [--full]`. The aim is half the requests per second of the
same server and framework doing nothing but one RSA-2048 PSS verification. One issuer, a durable SQLite log, envelopes
of 2 kB (a path of two nodes); the load comes from the same machine, over 32 connections that stay open.

Tokens are real. What they admit is random bytes: ingest could not tell the difference. --full sends 100,000 envelopes
instead of 20,000.
"""

import argparse
import json
import os
import secrets
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import cast

from flask import Flask

from benchmarks.processes import children, resident, spent
from shared import blind_rsa, dates, keygen, topics
from shared.canonical import b64
from shared.journal import write_durably
from shared.log import open_log
from shared.serve import Web, create_app, serve
from tests.keys import rsa_key
from tests.rounds_made import MadeRound, make_round

CONNECTIONS = 32
PER_NONCE = 4
"""So --full fills the memory for nonces, of which there are 10,000, more than twice."""
SEVERAL = 10
"""Turns that the three servers take, so that all meet the same noise; the memory is read after each."""
PATIENCE = 20.0
"""Seconds for a server to start and for an answer."""
MIB = 1024 * 1024


def bare() -> Flask:
    """The floor: the same server and framework, and one verification."""
    app = create_app("bare")
    key = rsa_key().public
    signature, message = secrets.token_bytes(255).rjust(256, b"\0"), secrets.token_bytes(98)

    @app.post("/envelopes")
    def envelopes() -> tuple[dict[str, bool], int]:
        return {"holds": blind_rsa.verify(key, message, signature)}, 202

    return app


def posts(made: MadeRound) -> Iterator[bytes]:
    """Requests with different envelopes, a few of each admission nonce, without end."""
    layout = made.manifest.layouts[0]
    for person in count():
        member = made.member("p0", person)
        a, admission = b64(member.nonce(0)), [b64(token) for token in member.admission(0)]
        for _ in range(PER_NONCE):
            outer = b64(secrets.token_bytes(layout.outer))
            body = {"v": 1, "round": made.id, "part": 0, "a": a, "tokens": admission, "outer": outer}
            yield request(json.dumps(body).encode())


def request(body: bytes) -> bytes:
    return b"POST /envelopes HTTP/1.1\r\nHost: ingest\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def send(port: int, requests: Iterator[bytes], connections: int = CONNECTIONS) -> int:
    """Send all, one at a time on each connection; how many. Everything must be answered with 202."""
    selector = selectors.DefaultSelector()
    answered = 0
    for _ in range(connections):
        if first := next(requests, None):
            connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            connection.sendall(first)
            selector.register(connection, selectors.EVENT_READ, bytearray())
    while selector.get_map():
        ready = selector.select(PATIENCE)
        assert ready, "no answer"
        for key, _ in ready:
            connection, received = cast(socket.socket, key.fileobj), key.data
            received += connection.recv(65536)
            head, separator, rest = received.partition(b"\r\n\r\n")
            if not separator or len(rest) < _length(head):
                continue
            assert b" 202 " in head.split(b"\r\n", 1)[0], bytes(received)
            answered += 1
            received.clear()
            if following := next(requests, None):
                connection.sendall(following)
            else:
                selector.unregister(connection)
                connection.close()
    return answered


def _length(head: bytes) -> int:
    return int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])


@contextmanager
def server(port: int, *arguments: str, **environ: str) -> Iterator[int]:
    """Run a server; the process id of its one worker."""
    process = subprocess.Popen([sys.executable, "-W", "ignore", *arguments], env=os.environ | environ)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the server does not start"
                time.sleep(0.05)
        yield children(process.pid)[0]
    finally:
        process.terminate()
        process.wait(PATIENCE)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def measure(number: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        log = open_log(f"sqlite:{home / 'log'}")
        now = int(time.time())
        made = make_round(
            log=log,
            changes={
                "opens": dates.text(now - 60),
                "answer_from": dates.text(now - 60),
                "closes": dates.text(now + 86_400),
                "erase_at": dates.text(now + 2 * 86_400),
                "words_until": dates.text(now + 2 * 86_400),
                "results_until": dates.text(now + 2 * 86_400),
            },
        )
        write_durably(home / keygen.FILE, b64(made.identities["ingest"].private_bytes_raw()).encode())
        (home / "parties.json").write_bytes(made.installation.file)
        envelopes = posts(made)
        some = list(islice(envelopes, 1000))
        bare_port, loop_port, port = free_port(), free_port(), free_port()
        environ = {
            "KLANKBORD_LOG": f"sqlite:{home / 'log'}",
            "KLANKBORD_PARTIES": str(home / "parties.json"),
            "KLANKBORD_HOME": str(home),
            "KLANKBORD_METRICS": f"127.0.0.1:{free_port()}",
            "KLANKBORD_LISTEN": f"127.0.0.1:{port}",
        }
        with (
            server(bare_port, "-m", "benchmarks.ingest", "--bare", str(bare_port)) as bare_pid,
            server(loop_port, "-m", "benchmarks.ingest", "--bare", str(loop_port), "--loop") as loop_pid,
            server(port, "-m", "services.ingest", **environ) as pid,
        ):
            wait_for_round(port)
            floor, one_thread, ingest = Load(bare_port, bare_pid), Load(loop_port, loop_pid), Load(port, pid)
            for load in (floor, one_thread, ingest):
                load.send(some)
                load.forget()
            memory = [resident(pid) / MIB]
            for _ in range(SEVERAL):
                batch = list(islice(envelopes, number // SEVERAL))
                floor.send(batch)
                one_thread.send(batch)
                ingest.send(batch)
                memory.append(resident(pid) / MIB)
        logged = sum(log.end(topics.envelopes(made.id)))
        log.close()
    assert logged == sum(ingest.sent) + len(some)
    return {
        "bare": floor.rate,
        "bare processor": floor.processor,
        "in one thread": one_thread.rate,
        "in one thread processor": one_thread.processor,
        "ingest": ingest.rate,
        "ingest processor": ingest.processor,
        "share": median(a / b for a, b in zip(floor.seconds, ingest.seconds, strict=True)),
        "share of one thread": median(a / b for a, b in zip(one_thread.seconds, ingest.seconds, strict=True)),
        "envelopes": sum(ingest.sent),
        "memory before": memory[0],
        "memory after a fifth": memory[SEVERAL // 5],
        "memory after": memory[-1],
    }


@dataclass
class Load:
    """What was sent to one server, turn by turn, and what it took."""

    port: int
    pid: int
    sent: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)

    def send(self, requests: list[bytes]) -> None:
        start, before = time.perf_counter(), spent(self.pid)
        self.sent.append(send(self.port, iter(requests)))
        self.seconds.append(time.perf_counter() - start)
        self.spent.append(spent(self.pid) - before)

    def forget(self) -> None:
        """What came so far was to get warm."""
        self.sent, self.seconds, self.spent = [], [], []

    @property
    def rate(self) -> float:
        """Requests per second."""
        return sum(self.sent) / sum(self.seconds)

    @property
    def processor(self) -> float:
        """Seconds of a core per request."""
        return sum(self.spent) / sum(self.sent)


def wait_for_round(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(b"GET /rounds HTTP/1.1\r\nHost: ingest\r\nConnection: close\r\n\r\n")
            if b'"state":"open"' in b"".join(iter(partial(connection.recv, 65536), b"")):
                return
        assert time.monotonic() < deadline, "ingest does not see the round"
        time.sleep(0.05)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--full", action="store_true", help="100,000 envelopes")
    arguments.add_argument("--bare", type=int, help=argparse.SUPPRESS)
    arguments.add_argument("--loop", action="store_true", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.bare:
        serve(bare, Web(("127.0.0.1", chosen.bare), None, None, threads=0 if chosen.loop else 16))
        return
    found = measure(100_000 if chosen.full else 20_000)
    for name in ("bare", "in one thread", "ingest"):
        print(f"{name:14} {found[name]:8,.0f} requests/s, {found[f'{name} processor'] * 1e6:4.0f} us of a core each")
    print(
        f"ingest has {found['share']:.0%} of the bare server's requests (median of {SEVERAL} turns), and "
        f"{found['bare processor'] / found['ingest processor']:.0%} by processor time"
    )
    print(f"and {found['share of one thread']:.0%} of those of the bare server in one thread, as ingest itself works")
    print(
        f"memory                 {found['memory before']:.0f} MiB at first, {found['memory after a fifth']:.0f} after "
        f"a fifth, {found['memory after']:.0f} after all {found['envelopes']:,.0f} envelopes"
    )


if __name__ == "__main__":
    main()
