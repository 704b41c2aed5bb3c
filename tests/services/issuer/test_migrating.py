"""The tables come to be what tables.py says, whatever was there before; what cannot be used is left as it is."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import ProgrammingError

from services.issuer import migrating
from services.issuer.database import Database
from services.issuer.migrating import WrongTables
from services.issuer.migrations.versions import r0001_the_first_tables
from services.issuer.people import People
from services.issuer.planned import ADMISSION, Address
from services.issuer.store import Shares, Standing, Store
from services.issuer.tables import METADATA
from services.issuer.unavailable import DatabaseUnavailable
from tests import postgresql_here
from tests.organisations import roster as roster_of
from tests.services.issuer.databases import KINDS

BEFORE = Path(__file__).with_name("before_migrations.sql").read_text("utf-8")


@pytest.fixture(params=KINDS)
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database without any table, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'issuer.db'}"
        return
    with postgresql_here.fresh(made=False) as address:
        yield address


def execute(address: str, script: str) -> None:
    """Statements of SQLite, in whichever database."""
    url = make_url(address)
    if url.drivername == "sqlite":
        with closing(sqlite3.connect(url.database or "")) as connection:
            connection.executescript(script)
        return
    translated = (
        script.replace("WITHOUT ROWID", "")
        .replace("BLOB", "BYTEA")
        .replace("BEGIN TRANSACTION;", "")
        .replace("COMMIT;", "")
    )
    translated = re.sub(r"X'([0-9A-F]*)'", r"'\\x\1'::bytea", translated)
    with closing(Database(address)) as database, database.writing() as connection:
        connection.exec_driver_sql(translated)


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names())


def test_what_migrations_make_is_what_the_program_expects(bare: str) -> None:
    with closing(Database(bare)) as database:
        migrating.prepare(database)
        assert tables(database) == METADATA.tables.keys() | {"alembic_version"}
        with database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        migrating.prepare(database)
        assert migrating.migrate(database) == migrating.head()


def test_in_sqlite_also_what_no_comparison_sees_is_the_same(tmp_path: Path) -> None:
    """Above all that the rows of whoever collected have no numbers."""
    expected, made = tmp_path / "expected.db", tmp_path / "made.db"
    METADATA.create_all(create_engine(f"sqlite:///{expected}"))
    with closing(Database(f"sqlite:///{made}")) as database:
        migrating.prepare(database)
    found = []
    for file in (expected, made):
        with closing(sqlite3.connect(file)) as connection:
            query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
            found.append({name: " ".join(sql.split()) for name, sql in connection.execute(query)})
    assert found[0] == found[1] and "WITHOUT ROWID" in found[1]["served"]


def test_a_database_made_before_there_were_migrations_is_taken_over_without_loss(bare: str) -> None:
    execute(bare, BEFORE)
    with closing(Database(bare)) as database:
        if database.shared:
            with pytest.raises(WrongTables, match="an older version: stop all replicas and run the command migrate"):
                migrating.prepare(database)
            assert "alembic_version" not in tables(database)
            migrating.migrate(database)
        migrating.prepare(database)
        assert People(database).roster() == roster_of({("A",): 6, ("B",): 5})
        store = Store(database)
        planned = store.planned("spring")
        assert planned is not None and (planned.keys, planned.ks, planned.nodes[0].size) == (3, (5, 10), 11)
        visitor = store.visitor("spring", sha256(b"p1").digest())
        assert visitor is not None and visitor.standing == Standing(sha256(b"request").digest(), 1)
        assert store.keys("spring") == {ADMISSION: b"wrapped one", Address(0, 0): b"wrapped two"}
        assert store.shares("spring") == Shares(20_000, {0: 5}) and store.note("spring") == "een notitie"
        assert len(store.names("spring", [0])) == 11
        with database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_an_older_version_is_upgraded_at_start_only_where_nobody_else_can_be_using_it(bare: str) -> None:
    with closing(Database(bare)) as database:
        with database.writing() as connection:
            context = MigrationContext.configure(connection)
            with Operations.context(context):
                r0001_the_first_tables.upgrade()
            context.stamp(migrating._scripts(), "r0001")
        if database.shared:
            with pytest.raises(WrongTables, match="migrate"):
                migrating.prepare(database)
            migrating.migrate(database)
        else:
            migrating.prepare(database)
        with database.reading() as connection:
            assert MigrationContext.configure(connection).get_current_revision() == migrating.head()


def test_a_newer_version_is_refused_and_left_as_it_is(bare: str) -> None:
    with closing(Database(bare)) as database:
        migrating.prepare(database)
        execute(bare, "UPDATE alembic_version SET version_num = 'r9999'")
        for attempt in (migrating.prepare, migrating.migrate):
            with pytest.raises(WrongTables, match=r"of a newer version \(r9999\) than this program \(r[0-9]{4}\)$"):
                attempt(database)
        with database.reading() as connection:
            assert MigrationContext.configure(connection).get_current_revision() == "r9999"


@pytest.mark.parametrize(
    "theirs",
    [
        "CREATE TABLE people (name TEXT)",
        "CREATE VIEW notes AS SELECT 1",
        BEFORE.replace("\tperson VARCHAR(200) NOT NULL, \n\tplace", "\tperson TEXT, person2 VARCHAR(200), \n\tplace")
        .replace('INSERT INTO "people"', "--")
        .replace("place INTEGER NOT NULL", "place INTEGER"),
    ],
)
def test_tables_of_somebody_else_are_refused_and_left_as_they_are(bare: str, theirs: str) -> None:
    execute(bare, theirs)
    with closing(Database(bare)) as database:
        before = tables(database)
        for attempt in (migrating.migrate, migrating.prepare):
            with pytest.raises(WrongTables):
                attempt(database)
            assert tables(database) == before


def test_tables_of_others_beside_ours_are_none_of_our_business(bare: str) -> None:
    execute(bare, "CREATE TABLE more (name TEXT)")
    with closing(Database(bare)) as database:
        migrating.prepare(database)
        assert tables(database) == METADATA.tables.keys() | {"alembic_version", "more"}


def test_a_step_that_fails_leaves_nothing_half_done(bare: str) -> None:
    execute(bare, "CREATE TABLE more (name TEXT); CREATE INDEX members_of_node ON more (name)")
    with closing(Database(bare)) as database:
        with pytest.raises((DatabaseUnavailable, ProgrammingError), match="members_of_node"):
            migrating.prepare(database)
        assert tables(database) == {"more"}
        execute(bare, "DROP TABLE more")
        migrating.prepare(database)


def test_a_database_belongs_to_the_first_issuer_that_uses_it(bare: str) -> None:
    with closing(Database(bare)) as database:
        migrating.prepare(database)
        migrating.claim(database, "hr")
        migrating.claim(database, "hr")
        with pytest.raises(WrongTables, match="is that of the issuer hr: each has one of its own"):
            migrating.claim(database, "council")


def test_a_database_that_cannot_hold_every_name_is_refused() -> None:
    postgresql_here.do(f"CREATE DATABASE latin OWNER {postgresql_here.USER} ENCODING 'LATIN1' TEMPLATE template0")
    try:
        with closing(Database(postgresql_here.url("latin"))) as database:
            with pytest.raises(WrongTables, match="make it with ENCODING 'UTF8'"):
                migrating.prepare(database)
            assert tables(database) == set()
    finally:
        postgresql_here.do("DROP DATABASE latin")


def test_of_several_that_start_at_once_one_makes_the_tables(bare: str) -> None:
    outcomes: list[object] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        with closing(Database(bare)) as database:
            barrier.wait()
            try:
                migrating.prepare(database)
                migrating.claim(database, "hr")
                outcomes.append(None)
            except Exception as error:
                outcomes.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [None] * 4
