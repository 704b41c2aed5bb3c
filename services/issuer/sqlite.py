"""A SQLite file as the issuer's database: for a trial, or one process in a small company."""

import os
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event

from services.issuer.unavailable import DatabaseUnavailable


class Sqlite:
    """Implements `services.issuer.database.Kind`."""

    shared = False

    def __init__(self, url: URL, patience: float) -> None:
        self.engine = self.reading = create_engine(url, hide_parameters=True)
        self._patience = patience
        event.listen(self.engine, "do_connect", self._make_private)
        event.listen(self.engine, "connect", self._configure)
        event.listen(self.engine, "begin", _begin)

    def tidy(self) -> None:
        """Write everything anew, and empty the write-ahead file; impossible while somebody reads."""
        with self.engine.execution_options(autocommits=True).connect() as connection:
            connection.exec_driver_sql("VACUUM")
            ((is_read, _, _),) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
        if is_read:
            raise DatabaseUnavailable("what was deleted still lies in the write-ahead file, which is being read")

    def _make_private(self, *_about: Any) -> None:
        """The roster and who collected is nobody else's to read; SQLite gives its other files the same mode."""
        if file := self.engine.url.database:
            try:
                os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            except OSError as error:
                raise DatabaseUnavailable(str(error.strerror)) from None

    def _configure(self, connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, too late and without the lock: see `_begin`.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {int(self._patience * 1000)}",
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


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("autocommits"):
        # With the lock from the beginning: a transaction that first reads could otherwise not go on to write.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
