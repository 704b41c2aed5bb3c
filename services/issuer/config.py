"""What an issuer reads from its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.issuer import admin_key
from services.issuer.database import check
from shared import keygen
from shared.installed import book_of
from shared.parties import Book
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
        """KLANKBORD_NAME (as in parties.json), _LOG, _PARTIES, _HOME (with identity.key), _DATABASE (SQLAlchemy's URL;
        default a SQLite file in HOME), _ADMIN_KEY_FILE, _METRICS, _POLL, _KEY_THREADS and what Web reads; BadSettings.
        """
        settings = Settings(environ)
        name, log, home = settings.text("NAME"), settings.text("LOG"), settings.path("HOME")
        parties, key_file = settings.path("PARTIES"), settings.path("ADMIN_KEY_FILE")
        database = settings.text("DATABASE", f"sqlite:///{home.absolute() / 'issuer.db'}")
        web, metrics, poll = Web.read(settings), settings.address("METRICS"), settings.seconds("POLL", 2)
        key_threads = settings.whole("KEY_THREADS", os.cpu_count() or 1, least=1, most=256)
        settings.done()
        book = book_of(parties, log)
        try:
            check(database)
        except ValueError as error:
            raise BadSettings(f"{PREFIX}DATABASE: {error}") from None
        party = next((issuer for issuer in book.current.issuers if issuer.name == name), None)
        if party is None:
            raise BadSettings(f"{PREFIX}NAME is no issuer of parties.json")
        keygen.identity(home, party)
        return cls(name, web, log, book, home, database, admin_key.load(key_file), metrics, poll, key_threads)
