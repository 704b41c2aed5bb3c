"""The page's host sees who loads the page. It keeps and tells nothing of it, whatever else comes with a request."""

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pages_made import environment, running
from tests.privacy.attacks import ATTACKS, MARK, attack
from tests.privacy.needles import Needles

PATH, QUERY, CODE = b"pad-van-iemand", b"vraag-van-iemand", b"KA-MIJNCODE-0000"
COOKIE, AGENT, FROM = b"koekje-van-iemand", b"Iemands-Telefoon/7", b"iemand@voorbeeld.example"
ADDRESS = "127.83.72.9"

ODD = (
    b"GET /%s?%s=%s HTTP/1.1" % (PATH, QUERY, CODE),
    b"GET /?code=%s HTTP/1.1" % CODE,
    b"GET /assets/%s HTTP/1.1" % PATH,
    b"GET http://%s/ HTTP/1.1" % PATH,
    b"HEAD /index.html?%s HTTP/1.1" % QUERY,
    b"POST /%s HTTP/1.1" % PATH,
    b"DELETE /?%s HTTP/1.1" % QUERY,
    b"%s / HTTP/1.1" % AGENT.partition(b"/")[0].upper(),
    b"GET /%%ff%%00%s HTTP/1.1" % PATH,
)

HEADERS = (
    b"Host: page.example",
    b"User-Agent: " + AGENT,
    b"Cookie: id=" + COOKIE,
    b"From: " + FROM,
    b"Authorization: Bearer " + CODE,
    b"Referer: https://intranet.example/" + PATH,
    b"X-Forwarded-For: 192.0.2.77",
    b"If-None-Match: " + COOKIE,
    b"Origin: https://" + PATH,
    b"Content-Length: 0",
    b"Connection: close",
)


@dataclass(frozen=True)
class Seen:
    """What is left after all requests."""

    folder: Path
    before: dict[str, bytes]
    answers: list[bytes]
    metrics: tuple[str, str]
    said: bytes


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _ask(host: str, port: int, request: bytes, source: str | None) -> bytes:
    answer = b""
    address = None if source is None else (source, 0)
    with socket.create_connection((host, port), timeout=5, source_address=address) as connection:
        connection.sendall(b"\r\n".join((request, *HEADERS, b"", b"")))
        while some := connection.recv(65536):
            answer += some
    return answer


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A real host that was asked all sorts of things, where everything that it writes would be found."""
    folder = tmp_path_factory.mktemp("page")
    source = ADDRESS if sys.platform == "linux" else None
    surroundings = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"), str(folder))
    environ = environment(folder) | surroundings | {"PYTHONDONTWRITEBYTECODE": "1"}
    before = _files(folder)
    with running(environ, folder / "said", cwd=folder) as host:
        address, _, port = environ["KLANKBORD_LISTEN"].partition(":")
        first = host.metrics
        answers = [_ask(address, int(port), request, source) for request in ODD for _ in range(7)]
        answers += attack(address, int(port), source).values()
        metrics = (first, host.metrics)
        host.process.terminate()
        assert host.process.wait(5) == 0
    # But for what its server says when a busy machine keeps it from ending in time.
    lines = (folder / "said").read_bytes().splitlines()
    said = b"\n".join(line for line in lines if not line.startswith(b"[WARNING] Killing worker-"))
    (folder / "said").unlink()
    yield Seen(folder, before, answers, metrics, said)


@pytest.fixture(scope="module")
def needles() -> Needles:
    found = Needles()
    for what, value in (
        ("path", PATH), ("query", QUERY), ("code", CODE), ("cookie", COOKIE), ("browser", AGENT), ("name", FROM),
        ("attack", MARK), ("address", ADDRESS.encode()), ("forwarded", b"192.0.2.77"),
    ):  # fmt: skip
        found.add(what, value, hashed=True)
    return found


def test_whatever_is_asked_was_answered(seen: Seen) -> None:
    """Else the other tests would show nothing."""
    states = {answer.split(b" ", 2)[1] for answer in seen.answers if answer}
    assert {b"200", b"404", b"405"} <= states
    assert len([answer for answer in seen.answers if answer]) > 7 * len(ODD) + len(ATTACKS) // 2


def test_nothing_of_it_is_said_and_nothing_at_all_is_printed(seen: Seen, needles: Needles) -> None:
    assert needles.within(seen.said) == set()
    assert seen.said == b""


def test_nothing_is_stored(seen: Seen) -> None:
    assert _files(seen.folder) == seen.before


def test_no_answer_says_anything_of_what_was_sent_or_tells_anybody_from_others(seen: Seen, needles: Needles) -> None:
    for answer in seen.answers:
        assert needles.within(answer) == set()
        head = answer.partition(b"\r\n\r\n")[0].lower()
        for name in (b"set-cookie", b"etag", b"last-modified", b"location", b"x-request-id", b"report-to", b"nel:"):
            assert b"\r\n" + name not in head


def test_no_number_moves(seen: Seen, needles: Needles) -> None:
    """Not even in steps: how many load the page, and when, is nobody's business."""
    before, after = seen.metrics
    assert before == after
    assert "klankbord_page_files" in after
    assert needles.within(after.encode()) == set()


def test_needles_would_be_found(needles: Needles) -> None:
    assert needles.within(b"x" + PATH + b"x" + os.fsencode(ADDRESS)) == {"path", "address"}
