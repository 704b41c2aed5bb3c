"""Report's settings (docs/operations.md). It has no key and keeps nothing: everything is rebuilt from the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.report.readers import ReadKey
from shared.installed import book_of
from shared.parties import Book
from shared.serve import Web
from shared.settings import Address, Settings


@dataclass(frozen=True)
class Config:
    """`read_key_file`: without it everybody who reaches the service sees groups and comments too, as in a trial."""

    web: Web
    log: str = field(repr=False)
    book: Book
    metrics: Address
    poll: float
    read_key_file: Path | None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Config":
        """KLANKBORD_LOG, _PARTIES, _METRICS, _POLL (2), _READ_KEY_FILE and what Web reads; BadSettings.

        _HOME is taken and not used, so that one way of starting does for all services.
        """
        settings = Settings(environ)
        log, parties = settings.text("LOG"), settings.path("PARTIES")
        web, metrics, poll = Web.read(settings), settings.address("METRICS"), settings.seconds("POLL", 2)
        read_key_file = settings.optional_path("READ_KEY_FILE")
        settings.text("HOME", "")
        settings.done()
        book = book_of(parties, log)
        if read_key_file is not None:
            ReadKey.load(read_key_file)
        return cls(web, log, book, metrics, poll, read_key_file)
