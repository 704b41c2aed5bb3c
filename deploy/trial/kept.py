"""Where a trial keeps its log: embedded, or on a Kafka of its own.

<root>/log/                                            the embedded log, one SQLite file per topic
<root>/kafka/                                          one node of Kafka: its settings, data and output
<root>/kafka.toml, kafka.password                      its super user, with whom the trial looks at everything
<root>/<service>/kafka.toml, kafka.password            the service's own user (deploy/kafka/rights.toml)
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from deploy.kafka import setup
from deploy.kafka.addresses import write_address
from deploy.kafka.administrator import administrator
from deploy.kafka.broker import ADMIN, Broker
from shared.log.kafka import KafkaLog
from shared.log.kafka_address import Address
from shared.log.port import Log
from shared.log.sqlite import SqliteLog

KINDS = ("sqlite", "kafka")


class Kept(Protocol):
    """A log that is there, and how it is reached."""

    files: Path
    """Folder with all that lies on the disk of it."""

    def admit(self, principal: str, home: Path) -> str:
        """What a service puts into KLANKBORD_LOG; leaves in its home what it needs for it."""

    def open(self) -> Log:
        """With all rights; to be closed."""

    def topics(self) -> list[str]: ...


class Embedded:
    """The log in a folder; everybody who can reach it can do everything."""

    def __init__(self, root: Path) -> None:
        self.files = root / "log"

    def admit(self, _principal: str, _home: Path) -> str:
        self.files.mkdir(mode=0o700, exist_ok=True)
        return f"sqlite:{self.files}"

    def open(self) -> Log:
        return SqliteLog(self.files)

    def topics(self) -> list[str]:
        return sorted(path.stem for path in self.files.glob("*.db"))


class OnKafka:
    """A broker that runs, with a user and exactly its rights for each service."""

    def __init__(self, root: Path) -> None:
        self.files = root / "kafka" / "data"
        self._address = root / "kafka.toml"

    def prepare(self, servers: str, password: str, principals: Iterable[str]) -> None:
        """Make the users, `rounds` and the rights on a broker that answers at `servers`; LogError, SetupFailed."""
        self._servers = servers
        self._passwords = {principal: secrets.token_urlsafe(24) for principal in principals}
        write_address(self._address.parent, servers, ADMIN, password)
        setup.prepare(self._address, self._passwords)

    def admit(self, principal: str, home: Path) -> str:
        return f"kafka:{write_address(home, self._servers, principal, self._passwords[principal])}"

    def open(self) -> Log:
        return KafkaLog(self._address)

    def topics(self) -> list[str]:
        with closing(administrator(Address.read(self._address))) as client:
            return sorted(client.list_topics())


def at(root: Path) -> Kept:
    """The log of a trial that somebody else runs in `root`."""
    return OnKafka(root) if (root / "kafka.toml").exists() else Embedded(root)


@contextmanager
def kept(root: Path, kind: str, principals: Iterable[str]) -> Iterator[Kept]:
    """A log in `root`, of one of KINDS, until the block ends; NoKafka, BrokerFailed, LogError, SetupFailed."""
    if kind == "sqlite":
        yield Embedded(root)
        return
    password = secrets.token_urlsafe(24)
    with Broker.prepare(root / "kafka", {ADMIN: password}, install=True) as broker:
        log = OnKafka(root)
        log.prepare(broker.servers, password, principals)
        yield log
