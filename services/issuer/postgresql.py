"""PostgreSQL as the issuer's database: for several replicas of one issuer, and where databases are looked after.

Who writes holds one lock of the whole database until the commit, as in SQLite: what a transaction has read stays true,
and no transaction ever has to be tried again. A collection holds it for a few milliseconds.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from services.issuer.tables import METADATA, SERVED

_WRITER = 0x6B6C616E6B
"""The number of that lock, of pg_advisory_xact_lock; ours alone, for the database is (it spells "klank")."""

_TIDIER = _WRITER + 1
"""The number of the lock of whoever tidies, so that two processes do it one after the other."""

_TIDYING = 0.2
"""Seconds that `tidy` waits for a table: all who come after it wait as long, and it may try again at the next look."""

_NETWORK = {
    # Seconds until a server that does not answer is given up, and milliseconds until one that does not acknowledge is.
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",
    "application_name": "klankbord-issuer",
}
"""Options of the connection, where the address has none of its own."""


class Postgresql:
    """Implements `services.issuer.database.Kind`. ImportError where libpq is missing, ValueError for other options."""

    shared = True

    def __init__(self, url: URL, patience: float) -> None:
        url = url.set(drivername="postgresql+psycopg").update_query_dict(
            {name: value for name, value in _NETWORK.items() if name not in url.query}
        )
        self.engine = create_engine(
            url,
            hide_parameters=True,
            # Whatever the server's default is: at any other level what waited for the lock would look at what was
            # there before it waited.
            isolation_level="READ COMMITTED",
            # A server that was restarted is noticed before a request would be lost on the old connection.
            pool_pre_ping=True,
            pool_timeout=patience,
            # A type of columns that we do not have; with it each new connection would ask for it.
            use_native_hstore=False,
        )
        _refuse_unknown(self.engine.dialect.create_connect_args(url)[1])
        one_moment = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self.reading: Engine = self.engine.execution_options(**one_moment)
        self._patience = patience
        event.listen(self.engine, "connect", self._configure)
        event.listen(self.engine, "begin", _begin)

    def tidy(self) -> None:
        """Write everything anew, so that no file has dead rows; what an older transaction may still read stays.

        Rows of those who collected are also inserted anew, all at once and by name: their places and the numbers of
        their transactions (xmin) told who collected after whom, and where the server notes times of commits, when.
        """
        names = ", ".join(column.name for column in SERVED.columns)
        with self.engine.execution_options(writes=True).begin() as connection:
            connection.exec_driver_sql(
                f"WITH gone AS (DELETE FROM {SERVED.name} RETURNING {names}) "  # noqa: S608 - our own names
                f"INSERT INTO {SERVED.name} ({names}) SELECT {names} FROM gone ORDER BY {names}"
            )
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            try:
                connection.exec_driver_sql(f"SELECT pg_advisory_lock({_TIDIER})")
                connection.exec_driver_sql(f"SET lock_timeout = {int(_TIDYING * 1000)}")
                for table in METADATA.sorted_tables:
                    connection.exec_driver_sql(f"VACUUM FULL {table.name}")
            finally:
                connection.invalidate()  # With its lock and its lock_timeout.

    def _configure(self, connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(
            f"SET lock_timeout = {int(self._patience * 1000)};"
            # A commit returns when it is on the disk: a member must stay served after a power cut.
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.autocommit = False


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writes"):
        # What follows sees all that was committed before, for each statement takes a new look.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def _refuse_unknown(options: Mapping[str, Any]) -> None:
    # Not at the top: without libpq it cannot be imported, and who uses SQLite needs none.
    from psycopg import Error, conninfo

    try:
        conninfo.make_conninfo("", **{name: value for name, value in options.items() if name != "context"})
    except Error:
        raise ValueError("an option that libpq does not know") from None
