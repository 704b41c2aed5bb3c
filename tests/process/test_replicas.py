"""Two real processes of one issuer, on one PostgreSQL and one home, behind what stands for a load balancer."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest

from clients.cli.client import Client
from clients.cli.connection import Web
from clients.cli.outcomes import Alarm, AlarmReason
from clients.cli.wallet import Wallet
from deploy.trial.hr import HumanResources
from deploy.trial.installation import Installation, Service, _free_ports, install
from services.issuer import migrating
from services.issuer.database import Database
from services.issuer.store import Store
from shared.codes import WalletCode
from shared.records import Kind
from shared.rounds import State
from tests import postgresql_here
from tests.postgresql_server import Server
from tests.process.suite import PEOPLE, Suite, suite, wait_until

AWAY = "WARNING shared.loop not available, waiting: the database: "

FIRST, SECOND = "issuer-1", "issuer-1-too"


class Elsewhere(httpx.HTTPTransport):
    """Connects to one process whatever the address says, as a load balancer does."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._port = int(service.listen.rpartition(":")[2])

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(port=self._port)
        return super().handle_request(request)


def on_postgresql(service: Service, address: str) -> Service:
    """The same issuer with its database there, of which it is told by a file."""
    file = service.home / "database"
    file.touch(0o600)
    file.write_text(address)
    return replace(service, environ=dict(service.environ) | {"KLANKBORD_DATABASE_FILE": str(file)})


def doubled(address: str) -> Callable[[Installation], None]:
    """Two processes of the issuer in the place of one."""

    def change(installation: Installation) -> None:
        first = on_postgresql(installation.services[FIRST], address)
        listen, metrics = (f"127.0.0.1:{port}" for port in _free_ports(2))
        environ = dict(first.environ) | {"KLANKBORD_LISTEN": listen, "KLANKBORD_METRICS": metrics}
        installation.services[FIRST] = first
        installation.services[SECOND] = replace(first, name=SECOND, listen=listen, metrics=metrics, environ=environ)

    return change


def leads(running: Suite, service: str) -> bool:
    return "klankbord_issuer_leads 1.0" in running.metrics(service)


def seen_from(running: Suite, service: str) -> Suite:
    """The same suite for people and HR whom the load balancer sends to one of the issuer's processes."""
    issuer, plain = running.installation.services[FIRST], running.client.web.connect
    to_one = partial(Elsewhere, running.installation.services[service])
    web = Web(lambda address: to_one() if address == issuer.url else plain(address), plain=True)
    seen = replace(running)
    seen.hr = HumanResources(web, running.installation)
    seen.client = replace(running.client, web=web)
    return seen


def test_two_processes_serve_each_person_once_and_one_takes_over_from_the_other(tmp_path: Path) -> None:
    with (
        postgresql_here.fresh(made=False) as address,
        suite(tmp_path / "suite", change=doubled(address)) as running,
    ):
        services = running.installation.services
        wait_until(lambda: leads(running, FIRST) != leads(running, SECOND))
        leading, waiting = (FIRST, SECOND) if leads(running, FIRST) else (SECOND, FIRST)
        # HR happens to come to the one that does not lead.
        seen_from(running, waiting).open_round("shared", ahead=3600, lasts=3600)
        clients = [seen_from(running, name).client for name in (leading, waiting)]
        manifest = running.agreed("shared")
        wait_until(lambda: all(client.rounds() for client in clients))

        # Somebody else has the codes of three people, and everybody asks at once.
        codes, raced_for = running.codes, PEOPLE[:3]
        wallets = [(person, client, Wallet()) for person in raced_for for client in clients for _ in range(2)]
        membership = {person: clients[0].membership(manifest, codes[person]) for person in raced_for}

        def collect(person: str, client: Client, wallet: Wallet) -> WalletCode | None:
            try:
                return client.collect(manifest, membership[person], codes[person], wallet)
            except Alarm as alarm:
                assert alarm.reason is AlarmReason.ALREADY_COLLECTED
                return None

        with ThreadPoolExecutor(len(wallets)) as at_once:
            collected = list(at_once.map(lambda each: collect(*each), wallets))
        for person in raced_for:
            mine = [
                (wallet, code)
                for (whose, _, wallet), code in zip(wallets, collected, strict=True)
                if whose == person and code is not None
            ]
            assert len(mine) == 1
            wallet, code = mine[0]
            # The same request again, at both, gets the same answer.
            entry = wallet.get("shared")
            for client in clients:
                client.collect(manifest, membership[person], codes[person], again := Wallet(), code)
                found = again.get("shared")
                assert entry is not None and found is not None and found.tickets == entry.tickets

        services[leading].kill()
        wait_until(lambda: leads(running, waiting))
        for person in PEOPLE[3:6]:
            places = clients[1].membership(manifest, codes[person])
            clients[1].collect(manifest, places, codes[person], Wallet())
        # It comes back as the one that waits, and so does HR.
        services[leading].start()
        services[leading].wait_until_ready()
        assert not leads(running, leading)
        cancel = f"{running.installation.book.current.lead.url}/admin/rounds/shared/cancel"
        with httpx.Client(transport=Elsewhere(services[leading])) as hr:
            assert hr.post(cancel, headers=bearer(services[FIRST])).status_code == 202
        wait_until(lambda: not list((services[FIRST].home / "rounds").iterdir()))
        assert running.fold().rounds["shared"].phase is State.CANCELLED

        for kind, number in (
            (Kind.DRAFT, 1),
            (Kind.OFFER, 3),
            (Kind.MANIFEST, 1),
            (Kind.ACCEPT, 3),
            (Kind.CANCEL, 1),
        ):
            assert running.record_count("shared", kind) == number
        assert running.fold().alarms == ()
        with closing(Database(address)) as database:
            assert Store(database).served("shared") == 6
        for name in (FIRST, SECOND):
            said = services[name].said.read_text()
            assert "Traceback" not in said and postgresql_here.PASSWORD not in said
        assert not (services[FIRST].home / "issuer.db").exists()


def bearer(issuer: Service) -> dict[str, str]:
    """What HR's requests bear."""
    return {"Authorization": f"Bearer {(issuer.home / 'admin.key').read_text().strip()}"}


def test_an_issuer_waits_for_a_database_that_is_away_and_is_ended_while_it_waits(tmp_path: Path) -> None:
    with postgresql_here.fresh(made=False) as address, ExitStack() as stack:
        issuer = on_postgresql(install(tmp_path / "suite").services[FIRST], address)
        stack.callback(issuer.kill)
        server = postgresql_here.here()
        with away(server):
            issuer.start()
            wait_until(lambda: issuer.said.read_text().startswith(AWAY))
            issuer.terminate()
            assert issuer.wait() == 0
            issuer.start()
            wait_until(lambda: issuer.said.read_text().count(AWAY) == 2)
        issuer.wait_until_ready()
        # And again, while it runs.
        with away(server):
            wait_until(lambda: issuer.said.read_text().count(AWAY) == 3)
            refused = httpx.get(f"{issuer.url}/admin/roster", headers=bearer(issuer), timeout=20)
            assert refused.status_code == 503 and "database-unavailable" in refused.text
        wait_until(lambda: issuer.said.read_text().count("everything is available again") == 2)
        assert httpx.get(f"{issuer.url}/admin/roster", headers=bearer(issuer), timeout=20).status_code == 409
        issuer.terminate()
        assert issuer.wait() == 0
        said = issuer.said.read_text()
        assert said.count("INFO shared.reading rounds: there is no such topic; it begins with the first round\n") == 1
        assert said.count("\n") == 6 and postgresql_here.PASSWORD not in said


@contextmanager
def away(server: Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.mark.parametrize("newer", [False, True])
def test_the_command_migrate_says_what_there_is_now_or_why_not(tmp_path: Path, newer: bool) -> None:
    with postgresql_here.fresh(made=False) as address:
        file = tmp_path / "database"
        file.touch(0o600)
        file.write_text(address)
        if newer:
            name = postgresql_here.database_of(address)
            postgresql_here.do("CREATE TABLE alembic_version (version_num text)", name)
            postgresql_here.do("INSERT INTO alembic_version VALUES ('r9999')", name)
            postgresql_here.do(f"ALTER TABLE alembic_version OWNER TO {postgresql_here.USER}", name)
        environ = {"KLANKBORD_DATABASE_FILE": str(file), "KLANKBORD_NAME": "of no use to it"}
        command = [sys.executable, "-m", "services.issuer", "migrate"]
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
        if newer:
            assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
            assert ran.stderr.startswith(
                "KLANKBORD_DATABASE cannot be used: the database is of a newer version (r9999)"
            )
        else:
            assert (ran.returncode, ran.stderr) == (0, "")
            assert ran.stdout == f"the tables are those of revision {migrating.head()}\n"
