"""The issuer's database: durable commits, one writer at a time, one error for "not now"; SQLite or PostgreSQL."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.issuer.postgresql import Postgresql
from services.issuer.sqlite import Sqlite
from services.issuer.unavailable import DatabaseUnavailable

_PATIENCE = 5.0
"""Seconds to wait for another thread, and then for another process, before a request is told to come back."""

_NOT_OURS = ("25006", "25P0", "3D000", "42501", "57", "58", "XX")
"""How SQLSTATEs begin that tell of the server, not of a mistake of ours (PostgreSQL's appendix A): one that takes no
writes (a standby), ended our session, has no such database, grants us too little, or is damaged."""


class Kind(Protocol):
    """What differs between one database and another."""

    engine: Engine
    """Begins what has the option `writes` alone, also among processes; DatabaseUnavailable or the driver's errors."""
    reading: Engine
    """The same engine for transactions that see one moment."""
    shared: bool
    """Whether processes of several machines may use it at once."""

    def tidy(self) -> None:
        """See that nothing is left of what was deleted; DatabaseUnavailable if that has to wait."""


def check(url: str) -> None:
    """Refuse with ValueError an address that is none, or for which the driver is missing; nobody is asked."""
    _kind(url, _PATIENCE).engine.dispose()


def has_password(url: str) -> bool:
    """Whether an address holds a password, be it among its options; False for what is no address."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return False
    return parsed.password is not None or any("password" in name for name in parsed.query)


class Database:
    """Transactions at an address (SQLAlchemy's URL); services/issuer/migrating.py makes the tables.

    DatabaseUnavailable from every method: nothing was changed, unless the connection broke in the very moment of
    a commit, so what was to be done may be asked for again. ValueError for an address that is none.
    """

    def __init__(self, url: str, patience: float = _PATIENCE) -> None:
        self._kind = _kind(url, patience)
        self._engine = self._kind.engine
        self._writes = self._engine.execution_options(writes=True)
        self._write = threading.Lock()
        self._patience = patience
        self._untidy = True
        """Something was deleted and may still lie in a file; at the start nobody knows."""

    @property
    def shared(self) -> bool:
        """Whether processes of several machines may use it at once."""
        return self._kind.shared

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that changes nothing and sees one moment."""
        with _translated(), self._kind.reading.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable when the block is left, and undone as a whole if the block raises.

        One thread of one process writes at a time, so that what it has read stays true until it commits.
        """
        with self._alone(), _translated(), self._writes.begin() as connection:
            yield connection

    @contextmanager
    def deleting(self) -> Iterator[Connection]:
        """The same for what has to be gone for good; `tidy` sees to that."""
        with self.writing() as connection:
            self._untidy = True
            yield connection

    def tidy(self) -> None:
        """Take out of the database's files what was deleted.

        Where rows lie tells who collected after whom, so they are written anew in another order.
        """
        if not self._untidy:
            return
        with self._alone(), _translated():
            self._kind.tidy()
            self._untidy = False

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # The threads of a process wait here, where they hold no connection.
        if not self._write.acquire(timeout=self._patience):
            raise DatabaseUnavailable("other threads were in front for too long")
        try:
            yield
        finally:
            self._write.release()


def _kind(url: str, patience: float) -> Kind:
    try:
        parsed = make_url(url)
        if parsed.drivername == "sqlite":
            return Sqlite(parsed, patience)
        if parsed.drivername in ("postgresql", "postgresql+psycopg"):
            return Postgresql(parsed, patience)
    except (ArgumentError, ValueError):
        pass  # The message may hold a password.
    except ImportError:
        raise ValueError("PostgreSQL's libpq is not installed (Debian and Ubuntu: apt install libpq5)") from None
    raise ValueError("no address of a database, which begins with sqlite:/// or postgresql://")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        raise DatabaseUnavailable(_reason(error)) from None
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        # SQLite: a file that is damaged, or no database at all.
        damaged = type(error) is DatabaseError
        if not (damaged or error.connection_invalidated or state.startswith(_NOT_OURS)):
            raise  # A mistake of ours in a statement.
        raise DatabaseUnavailable(_reason(error)) from None


def _reason(error: Exception) -> str:
    """Only the driver's own words, in one line: the statement, or a row that is quoted, may hold what somebody sent."""
    said = getattr(error, "orig", None)
    words = getattr(getattr(said, "diag", None), "message_primary", None) or str(said or type(error).__name__)
    return " ".join(words.split())
