"""A small page of employees as a build leaves it, and processes that serve it.

built(folder)                      index.html, a script, a style, a worker, an icon, and hashes.json
with running(folder) as host:      the real process, with a parties.json that names it
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx

from tests.rounds_made import installation

ROOT = Path(__file__).parents[1]

INDEX = b"""<!doctype html>
<html lang="nl">
  <meta charset="utf-8">
  <title>Klankbord</title>
  <link rel="icon" href="/icon.svg">
  <link rel="stylesheet" crossorigin href="/assets/index-BcDeFgH1.css">
  <script type="module" crossorigin src="/assets/index-DiwrgTda.js"></script>
  <body><div id="app"></div></body>
</html>
"""

FILES: Mapping[str, bytes] = {
    "assets/index-BcDeFgH1.css": b"body { color: #1d2426 }\n" * 40,
    "assets/index-DiwrgTda.js": b'document.getElementById("app").textContent = "Klankbord";\n' * 40,
    "assets/worker-x_Y-z012.js": b"onmessage = ({ data }) => postMessage(data);\n",
    "icon.svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>\n',
    "index.html": INDEX,
}


def listing(files: Mapping[str, bytes]) -> bytes:
    """hashes.json."""
    hashes = {path: sha256(content).hexdigest() for path, content in sorted(files.items())}
    return json.dumps(hashes, indent=2).encode() + b"\n"


def built(folder: Path, files: Mapping[str, bytes] = FILES) -> Path:
    """The folder, filled."""
    for path, content in (*files.items(), ("hashes.json", listing(files))):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """A right one, with changes; an empty value takes the variable away. Its parties.json names the page."""
    listen = f"127.0.0.1:{free_port()}"
    parties = folder / "parties.json"
    scheme = "https" if "TLS_KEY" in changes else "http"
    parties.write_bytes(installation(pages=[f"{scheme}://{listen}"]).file)
    settings = {
        "PARTIES": str(parties),
        "PAGE": str(built(folder / "built")),
        "LISTEN": listen,
        "METRICS": f"127.0.0.1:{free_port()}",
    } | changes
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return surroundings | {f"KLANKBORD_{name}": value for name, value in settings.items() if value}


@dataclass(frozen=True)
class Host:
    """A running page host."""

    process: subprocess.Popen[bytes]
    environ: Mapping[str, str]

    @property
    def url(self) -> str:
        scheme = "https" if "KLANKBORD_TLS_KEY" in self.environ else "http"
        return f"{scheme}://{self.environ['KLANKBORD_LISTEN']}"

    @property
    def metrics(self) -> str:
        """What Prometheus would scrape."""
        return httpx.get(f"http://{self.environ['KLANKBORD_METRICS']}/metrics", timeout=5).text


@contextmanager
def running(environ: Mapping[str, str], said: Path, cwd: Path | None = None) -> Iterator[Host]:
    """The process, once it answers; what it prints goes into `said`."""
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.page"], env=environ, cwd=cwd, stdout=out, stderr=subprocess.STDOUT
        )
    host = Host(process, environ)
    try:
        deadline = time.monotonic() + 20
        while not _answers(host):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline
        yield host
    finally:
        process.kill()
        process.wait()


def _answers(host: Host) -> bool:
    try:
        ready = httpx.get(f"http://{host.environ['KLANKBORD_METRICS']}/ready", timeout=2).status_code == 200
        address, _, port = host.environ["KLANKBORD_LISTEN"].partition(":")
        with socket.create_connection((address, int(port)), timeout=2):
            return ready
    except (httpx.TransportError, OSError):
        time.sleep(0.02)
        return False
