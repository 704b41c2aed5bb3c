"""The append-only log between the services: one interface, several ways to keep it."""

from pathlib import Path

from shared.log.port import Log
from shared.log.sqlite import SqliteLog


def open_log(url: str) -> Log:
    """The log at an address of the form `sqlite:<folder>`; ValueError for any other."""
    scheme, _, place = url.partition(":")
    if scheme != "sqlite" or not place:
        # The rest of an address may hold a password.
        raise ValueError(f"a log's address begins with sqlite: and a folder, not with {scheme[:20]!r}")
    return SqliteLog(Path(place))
