"""What ingest reads from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared import keygen
from shared.log import open_log
from shared.parties import BadParties, Book
from shared.serve import Web
from shared.settings import PREFIX, Address, BadSettings, Settings


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
        web, metrics, poll = Web.read(settings), settings.address("METRICS"), settings.seconds("POLL", 2)
        settings.done()
        try:
            book = Book.load(parties.read_bytes())
            open_log(log).close()
        except BadParties as error:
            raise BadSettings(f"{PREFIX}PARTIES: {error}") from None
        except OSError as error:
            raise BadSettings(f"{PREFIX}PARTIES or {PREFIX}LOG cannot be opened: {error.strerror}") from None
        except ValueError as error:
            raise BadSettings(f"{PREFIX}LOG: {error}") from None
        keygen.identity(home, book.current.ingest)
        return cls(web, log, book, home, metrics, poll)
