"""The databases that an issuer may have: what touches one is tested on both."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url

from services.issuer import migrating
from services.issuer.database import Database
from tests import postgresql_here

KINDS = ("sqlite", "postgresql")

ON_BOTH = pytest.mark.parametrize("databases", KINDS, indirect=True)
"""For tests of a whole issuer in which the database matters."""

Databases = Callable[[Path], str]
"""The address of a new database for the issuer with this home."""


def in_a_file(home: Path) -> str:
    """SQLite, where an issuer has it by default."""
    return f"sqlite:///{home / 'issuer.db'}"


def opened(address: str, patience: float = 0.1) -> Database:
    """A database with its tables."""
    database = Database(address, patience)
    migrating.prepare(database)
    return database


@contextmanager
def new(kind: str) -> Iterator[str]:
    """The address of a new database, for tests that make many."""
    if kind == "sqlite":
        with TemporaryDirectory() as folder:
            yield in_a_file(Path(folder))
    else:
        with postgresql_here.fresh() as address:
            yield address


def backed_up(address: str) -> Callable[[], None]:
    """Copy a database that nobody uses; what is returned puts the copy in its place, once nobody does again."""
    url = make_url(address)
    name = url.database
    assert name is not None
    if url.drivername != "sqlite":
        copy = f"{name}_copy"
        postgresql_here.do(f"CREATE DATABASE {copy} OWNER {postgresql_here.USER} TEMPLATE {name}")

        def put_back() -> None:
            postgresql_here.do(f"DROP DATABASE {name}")
            postgresql_here.do(f"ALTER DATABASE {copy} RENAME TO {name}")

        return put_back
    file = Path(name)
    content = file.read_bytes()

    def write_back() -> None:
        for path in file.parent.glob(f"{file.name}*"):
            path.unlink()
        file.write_bytes(content)

    return write_back


@contextmanager
def writing_elsewhere(address: str) -> Iterator[None]:
    """Another process is in the middle of writing, all the time."""
    with closing(Database(address)) as other, other.writing():
        yield
