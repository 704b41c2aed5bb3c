"""The databases of tests (tests/services/issuer/databases.py), and issuers that have one."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from services.issuer.database import Database
from tests import postgresql_here
from tests.services.issuer.databases import KINDS, Databases, in_a_file, opened
from tests.services.issuer.issuers import World, world


@pytest.fixture
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Makes a new database for each home, and says where it is: SQLite, and the other kind for tests ON_BOTH."""
    if getattr(request, "param", KINDS[0]) == "sqlite":
        yield in_a_file
        return
    with ExitStack() as made:
        yield lambda _home: made.enter_context(postgresql_here.fresh())


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a new database, of each kind."""
    if request.param == "sqlite":
        yield in_a_file(tmp_path)
        return
    with postgresql_here.fresh() as made:
        yield made


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """A new database of each kind, with its tables."""
    with closing(opened(address)) as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where `in_file` is."""
    return tmp_path / "issuer.db"


@pytest.fixture
def in_file(file: Path) -> Iterator[Database]:
    """A new SQLite database with its tables, for tests that look into the file."""
    with closing(opened(f"sqlite:///{file}")) as made:
        yield made


@pytest.fixture
def one(tmp_path: Path, databases: Databases) -> Iterator[World]:
    """An issuer with an agreed round."""
    made = world(tmp_path, databases=databases)
    made.agree()
    yield made
    made.stop()


@pytest.fixture
def fresh(tmp_path: Path, databases: Databases) -> Iterator[World]:
    """No round yet."""
    made = world(tmp_path, databases=databases)
    made.lead.tick()
    yield made
    made.stop()
