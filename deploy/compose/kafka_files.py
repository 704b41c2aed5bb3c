"""What the containers of Kafka and of those who speak to it read: text of small configuration files."""

from collections.abc import Sequence

ADMIN = "admin"
"""The principal that sets up the others; the broker has its password in a file of its own."""

_PLAIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    'username="{admin}" password="{password}" user_{admin}="{password}";'
)
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


def address(user: str, servers: Sequence[str]) -> bytes:
    """An address file (docs/operations.md) with the password and the authority's certificate beside it."""
    listed = ", ".join(f'"{server}"' for server in servers)
    lines = (
        f"servers = [{listed}]",
        f'user = "{user}"',
        f'password_file = "{user}.password"',
        "tls = true",
        'ca_file = "kafka-authority.pem"',
        "replicas = 1",
    )
    return "".join(f"{line}\n" for line in lines).encode()


def server_properties(password: str) -> bytes:
    """Who may come to the broker; docker-compose.yml has its other settings in the environment, where no secret may be.

    The administrator can come with PLAIN, which needs nothing in the log yet; everybody else has a SCRAM principal.
    """
    plain = _PLAIN.format(admin=ADMIN, password=password)
    lines = (
        f"listener.name.controller.plain.sasl.jaas.config={plain}",
        f"listener.name.clients.plain.sasl.jaas.config={plain}",
        f"listener.name.clients.scram-sha-256.sasl.jaas.config={_SCRAM}",
        f"listener.name.outside.scram-sha-256.sasl.jaas.config={_SCRAM}",
    )
    return "".join(f"{line}\n" for line in lines).encode()


LOGGING = b"""\
Configuration:
  Appenders:
    Console:
      name: STDOUT
      PatternLayout:
        pattern: "%p %c %m%n"
  Loggers:
    Root:
      level: WARN
      AppenderRef:
        - ref: STDOUT
"""
"""log4j2.yaml: to standard output only, since nothing else of the container keeps anything."""
