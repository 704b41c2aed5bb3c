"""The whole suite on one machine: a folder per service, parties.json, and a process each, on 127.0.0.1.

<root>/parties.json          the log: deploy/trial/kept.py
<root>/<service>/            its home: identity, journal, round keys, database
<root>/<service>.log         what it said
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from deploy.trial.kept import Embedded, Kept
from shared.parties import Book, Party, describe, write
from shared.secret_files import make_identity

STARTING = 60.0
"""Seconds within which a service must be ready; it takes one or two, and much longer only on a choking machine."""

ENDING = 8.0
"""Seconds after SIGTERM; each service promises five."""

_PORTS = range(15_000, 30_000)
"""Below those that systems take for outgoing connections: one of these could take a port before its service does."""

POLL = "0.2"
"""Seconds between two looks at the log. A trial's rounds last seconds, not days."""


class DidNotStart(RuntimeError):
    """A service ended, or was not ready in time; the message says where to read why."""


@dataclass
class Service:
    """One process, its addresses and its environment."""

    name: str
    module: str
    home: Path
    listen: str
    metrics: str
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://{self.listen}"

    @property
    def said(self) -> Path:
        """Everything that the process printed."""
        return self.home.parent / f"{self.name}.log"

    def start(self) -> None:
        """Start the process; `wait_until_ready` tells when it answers."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KLANKBORD_")}
        with self.said.open("ab") as out, undisturbed():
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                env=inherited | dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                # Ctrl-C is for the trial: it ends the services in order.
                start_new_session=True,
            )

    def wait_until_ready(self, within: float = STARTING) -> None:
        """Until /ready says so; DidNotStart."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://{self.metrics}/ready", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise DidNotStart(f"{self.name} did not start; see {self.said}")

    def terminate(self) -> None:
        """SIGTERM."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """SIGKILL for the process and those it started, as a power failure would."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def wait(self) -> int:
        """The exit code; kills what does not end in time."""
        if self.process is None:
            return 0
        try:
            return self.process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until the block has ended: amidst it a process would start that nobody knows of."""
    if threading.current_thread() is not threading.main_thread():  # Signals are the main thread's.
        yield
        return
    caught: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _frame: caught.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught:
        signal.raise_signal(caught[0])


@dataclass
class Installation:
    """All services of a trial, in the order in which they are started."""

    root: Path
    book: Book
    log: Kept
    services: dict[str, Service]
    admin_key_files: dict[str, Path]
    """Per issuer the file with HR's key."""

    @property
    def parties_file(self) -> Path:
        return self.root / "parties.json"

    @property
    def issuers(self) -> list[Service]:
        return [self.services[name] for name in self.book.current.issuer_names]

    def start(self) -> None:
        """Start everything and wait until all of it is ready; DidNotStart."""
        for service in self.services.values():
            service.start()
        for service in self.services.values():
            service.wait_until_ready()

    def stop(self) -> dict[str, int]:
        """End everything; the exit codes by service."""
        for service in self.services.values():
            service.terminate()
        return {name: service.wait() for name, service in self.services.items()}


def modules(issuers: int) -> dict[str, str]:
    """The services of a trial by name, and of which kind each is."""
    names = [f"issuer-{number}" for number in range(1, issuers + 1)]
    return dict.fromkeys(names, "issuer") | {name: name for name in ("ingest", "gate", "aggregate", "report")}


def principals(issuers: int) -> dict[str, str]:
    """By service the name that the log knows it by (deploy/kafka/rights.py)."""
    return {name: f"issuer-{name}" if kind == "issuer" else name for name, kind in modules(issuers).items()}


def install(
    root: Path,
    *,
    issuers: int = 1,
    partitions: int = 1,
    poll: str = POLL,
    log: Kept | None = None,
    page: Path | None = None,
) -> Installation:
    """Make homes, keys and parties.json (`trial: true`) in a new folder, on free ports of 127.0.0.1.

    `log` has let in all `principals`; without it the embedded log is used. `page`: the folder of the employees' page
    as it was built; without it nobody serves one.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = log or Embedded(root)
    kinds = modules(issuers)
    issuer_names = [name for name, kind in kinds.items() if kind == "issuer"]
    ports = iter(_free_ports(2 * len(kinds) + 2))
    listen = {name: f"127.0.0.1:{next(ports)}" for name in kinds}
    metrics = {name: f"127.0.0.1:{next(ports)}" for name in kinds}

    page_listen, page_metrics = (f"127.0.0.1:{next(ports)}" for _ in range(2))

    def party(name: str, *, reachable: bool) -> Party:
        key = make_identity(root / name / "identity.key").public_key().public_bytes_raw()
        return Party(name, f"http://{listen[name]}" if reachable else "", key)

    generation = describe(
        [party(name, reachable=True) for name in issuer_names],
        party("ingest", reachable=True),
        party("gate", reachable=False),
        party("aggregate", reachable=False),
        f"http://{listen['report']}",
        [f"http://{page_listen}"] if page else [],
        trial=True,
    )
    parties_json = write([(generation, {})])
    (root / "parties.json").write_bytes(parties_json)

    services = {}
    for name, principal in principals(issuers).items():
        kind = kinds[name]
        home = root / name
        home.mkdir(exist_ok=True, mode=0o700)
        environ = {
            "LOG": log.admit(principal, home),
            "PARTIES": str(root / "parties.json"),
            "HOME": str(home),
            "METRICS": metrics[name],
            "POLL": poll,
        }
        if name not in ("gate", "aggregate"):
            environ["LISTEN"] = listen[name]
        if name == "gate":
            environ["PARTITIONS"] = str(partitions)
        if kind == "issuer":
            environ["NAME"] = name
            environ["ADMIN_KEY_FILE"] = str(home / "admin.key")
        services[name] = Service(
            name,
            f"services.{kind}",
            home,
            listen[name],
            metrics[name],
            {f"KLANKBORD_{key}": value for key, value in environ.items()},
        )
    if page:
        services["page"] = _page_host(root, page, page_listen, page_metrics)
    admin_keys = {name: root / name / "admin.key" for name in issuer_names}
    installation = Installation(root, Book.load(parties_json), log, services, admin_keys)
    for issuer in installation.issuers:
        subprocess.run(
            [sys.executable, "-m", issuer.module, "adminkey"],
            env=dict(os.environ) | dict(issuer.environ),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return installation


def _page_host(root: Path, page: Path, listen: str, metrics: str) -> Service:
    """It has no home, no key and no way to the log; whatever it is told stands here."""
    environ = {"PARTIES": str(root / "parties.json"), "PAGE": str(page), "LISTEN": listen, "METRICS": metrics}
    variables = {f"KLANKBORD_{key}": value for key, value in environ.items()}
    return Service("page", "services.page", root / "page", listen, metrics, variables)


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different, and drawn anew each time."""
    draw, free = secrets.SystemRandom(), set[int]()
    while len(free) < count:
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", draw.choice(_PORTS)))
            free.add(one.getsockname()[1])
    return list(free)
