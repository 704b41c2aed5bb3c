"""Connections of the issuer's database: durable commits, one writer at a time, one error for "not now"."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.issuer.tables import METADATA

_PATIENCE = 5.0
"""Seconds to wait for another thread, and then for another process, before a request is told to come back."""


class DatabaseUnavailable(Exception):
    """The database did not do it now (locked, full, damaged, away); nothing was changed."""


def check(url: str) -> None:
    """Refuse with ValueError an address that SQLAlchemy, or a driver that is not installed, could not use."""
    try:
        create_engine(url)
    except (ArgumentError, ImportError):
        # The message may hold a password.
        raise ValueError("no address of a database, or its driver is not installed") from None


class Database:
    """Transactions on a SQLAlchemy URL; the tables are made if need be. DatabaseUnavailable from every method."""

    def __init__(self, url: str, patience: float = _PATIENCE) -> None:
        self._engine = create_engine(url, hide_parameters=True)
        self._write = threading.Lock()
        self._patience = patience
        self._untidy = True
        """Something was deleted and may still lie in a file; at the start nobody knows."""
        if self._engine.dialect.name == "sqlite":
            _make_private(self._engine.url.database)
            _prepare_sqlite(self._engine, patience)
        with _translated():
            METADATA.create_all(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that changes nothing and sees one moment."""
        with _translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable when the block is left, and undone as a whole if the block raises.

        One thread writes at a time: SQLite would make them wait for each other with long pauses.
        """
        with self._alone(), _translated(), self._engine.execution_options(writes=True).begin() as connection:
            yield connection

    @contextmanager
    def deleting(self) -> Iterator[Connection]:
        """The same for what has to be gone for good; `tidy` sees to that."""
        with self.writing() as connection:
            self._untidy = True
            yield connection

    def tidy(self) -> None:
        """Take out of SQLite's files what was deleted; other databases see to that themselves.

        Everything is written anew, for where rows lie in their pages, and what the write-ahead file still has, tells
        who collected after whom.
        """
        if not self._untidy:
            return
        with self._alone(), _translated():
            if self._engine.dialect.name == "sqlite":
                with self._engine.execution_options(autocommits=True).connect() as connection:
                    connection.exec_driver_sql("VACUUM")
                    ((is_read, _, _),) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
                if is_read:
                    raise DatabaseUnavailable(
                        "what was deleted still lies in the write-ahead file, which is being read"
                    )
            self._untidy = False

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._write.acquire(timeout=self._patience):
            raise DatabaseUnavailable("other threads were in front for too long")
        try:
            yield
        finally:
            self._write.release()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        raise DatabaseUnavailable(_reason(error)) from None
    except DatabaseError as error:
        if type(error) is not DatabaseError:
            raise  # A mistake of ours in a statement.
        # A file that is damaged, or no database at all.
        raise DatabaseUnavailable(_reason(error)) from None


def _reason(error: Exception) -> str:
    """Only the driver's own words: the statement may hold what somebody sent."""
    return str(getattr(error, "orig", None) or type(error).__name__)


def _make_private(file: str | None) -> None:
    """The roster and who collected is nobody else's to read; SQLite gives its other files the same mode."""
    if not file:
        return
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseUnavailable(str(error.strerror)) from None


def _prepare_sqlite(engine: Engine, patience: float) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, too late and without the lock: see `begin`.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {int(patience * 1000)}",
            "journal_mode = WAL",
            # A commit returns when it is on the disk: a member must stay served after a power cut.
            "synchronous = FULL",
            "fullfsync = ON",
            # Deleted rows are overwritten: erased is erased.
            "secure_delete = ON",
            # What `tidy` copies must not pass through a folder for temporary files.
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("autocommits"):
            # With the lock from the beginning: a transaction that first reads could otherwise not go on to write.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
