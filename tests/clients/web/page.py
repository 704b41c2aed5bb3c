"""The page's client in a process of Node, driven by a test: what it asks is answered by the test's own services.

with Page(house) as page:
    page.call("collect", round="spring", access={"hr": "KA-..."})       its result, or PageFailure
"""

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.left_out import without
from tests.system.house import House

WEB = Path(__file__).parents[3] / "clients" / "web"


def node() -> str:
    """The program `node`; without it or the packages of the page the test is left out, loudly."""
    found = shutil.which("node")
    if found is None:
        without("Node", "install Node 20 or newer")
    if not (WEB / "node_modules" / ".package-lock.json").exists():
        without("Node", "the packages of clients/web are missing: make clients/web/node_modules/.package-lock.json")
    return found


class PageFailure(Exception):
    """How the client says that it did not end well: `words` is the JSON of its failure."""

    def __init__(self, words: dict[str, Any]) -> None:
        super().__init__(json.dumps(words))
        self.words = words


class Page:
    """One visitor. Requests go to the house as if each service had its address of parties.json."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.asked: list[str] = []
        """METHOD and address of every request."""
        self._process = subprocess.Popen(
            [node(), str(WEB / "tests" / "driver.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=WEB
        )
        self._write({"parties": house.installed.file.decode(), "now": house.clock.now})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)

    def call(self, name: str, **arguments: Any) -> Any:
        """The result of one command of clients/web/tests/driver.ts, at the time of the house."""
        self._write({"call": name, "now": self.house.clock.now, **arguments})
        while True:
            line = self._read()
            if "fetch" in line:
                self._write(self._answer(line["fetch"]))
            elif "failure" in line:
                raise PageFailure(line["failure"])
            else:
                return line["result"]

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        url = httpx.URL(request["url"])
        self.asked.append(f"{request['method']} {url}")
        with httpx.Client(transport=self.house.connect(f"{url.scheme}://{url.host}")) as web:
            body = None if request["body"] is None else request["body"].encode()
            response = web.request(request["method"], url, headers=request["headers"], content=body)
        return {"status": response.status_code, "headers": dict(response.headers), "body": response.text}

    def _write(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "broken" not in line, line
        return line
