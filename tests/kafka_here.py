"""The one real Kafka of a test run: started when a test first needs it, ended with the run (tests/conftest.py).

Where none can be had the tests that need one are skipped, and the run's summary says so; with CI=true they fail.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kafka import KafkaAdminClient

from deploy.kafka.addresses import write_address
from deploy.kafka.broker import ADMIN, Broker
from deploy.kafka.server import NoKafka
from shared.log import open_log
from tests import left_out

PASSWORDS = {name: f"the-password-of-{name}" for name in (ADMIN, "gate", "stranger")}
"""Of the SCRAM principals that the broker has. No ACL exists before a test makes one."""

PROPERTIES = {
    # Five minutes and one by default: tests wait for what Kafka deletes by itself, and make many topics.
    "log.retention.check.interval.ms": "500",
    "log.initial.task.delay.ms": "500",
    "log.segment.delete.delay.ms": "500",
    # A broker that was killed comes back when its session has ended: nine seconds by default.
    "broker.session.timeout.ms": "1500",
    "broker.heartbeat.interval.ms": "300",
}

_HERE: list[Broker] = []


def here() -> Broker:
    """The running broker; skips the test, or fails it with CI=true, if there can be none."""
    if not _HERE:
        _HERE.append(left_out.started("Kafka", _prepare, NoKafka))
    return _HERE[0]


def _prepare(folder: Path) -> Broker:
    return Broker.prepare(folder, PASSWORDS, PROPERTIES, install=left_out.ON_A_BUILD_SERVER)


def end() -> None:
    """At the end of the run."""
    for broker in _HERE:
        broker.kill()  # Nobody reads what it keeps.
        shutil.rmtree(broker.folder)
    _HERE.clear()


def address_file(folder: Path, user: str = ADMIN, password: str | None = None, servers: str | None = None) -> Path:
    """A service's address file for this broker, in a folder that may not exist yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if password is None:
        password = PASSWORDS[user]
    return write_address(folder, servers or here().servers, user, password, name=user)


@contextmanager
def admin() -> Iterator[KafkaAdminClient]:
    """What the super user can do."""
    client = here().admin()
    try:
        yield client
    finally:
        client.close()


def empty() -> None:
    """Delete every topic: the topics of tests have the same names."""
    with admin() as client:
        topics = client.list_topics()
    if topics:
        with closing(open_log(f"kafka:{address_file(here().folder / 'tidying')}")) as log:
            for topic in topics:
                log.delete(topic)
