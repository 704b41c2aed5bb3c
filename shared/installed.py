"""What every service finds where it is started: parties.json and the log, both tried before anything begins."""

from pathlib import Path

from shared.log import open_log
from shared.parties import BadParties, Book
from shared.settings import PREFIX, BadSettings


def book_of(parties: Path, log: str) -> Book:
    """The book in parties.json; BadSettings if it is none, or if there can be no log at this address.

    The message does not repeat the log's address, which may hold a password.
    """
    try:
        book = Book.load(parties.read_bytes())
    except BadParties as error:
        raise BadSettings(f"{PREFIX}PARTIES: {error}") from None
    except OSError as error:
        raise BadSettings(f"{PREFIX}PARTIES cannot be read: {error.strerror}") from None
    try:
        open_log(log).close()
    except OSError as error:
        raise BadSettings(f"{PREFIX}LOG cannot be opened: {error.strerror}") from None
    except ValueError as error:
        raise BadSettings(f"{PREFIX}LOG: {error}") from None
    return book
