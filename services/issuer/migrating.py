"""The tables of the issuer's database: made and changed by migrations only, one process at a time.

    at start     nothing there: all is made; SQLite of an older version: upgraded; PostgreSQL of an older version:
                 refused, for other replicas may be using it
    migrate      upgrades, whatever the database

A database of a newer version is always refused, and so is one whose tables are somebody else's.
"""

from enum import Enum, auto
from functools import cache
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select, text

from services.issuer.database import Database
from services.issuer.tables import ISSUER, METADATA

_FIRST = "r0001"
_FIRST_TABLES = frozenset(
    {"company", "people", "codes", "rounds", "members", "signing_keys", "served", "notes"},
)
"""What there was before there were migrations."""

_FOLDER = Path(__file__).parent / "migrations"


class WrongTables(RuntimeError):
    """The database cannot be used as it is; one line says why, and what to do."""


class _Found(Enum):
    NOTHING = auto()
    UNNUMBERED = auto()
    """The first tables, made before there were migrations."""
    OLDER = auto()
    CURRENT = auto()


def prepare(database: Database) -> None:
    """See at start that the tables are those of this version; WrongTables, DatabaseUnavailable."""
    with database.reading() as connection:
        found = _look(connection)
    if database.shared and found in (_Found.UNNUMBERED, _Found.OLDER):
        raise WrongTables("the database is of an older version: stop all replicas and run the command migrate")
    if found is not _Found.CURRENT:
        migrate(database)


def migrate(database: Database) -> str:
    """Make or upgrade all tables, in one transaction; their revision from now on. WrongTables, DatabaseUnavailable."""
    scripts = _scripts()
    with database.writing() as connection:
        alembic = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        # Looked at again, for whoever wrote before us may have done it.
        if _look(connection) is _Found.UNNUMBERED:
            alembic.stamp(scripts, _FIRST)
        missing = list(scripts.iterate_revisions("head", alembic.get_current_revision() or "base"))
        with Operations.context(alembic):
            for step in reversed(missing):
                step.module.upgrade()
                alembic.stamp(scripts, step.revision)
        if compare_metadata(alembic, METADATA):
            raise WrongTables("the database has tables of our names that are not ours: nothing was changed")
    return head()


def claim(database: Database, name: str) -> None:
    """See that the database is this issuer's, from now on if it was nobody's. WrongTables, DatabaseUnavailable."""
    with database.reading() as connection:
        owner = connection.scalar(select(ISSUER.c.name))
    if owner is None:
        with database.writing() as connection:
            owner = connection.scalar(select(ISSUER.c.name))
            if owner is None:
                connection.execute(insert(ISSUER), {"id": 1, "name": name})
    if owner not in (None, name):
        raise WrongTables(f"the database is that of the issuer {owner}: each has one of its own")


def head() -> str:
    """The newest revision that this version knows."""
    newest = _scripts().get_current_head()
    assert newest is not None  # noqa: S101 - the folder is ours
    return newest


def _look(connection: Connection) -> _Found:
    if connection.dialect.name == "postgresql" and connection.scalar(text("SHOW server_encoding")) != "UTF8":
        raise WrongTables("the database cannot hold every name: make it with ENCODING 'UTF8'")
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        found = inspect(connection)
        there = _FIRST_TABLES & {*found.get_table_names(), *found.get_view_names()}
        if there and there != _FIRST_TABLES:
            raise WrongTables("the database has tables of another program: give the issuer one of its own")
        return _Found.UNNUMBERED if there else _Found.NOTHING
    if revision not in {each.revision for each in _scripts().walk_revisions()}:
        raise WrongTables(f"the database is of a newer version ({revision}) than this program ({head()})")
    return _Found.CURRENT if revision == head() else _Found.OLDER


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tables of others may stand beside ours."""
    return kind != "table" or name in METADATA.tables


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER))
