"""The one real PostgreSQL of a test run: started when a test first needs it, ended with the run (tests/conftest.py).

Where none can be had the tests that need one are left out (tests/left_out.py).
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import URL, make_url

from services.issuer import migrating
from services.issuer.database import Database
from services.issuer.tables import METADATA
from tests import left_out
from tests.postgresql_server import NoPostgresql, Server, check_driver

USER = "klankbord"
PASSWORD = "p@ss wörd:/%?"
"""Of whom the databases are; nothing that has to be escaped somewhere is left out."""

_TEMPLATE = "template_of_issuers"
"""A database with the issuer's tables, to be copied."""

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

_HERE: list[Server] = []
_NUMBERS = count()
_FREE: list[str] = []
"""Databases that are empty again."""


def here() -> Server:
    """The running server; skips the test, or fails it with CI=true, if there can be none."""
    if not _HERE:
        _HERE.append(left_out.started("PostgreSQL", _prepare, NoPostgresql))
        do(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
        do(f"CREATE DATABASE {_TEMPLATE} OWNER {USER}")
        with closing(Database(url(_TEMPLATE))) as template:
            migrating.prepare(template)
    return _HERE[0]


def _prepare(folder: Path) -> Server:
    return Server.prepare(folder, "the password of the administrator", install=left_out.ON_A_BUILD_SERVER)


def driver() -> None:
    """For tests that need no server, but what connects to one."""
    try:
        check_driver()
    except NoPostgresql as error:
        left_out.without("PostgreSQL", str(error))


def end() -> None:
    """At the end of the run."""
    for server in _HERE:
        server.crash()  # Nobody reads what it keeps.
        shutil.rmtree(server.folder)
    _HERE.clear()
    _FREE.clear()


def url(database: str, password: str = PASSWORD) -> str:
    """The address of a database as a service gets it, with the password."""
    where = {"host": str(here().folder)}
    made = URL.create("postgresql", USER, password, database=database, query=where)
    return made.render_as_string(hide_password=False)


@contextmanager
def fresh(*, made: bool = True) -> Iterator[str]:
    """The address of an empty database, with the issuer's tables if they are to be `made`; for one test."""
    if made and _FREE:
        name = _FREE.pop()
    else:
        name = f"t{next(_NUMBERS)}"
        do(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {_TEMPLATE if made else 'template1'}")
    try:
        yield url(name)
    finally:
        if made:
            # A tenth of what a new one costs.
            do(f"{_END_OTHERS}; TRUNCATE {', '.join(METADATA.tables)}", name)
            _FREE.append(name)
        else:
            do(f"DROP DATABASE {name} WITH (FORCE)")


def database_of(address: str) -> str:
    """The name of the database at an address."""
    return str(make_url(address).database)


def do(statement: str, database: str = "postgres") -> None:
    """What only the super user may."""
    with closing(here().admin(database)) as admin:
        admin.execute(statement.encode())
