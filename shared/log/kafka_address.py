"""Where a Kafka is and who comes: a small TOML file, with the password in a file of its own.

servers = ["kafka-1.example.org:9093", "kafka-2.example.org:9093"]
user = "gate"
password_file = "kafka.password"    # mode 0600; relative to this file
tls = true                          # false only on a machine's own loopback or a closed network
ca_file = "ca.pem"                  # optional: the certificate authority, if it is not one of the system's
mechanism = "SCRAM-SHA-256"         # optional, or SCRAM-SHA-512
replicas = 3                        # optional: how many brokers keep each topic that this service creates
"""

import os
import re
import ssl
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")

_KEYS = frozenset({"servers", "user", "password_file", "tls", "ca_file", "mechanism", "replicas"})
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}")

_REPLICAS = 3
"""One broker can be away and one more can be restarted without losing what was acknowledged."""


class BadAddress(ValueError):
    """One line that names the file, if it is one, and what is wrong in it, without repeating what it holds."""


@dataclass(frozen=True)
class Address:
    """`password` is the text itself: it is read again whenever the connection is made again."""

    servers: tuple[str, ...]
    user: str
    password_file: Path
    tls: bool
    ca_file: Path | None
    mechanism: str
    replicas: int
    password: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "Address":
        """The address in a file; BadAddress."""
        values = _load(path)
        where = path.name
        if unknown := sorted(values.keys() - _KEYS):
            raise BadAddress(f"{where}: unknown: {', '.join(unknown)}")
        servers = values.get("servers")
        if not isinstance(servers, list) or not servers or not all(map(_is_server, servers)):
            raise BadAddress(f'{where}: servers must be a list such as ["kafka-1.example.org:9093"]')
        tls = values.get("tls")
        if not isinstance(tls, bool):
            raise BadAddress(f"{where}: tls must be true or false")
        mechanism = values.get("mechanism", MECHANISMS[0])
        if mechanism not in MECHANISMS:
            raise BadAddress(f"{where}: mechanism must be one of {', '.join(MECHANISMS)}")
        replicas = values.get("replicas", _REPLICAS)
        if type(replicas) is not int or not 1 <= replicas <= 9:
            raise BadAddress(f"{where}: replicas must be a whole number from 1 to 9")
        ca_file = path.parent / _text(where, values, "ca_file") if "ca_file" in values else None
        if ca_file is not None:
            _check_authority(where, ca_file)
        password_file = path.parent / _text(where, values, "password_file")
        return cls(
            servers=tuple(servers),
            user=_text(where, values, "user"),
            password_file=password_file,
            tls=tls,
            ca_file=ca_file,
            mechanism=mechanism,
            replicas=replicas,
            password=read_password(where, password_file),
        )


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        # Its name may be a URL with a password that somebody took for an address.
        raise BadAddress(f"the address file of Kafka cannot be read: {error.strerror}") from None
    except ValueError:
        raise BadAddress(f"{path.name} is not in the form of a TOML file") from None


def _is_server(value: object) -> bool:
    return isinstance(value, str) and _SERVER.fullmatch(value) is not None


def _text(where: str, values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise BadAddress(f"{where}: {name} must be a text")
    return value


def read_password(where: str, path: Path) -> str:
    """What a file of our own with mode 0600 holds; BadAddress, which begins with `where`."""
    try:
        if path.stat().st_mode & 0o077:
            raise BadAddress(f"{where}: {path.name} can be read by others: chmod 600")
        if path.stat().st_uid != os.geteuid():
            raise BadAddress(f"{where}: {path.name} belongs to another user")
        password = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadAddress(f"{where}: {path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        password = ""
    if not password:
        raise BadAddress(f"{where}: {path.name} holds no password")
    return password


def _check_authority(where: str, path: Path) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except OSError:  # ssl.SSLError is one.
        raise BadAddress(f"{where}: {path.name} is no certificate of an authority") from None
