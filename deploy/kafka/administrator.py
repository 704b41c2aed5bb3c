"""kafka-python's client for what the log's port has no verbs for: users, rights, settings."""

from collections.abc import Sequence
from pathlib import Path

from kafka import KafkaAdminClient

from shared.log.kafka_address import MECHANISMS, Address

_BOOTSTRAP = 5000
"""Milliseconds for the first connection."""


def administrator(address: Address) -> KafkaAdminClient:
    """A client of the address's user, mostly a super user; to be closed. errors.KafkaError."""
    return connect(
        address.servers, address.user, address.password, address.mechanism, tls=address.tls, ca_file=address.ca_file
    )


def connect(
    servers: Sequence[str],
    user: str,
    password: str,
    mechanism: str = MECHANISMS[0],
    *,
    tls: bool = False,
    ca_file: Path | None = None,
) -> KafkaAdminClient:
    """The same for a Kafka that has no address file (yet)."""
    return KafkaAdminClient(
        bootstrap_servers=list(servers),
        security_protocol="SASL_SSL" if tls else "SASL_PLAINTEXT",
        ssl_cafile=None if ca_file is None else str(ca_file),
        sasl_mechanism=mechanism,
        sasl_plain_username=user,
        sasl_plain_password=password,
        bootstrap_timeout_ms=_BOOTSTRAP,
    )
