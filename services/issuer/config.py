"""What an issuer reads from its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.issuer import admin_key
from services.issuer.database import check, has_password
from shared import keygen
from shared.installed import book_of
from shared.parties import Book
from shared.secret_files import UnsafeFile, read_secret
from shared.serve import Web
from shared.settings import PREFIX, Address, BadSettings, Settings


@dataclass(frozen=True)
class Config:
    """The identity key is read by the process that signs; a database's address may hold a password."""

    name: str
    web: Web
    log: str
    book: Book
    home: Path
    database: str = field(repr=False)
    admin_key: bytes = field(repr=False)
    metrics: Address
    poll: float
    key_threads: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Config":
        """KLANKBORD_NAME (as in parties.json), _LOG, _PARTIES, _HOME (with identity.key), _ADMIN_KEY_FILE, _METRICS,
        _POLL, _KEY_THREADS, what `database_address` and Web read; BadSettings.
        """
        settings = Settings(environ)
        name, log, home = settings.text("NAME"), settings.text("LOG"), settings.path("HOME")
        parties, key_file = settings.path("PARTIES"), settings.path("ADMIN_KEY_FILE")
        database = database_address(settings, home)
        web, metrics, poll = Web.read(settings), settings.address("METRICS"), settings.seconds("POLL", 2)
        key_threads = settings.whole("KEY_THREADS", os.cpu_count() or 1, least=1, most=256)
        settings.done()
        book = book_of(parties, log)
        party = next((issuer for issuer in book.current.issuers if issuer.name == name), None)
        if party is None:
            raise BadSettings(f"{PREFIX}NAME is no issuer of parties.json")
        keygen.identity(home, party)
        return cls(name, web, log, book, home, database, admin_key.load(key_file), metrics, poll, key_threads)


def database_address(settings: Settings, home: Path) -> str:
    """KLANKBORD_DATABASE (SQLAlchemy's URL, without a password) or _DATABASE_FILE (a file with it, mode 0600); by
    default a SQLite file in HOME. What is wrong is noted in `settings`.
    """
    name, address, file = "DATABASE", settings.text("DATABASE", ""), settings.optional_path("DATABASE_FILE")
    if address and file is not None:
        settings.refuse("DATABASE_FILE", f"and {PREFIX}DATABASE exclude each other")
    elif file is not None:
        name = "DATABASE_FILE"
        try:
            address = read_secret(file).decode().strip()
            if not address:
                settings.refuse(name, "is empty")
        except UnsafeFile as error:
            settings.refuse(name, f"cannot be used: {error}")
        except (OSError, UnicodeDecodeError) as error:
            settings.refuse(name, f"cannot be read: {error.strerror if isinstance(error, OSError) else 'no text'}")
    elif has_password(address):
        settings.refuse(name, f"holds a password: write it into a file, mode 0600, for {PREFIX}DATABASE_FILE")
    try:
        check(address := address or f"sqlite:///{home.absolute() / 'issuer.db'}")
    except ValueError as error:
        settings.refuse(name, f"cannot be used: {error}")
    return address
