"""The append-only log between the services: one interface, several ways to keep it."""

from pathlib import Path

from shared.log.port import Log
from shared.log.sqlite import SqliteLog


def open_log(url: str) -> Log:
    """The log at `sqlite:<folder>` or `kafka:<address file>`; ValueError for any other and for a bad address file.

    A Kafka that is away or refuses us is no error here but at the first use, and at each one until that has passed.
    """
    scheme, _, place = url.partition(":")
    if scheme == "sqlite" and place:
        return SqliteLog(Path(place))
    if scheme == "kafka" and place:
        # Not above: it takes 0.2 s and 20 MB, in each of the worker processes too.
        from shared.log.kafka import KafkaLog

        return KafkaLog(Path(place))
    # The rest of an address may hold a password.
    raise ValueError(
        f"a log's address is sqlite: and a folder, or kafka: and an address file; not one with {scheme[:20]!r}"
    )
