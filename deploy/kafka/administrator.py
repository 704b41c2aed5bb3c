"""kafka-python's client for what the log's port has no verbs for: users, rights, settings."""

from kafka import KafkaAdminClient

from shared.log.kafka_address import Address

_BOOTSTRAP = 5000
"""Milliseconds for the first connection."""


def administrator(address: Address) -> KafkaAdminClient:
    """A client of the address's user, mostly a super user; to be closed. errors.KafkaError."""
    return KafkaAdminClient(
        bootstrap_servers=list(address.servers),
        security_protocol="SASL_SSL" if address.tls else "SASL_PLAINTEXT",
        ssl_cafile=None if address.ca_file is None else str(address.ca_file),
        sasl_mechanism=address.mechanism,
        sasl_plain_username=address.user,
        sasl_plain_password=address.password,
        bootstrap_timeout_ms=_BOOTSTRAP,
    )
