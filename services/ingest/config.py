"""What ingest reads from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared import keygen
from shared.installed import book_of
from shared.parties import Book
from shared.serve import Web
from shared.settings import Address, Settings


@dataclass(frozen=True)
class Config:
    """Nothing secret: the key is read by the process that answers."""

    web: Web
    log: str
    book: Book
    home: Path
    metrics: Address
    poll: float

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Config":
        """KLANKBORD_LOG, _PARTIES, _HOME (with identity.key), _METRICS, _POLL and what Web reads; BadSettings."""
        settings = Settings(environ)
        log, parties, home = settings.text("LOG"), settings.path("PARTIES"), settings.path("HOME")
        web, metrics, poll = Web.read(settings, in_loop=True), settings.address("METRICS"), settings.seconds("POLL", 2)
        settings.done()
        book = book_of(parties, log)
        keygen.identity(home, book.current.ingest)
        return cls(web, log, book, home, metrics, poll)
