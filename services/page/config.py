"""What the page's host reads from its environment: no log, no home and no key, for it needs none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.page import built
from shared import page_policy
from shared.page_files import PARTIES
from shared.page_policy import BadAddress
from shared.parties import BadParties, Book
from shared.serve import Web
from shared.settings import PREFIX, Address, BadSettings, Settings


@dataclass(frozen=True)
class Config:
    """Nothing secret, and everything that will ever be served."""

    web: Web
    book: Book
    metrics: Address
    files: Mapping[str, bytes] = field(repr=False)
    """By path: the built page, its hashes, and parties.json."""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Config":
        """KLANKBORD_PARTIES, _PAGE (folder of the built page), _METRICS and what Web reads; BadSettings."""
        settings = Settings(environ)
        parties, folder = settings.path("PARTIES"), settings.path("PAGE", str(built.FOLDER))
        web, metrics = Web.read(settings, in_loop=True), settings.address("METRICS")
        settings.done()
        book, file = _book(parties)
        return cls(web, book, metrics, {**built.read(folder), PARTIES: file})


def _book(path: Path) -> tuple[Book, bytes]:
    try:
        file = path.read_bytes()
        book = Book.load(file)
        page_policy.headers(book)
    except OSError as error:
        raise BadSettings(f"{PREFIX}PARTIES cannot be read: {error.strerror}") from None
    except (BadParties, BadAddress) as error:
        raise BadSettings(f"{PREFIX}PARTIES: {error}") from None
    if not book.current.pages:
        raise BadSettings(f"{PREFIX}PARTIES names no page: issuers, ingest and report would refuse whatever it asks")
    return book, file
