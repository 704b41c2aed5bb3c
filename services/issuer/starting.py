"""Before an issuer answers anybody: its database as it has to be. One on another machine is waited for."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from services.issuer import migrating
from services.issuer.config import database_address
from services.issuer.database import Database
from services.issuer.migrating import WrongTables
from services.issuer.unavailable import DatabaseUnavailable
from shared import loop
from shared.log.port import LogUnavailable
from shared.settings import PREFIX, BadSettings, Settings


def wait_for(database: Database, name: str, interval: float) -> bool:
    """True when the tables are those of this version and issuer, False if the process is to end before; BadSettings.

    A PostgreSQL that is away is asked every `interval` seconds; it may be starting, too.
    """
    if not database.shared:
        try:
            migrating.prepare(database)
            migrating.claim(database, name)
        except (WrongTables, DatabaseUnavailable) as error:
            raise _unusable(error) from None
        return True
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    stop, ready = loop.stop_on_signals(), False

    def prepare() -> None:
        nonlocal ready
        try:
            migrating.prepare(database)
            migrating.claim(database, name)
        except WrongTables as error:
            raise _unusable(error) from None
        except DatabaseUnavailable as error:
            raise LogUnavailable(f"the database: {error}") from None
        ready = not stop.is_set()  # Who was asked to end meanwhile must not begin to serve.
        stop.set()

    try:
        loop.run(prepare, stop, interval)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return ready


def migrate(environ: Mapping[str, str]) -> int:
    """Make or upgrade the tables; an exit code. It needs the settings of the database only."""
    settings = Settings(environ)
    home = settings.optional_path("HOME")
    try:
        if home is None and not {f"{PREFIX}DATABASE", f"{PREFIX}DATABASE_FILE"} & environ.keys():
            settings.refuse("HOME", "is missing")
        address = database_address(settings, home or Path())
        settings.done(all_asked=False)
        database = Database(address)
        try:
            sys.stdout.write(f"the tables are those of revision {migrating.migrate(database)}\n")
        except (WrongTables, DatabaseUnavailable) as error:
            raise _unusable(error) from None
        finally:
            database.close()
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _unusable(error: Exception) -> BadSettings:
    return BadSettings(f"{PREFIX}DATABASE cannot be used: {error}")
