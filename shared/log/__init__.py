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
    if scheme == "kafka" and place and not place.startswith("//"):
        # Not above: kafka-python takes 0.2 s to import, in each worker process too.
        from shared.log.kafka import KafkaLog

        return KafkaLog(Path(place))
    # The rest of an address may hold a password.
    raise ValueError(
        "a log's address begins with sqlite: and a folder, or with kafka: and an address file, "
        f"not with {f'{scheme[:20]}://' if place.startswith('//') else scheme[:20]!r}"
    )
