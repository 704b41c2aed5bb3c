"""`python -m deploy.compose.prepare FOLDER ...`: every key, password and certificate of an installation in containers.

Run before anything else, at each `docker compose up`. FOLDER has a folder per volume:

    public      parties.json, and the authority of the certificates: for everybody
    authority   its key: for nobody but this job
    issuer, ingest, gate, aggregate, report    what each needs for Kafka and TLS; ingest's identity.key is here too
    page        a certificate, and nothing else
    issuer-home, gate-home, aggregate-home     identity.key, beside which the service keeps its journal
    hr          HR's key to the issuer
    kafka, setup, users    the broker's files, its administrator's, and a password for everybody else
    database    passwords of PostgreSQL's administrator and of the issuer, and what makes the issuer's database
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.compose import kafka_files
from deploy.compose.authority import Authority
from deploy.compose.ending import exit_code
from deploy.compose.kafka_files import ADMIN
from deploy.compose.volumes import Volumes
from deploy.parties import fields, party
from shared.parties import BadParties, Book, Parties, Party, describe, write

TLS = "tls.pem"
"""Private key and certificate in one file, so that they can never belong to two."""

_DATABASE = "postgres:5432"
"""Where the issuer finds its database."""

_ISSUER_SQL = """\
CREATE ROLE issuer LOGIN PASSWORD '{password}';
CREATE DATABASE issuer OWNER issuer ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE issuer FROM PUBLIC;
ALTER ROLE issuer SET log_statement = 'none';
ALTER ROLE issuer SET log_min_duration_statement = -1;
ALTER ROLE issuer SET log_min_error_statement = 'panic';
ALTER ROLE issuer SET log_error_verbosity = 'terse';
ALTER ROLE CURRENT_USER PASSWORD NULL;
"""
"""What PostgreSQL's image runs when its storage is new; docs/operations.md says why its log must tell so little.

Text is ordered by its bytes: an index in a language's order is damaged by an update of the C library's. The image wants
a password for the administrator, and leaves it in the server's environment: from here on it opens nothing, and only
who is in the container comes in as administrator, by the socket.
"""

_HOMES = {"issuer": "issuer-home", "ingest": "ingest", "gate": "gate-home", "aggregate": "aggregate-home"}
"""Where the identity keys lie: ingest writes nothing, so its home is read-only too."""


@dataclass(frozen=True)
class Plan:
    """What shall be there. `elsewhere`: parties that other people run on machines of their own, by service."""

    issuer: str
    urls: dict[str, str]
    """Of issuer, ingest, report and page, as people reach them; of page only if it runs here."""
    trial: bool
    kafka: str = "kafka:9092"
    """Where services in the same installation find it."""
    kafka_names: tuple[str, ...] = ()
    """Names of this machine for Kafka's certificate, where services come from other machines."""
    gate: bytes | None = None
    """Public key of a gate elsewhere."""
    issuers: tuple[Party, ...] = ()
    """Issuers elsewhere."""
    pages: tuple[str, ...] = ()
    """Origins of employees' pages elsewhere."""

    @property
    def all_pages(self) -> tuple[str, ...]:
        """Whose browser issuers, ingest and report answer."""
        return (*([self.urls["page"]] if "page" in self.urls else []), *self.pages)

    @property
    def principals(self) -> dict[str, str]:
        """Who comes to Kafka, by service; issuers elsewhere by their principal."""
        own = {name: name for name in ("ingest", "gate", "aggregate", "report")}
        others = {principal(issuer.name): principal(issuer.name) for issuer in self.issuers}
        return {"issuer": principal(self.issuer), **own, **others}


def host_of(url: str) -> str:
    """The host in the address of a service; BadParties."""
    host = urlsplit(url).hostname
    if not host:
        raise BadParties(f"{url} is not an address like https://host:port")
    return host


def principal(issuer: str) -> str:
    """An issuer's name for Kafka."""
    return f"issuer-{issuer}"


def prepare(volumes: Volumes, plan: Plan, now: float) -> None:
    """Make what is missing. BadParties if parties.json is there and says something else; UnsafeFile."""
    here = [name for name in ("issuer", "ingest", "gate", "aggregate", "report") if name != "gate" or plan.gate is None]
    authority = authority_of(volumes, now)
    volumes.put("public", "authority.pem", authority.pem)
    for name, url in plan.urls.items():
        certificate(volumes, authority, name, [host_of(url)], now)
    _kafka(volumes, authority, plan, here, now)
    _database(volumes)
    volumes.password("hr", "admin.key")
    volumes.password("report", "read.key")
    keys = {name: volumes.identity(_HOMES[name]) for name in here if name in _HOMES}
    _parties(volumes, plan, keys)


def authority_of(volumes: Volumes, now: float) -> Authority:
    """The installation's own authority, made if need be; ValueError if it is damaged, or not valid now."""
    key = volumes.read("authority", "authority.key")
    certificate = volumes.read("authority", "authority.pem")
    if key is not None and certificate is not None:
        there = Authority.load(certificate, key)
        there.check(now)
        return there
    made = Authority.make("Klankbord, an installation for trying", now)
    volumes.put("authority", "authority.pem", made.pem)
    volumes.put("authority", "authority.key", made.key_pem)
    return made


def certificate(volumes: Volumes, authority: Authority, volume: str, names: Sequence[str], now: float) -> None:
    """A certificate of the installation's own for these names; one that somebody else has put there stays."""
    there = volumes.read(volume, TLS)
    if there is None or authority.is_stale(there, names, now):
        volumes.put(volume, TLS, authority.issue(names, now))


def _kafka(volumes: Volumes, authority: Authority, plan: Plan, here: Sequence[str], now: float) -> None:
    names = (plan.kafka.partition(":")[0], *plan.kafka_names)
    certificate(volumes, authority, "kafka", names, now)
    admin = volumes.password("setup", f"{ADMIN}.password")
    volumes.put("kafka", "kafka-authority.pem", authority.pem)
    volumes.put("kafka", "server.properties", kafka_files.server_properties(admin))
    volumes.put("kafka", "log4j2.yaml", kafka_files.LOGGING)
    volumes.put("setup", "kafka-authority.pem", authority.pem)
    volumes.put("setup", f"{ADMIN}.toml", kafka_files.address(ADMIN, [plan.kafka]))
    for service, name in plan.principals.items():
        password = volumes.password("users", f"{name}.password")
        if service in here:
            give_address(volumes, service, name, password, authority.pem, plan.kafka)


def give_address(volumes: Volumes, volume: str, user: str, password: str, authority: bytes, server: str) -> None:
    """All that a service needs to come to Kafka."""
    volumes.put(volume, "kafka-authority.pem", authority)
    volumes.put(volume, f"{user}.password", f"{password}\n".encode())
    volumes.put(volume, "kafka.toml", kafka_files.address(user, [server]))


def _database(volumes: Volumes) -> None:
    volumes.password("database", "superuser.password")
    password = volumes.password("database", "issuer.password")
    volumes.put("database", "issuer.sql", _ISSUER_SQL.format(password=password).encode())
    volumes.put("issuer", "database.url", f"postgresql://issuer:{password}@{_DATABASE}/issuer\n".encode())


def _parties(volumes: Volumes, plan: Plan, keys: dict[str, bytes]) -> None:
    generation = describe(
        [Party(plan.issuer, plan.urls["issuer"], keys["issuer"]), *plan.issuers],
        Party("ingest", plan.urls["ingest"], keys["ingest"]),
        Party("gate", "", plan.gate or keys["gate"]),
        Party("aggregate", "", keys["aggregate"]),
        plan.urls["report"],
        plan.all_pages,
        trial=plan.trial,
    )
    ours = write([(generation, {})])
    meant = Book.load(ours).current
    there = Book.load(volumes.once("public", "parties.json", lambda: ours)).current
    if _comparable(there) != _comparable(meant) or not set(meant.pages) <= set(there.pages):
        raise BadParties(
            "it was made for other addresses, keys or people than docker compose is started with now. Start it as "
            "before, or hand out a new generation (docs/operations.md)"
        )


def _comparable(parties: Parties) -> object:
    """What of a generation this job decides alone; pages may be added by hand."""
    return (parties.issuers, parties.ingest, parties.gate, parties.aggregate, parties.report_url, parties.trial)


def main(words: Sequence[str] | None = None) -> int:
    """0, or 2 if it cannot be done."""
    chosen = _arguments().parse_args(words)
    return exit_code(lambda: prepare(Volumes(chosen.folder), _plan(chosen), time.time()))


def _plan(chosen: argparse.Namespace) -> Plan:
    name, url = fields(chosen.issuer, "NAME,URL")
    return Plan(
        issuer=name,
        urls={"issuer": url, "ingest": chosen.ingest, "report": chosen.report}
        | ({"page": chosen.page} if chosen.page else {}),
        trial=chosen.trial,
        kafka_names=tuple(chosen.kafka_name),
        gate=party("gate", "", chosen.gate).key if chosen.gate else None,
        issuers=tuple(party(*fields(issuer, "NAME,URL,KEY")) for issuer in chosen.other_issuer if issuer),
        pages=tuple(chosen.other_page),
    )


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.compose.prepare", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the volumes are")
    parser.add_argument("--issuer", required=True, metavar="NAME,URL", help="the issuer that leads")
    parser.add_argument("--ingest", required=True, metavar="URL", help="where answers are posted")
    parser.add_argument("--report", required=True, metavar="URL", help="where results are read")
    parser.add_argument("--page", metavar="URL", help="the employees' page, where it is served from here")
    parser.add_argument("--trial", action="store_true", help="one machine, one hand: every page says so")
    parser.add_argument("--gate", metavar="KEY", help="public key of a gate that somebody else runs")
    parser.add_argument(
        "--other-issuer", action="append", default=[], metavar="NAME,URL,KEY", help="an issuer that somebody else runs"
    )
    parser.add_argument(
        "--other-page", action="append", default=[], metavar="URL", help="an employees' page that somebody else serves"
    )
    parser.add_argument(
        "--kafka-name", action="append", default=[], metavar="NAME", help="of this machine, for services elsewhere"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
