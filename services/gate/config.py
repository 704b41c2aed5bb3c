"""The gate's settings (docs/operations.md)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.installed import book_of
from shared.keygen import identity
from shared.log.port import MAX_PARTITIONS
from shared.parties import Book
from shared.settings import Address, Settings


@dataclass(frozen=True)
class Config:
    """`poll`: seconds between two looks at the log. `home`: identity key, journal and round keys; never copied.

    `partitions`: of the envelope topics of rounds to come. `processes`: for the cryptography after closing.
    """

    log: str = field(repr=False)
    book: Book
    home: Path
    identity: Ed25519PrivateKey = field(repr=False)
    metrics: Address
    poll: float
    partitions: int
    processes: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Config":
        """KLANKBORD_LOG, _PARTIES, _HOME, _METRICS, _POLL (2), _PARTITIONS (1), _PROCESSES (all cores); BadSettings."""
        settings = Settings(environ)
        log = settings.text("LOG")
        parties = settings.path("PARTIES")
        home = settings.path("HOME")
        metrics = settings.address("METRICS")
        poll = settings.seconds("POLL", 2)
        partitions = settings.whole("PARTITIONS", 1, least=1, most=MAX_PARTITIONS)
        processes = settings.whole("PROCESSES", os.cpu_count() or 1, least=1, most=1024)
        settings.done()
        book = book_of(parties, log)
        return cls(log, book, home, identity(home, book.current.gate), metrics, poll, partitions, processes)
