"""Clients in containers: where they connect, whom they trust there, and that the example is played once only."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from clients.cli import connection
from clients.cli.connection import Web
from clients.cli.outcomes import Unavailable
from deploy.compose.authority import Authority
from deploy.compose.example import Containers, play_once
from deploy.compose.inside import connect_from, containers
from deploy.trial.organisation import COMPANY
from deploy.trial.play import Play
from deploy.trial.tale import Tale
from shared.parties import Book
from tests.clients.cli.suite import Suite, running
from tests.deploy.volumes_made import PLAN, URLS, made
from tests.services.issuer.issuers import ADMIN_KEY

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.fixture(autouse=True)
def trusting_anew() -> Iterator[None]:
    """What this process trusts is read once."""
    connection._trusted.cache_clear()
    yield
    connection._trusted.cache_clear()


@contextmanager
def container(certificate: Path) -> Iterator[int]:
    """Somebody who answers over TLS; the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            try:
                with context.wrap_socket(listening.accept()[0], server_side=True) as client:
                    client.recv(65_536)
                    client.sendall(ANSWER)
            except OSError:
                return  # A client that does not trust us ends it.

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def ask(volumes: Path, host: str, monkeypatch: pytest.MonkeyPatch, party: str = "hr") -> object:
    """Ask a party's container, which has a certificate of the volumes' authority for `host`."""
    authority = Authority.load(
        (volumes / "authority" / "authority.pem").read_bytes(), (volumes / "authority" / "authority.key").read_bytes()
    )
    (volumes / "other.pem").write_bytes(authority.issue([host], time.time()))
    parties = Book.load((volumes / "public" / "parties.json").read_bytes()).current
    monkeypatch.setenv("SSL_CERT_FILE", str(volumes / "public" / "authority.pem"))
    with container(volumes / "other.pem") as port:
        connect = connect_from(parties, containers(f"{party}=127.0.0.1:{port}"))
        address = parties.pages[0] if party == "page" else parties.lead.url
        return Web(connect).get(party, address, "/rounds")


@pytest.mark.parametrize(("party", "host"), [("hr", "localhost"), ("page", "127.0.0.1")])
def test_a_container_is_reached_that_has_the_certificate_of_the_address_outside(
    party: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(made(tmp_path, now=time.time()), host, monkeypatch, party) == {}


def test_who_has_no_page_reaches_the_others_all_the_same(tmp_path: Path) -> None:
    without = {name: url for name, url in URLS.items() if name != "page"}
    book = Book.load((made(tmp_path, replace(PLAN, urls=without)) / "public" / "parties.json").read_bytes())
    connect_from(book.current, containers("hr=issuer:8443 page=page:8443"))(URLS["issuer"]).close()


def test_a_container_with_the_certificate_of_another_address_is_not_spoken_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unavailable):
        ask(made(tmp_path, now=time.time()), "issuer.example", monkeypatch)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with running(tmp_path_factory.mktemp("example")) as suite:
        yield suite


def played(suite: Suite, tmp_path: Path) -> tuple[int, str]:
    """What becomes of the example where somebody's round is; nothing may be changed."""
    (tmp_path / "admin.key").write_bytes(ADMIN_KEY)
    book, out = suite.world.installed.book, StringIO()
    installation = Containers(book, {book.current.lead.name: tmp_path / "admin.key"})
    code = play_once(Play(Tale(out, {}), installation, web=Web(suite.connect)))
    assert {request.method for request in suite.asked} == {"GET"}
    return code, out.getvalue()


def test_the_example_is_not_played_upon_an_organisation_of_ones_own(suite: Suite, tmp_path: Path) -> None:
    suite.says("GET .*/admin/roster", {"company": "Ours"})
    code, said = played(suite, tmp_path)
    assert code == 1 and "Ours has been imported here" in said


def test_the_example_is_played_once(suite: Suite, tmp_path: Path) -> None:
    suite.says("GET .*/admin/roster", {"company": COMPANY})
    suite.says("GET .*/admin/rounds", {"rounds": [{"round": "2026-q1"}]})
    code, said = played(suite, tmp_path)
    assert code == 0 and "played here: 2026-q1" in said
