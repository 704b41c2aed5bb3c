"""A Kafka on which something is wrong: each service says once what, is not ready, and goes on when it is mended."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
from kafka.admin import ACLOperation

from deploy.kafka.broker import ADMIN
from deploy.trial.installation import Installation, install
from shared import topics
from tests import kafka_here
from tests.process.on_kafka import Kafka
from tests.process.suite import Suite, wait_until

EVERYBODY = ("issuer-1", "ingest", "gate", "aggregate", "report")
ENVELOPES = topics.envelopes("spring")
WAITS = "ERROR shared.loop not available, waiting: "
BACK = "WARNING shared.loop everything is available again"


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Kafka]:
    broker = kafka_here.here()
    kafka_here.empty()
    kafka = Kafka(tmp_path, broker.servers, kafka_here.PASSWORDS[ADMIN])
    yield kafka
    if not broker.runs():
        broker.start()
    for service in EVERYBODY:
        for rights in ("rounds", "nodes.", "envelopes.", "batches.", "releases.", "words."):
            kafka.withdraw(service, rights)
    kafka.set_password("gate", kafka_here.PASSWORDS["gate"])


class Operator:
    """Sees of each service its output, /ready and the moment of its last look; whether it ran through is seen later."""

    def __init__(self, installation: Installation) -> None:
        self._services = installation.services
        self._read = dict.fromkeys(EVERYBODY, 0)

    def sees(self, words: dict[str, str] | None = None) -> None:
        """Wait until /ready says "not ready" and the word of these services, and "ready" of all others."""
        wanted = dict.fromkeys(EVERYBODY, "ready") | {
            name: f"not ready: {word}" for name, word in (words or {}).items()
        }
        wait_until(lambda: {name: self._asks(name, "ready") for name in EVERYBODY} == wanted)

    def reads(self, lines: dict[str, list[str]], beginning: str = "") -> None:
        """Since the last time these services have said these lines, and all others none with that beginning."""
        wanted = {name: lines.get(name, []) for name in EVERYBODY}

        def said() -> dict[str, list[str]]:
            return {name: [line for line in self._new_lines(name) if line.startswith(beginning)] for name in EVERYBODY}

        # A service is ready a moment before it says that it is.
        with suppress(AssertionError):
            wait_until(lambda: said() == wanted, within=5)
        assert said() == wanted
        for name in EVERYBODY:
            self._read[name] += len(self._new_lines(name))

    def saw_a_look(self, name: str) -> bool:
        kind = name.partition("-")[0]
        return f"klankbord_{kind}_last_look 0.0" not in self._asks(name, "metrics")

    def _asks(self, name: str, path: str) -> str:
        try:
            return httpx.get(f"http://{self._services[name].metrics}/{path}", timeout=5).text.strip()
        except httpx.TransportError:
            return ""

    def _new_lines(self, name: str) -> list[str]:
        return self._services[name].said.read_text().splitlines()[self._read[name] :]


def test_what_is_wrong_with_kafka_is_told_once_and_nothing_needs_a_restart(kafka: Kafka, tmp_path: Path) -> None:
    installation = install(tmp_path / "suite", log=kafka)
    operator = Operator(installation)
    try:
        wrong_from_the_start(kafka, installation, operator)
        with closing(installation.log.open()) as log:
            running = Suite(installation, log)
            running.staff()
            running.open_round("spring", ahead=600, lasts=600)
            running.agreed("spring")
        operator.sees()
        operator.reads({})
        rights_withdrawn(kafka, operator)
        a_topic_deleted(kafka, operator)
        settings_and_a_password_changed(kafka, installation, operator)
    finally:
        codes = installation.stop()
    assert set(codes.values()) == {0}, codes


def wrong_from_the_start(kafka: Kafka, installation: Installation, operator: Operator) -> None:
    """Something else for each: a topic that deletes by time, two kinds of rights, all rights, and a password."""
    kafka.set_topic(topics.ROUNDS, retention_ms="604800000")
    kafka.withdraw("issuer-1", topics.ROUNDS, ACLOperation.WRITE)
    kafka.withdraw("gate", topics.ROUNDS)
    kafka.withdraw("aggregate", topics.ROUNDS, ACLOperation.DESCRIBE_CONFIGS)
    kafka.tell_password(installation, "ingest", "hunter2")
    for service in installation.services.values():
        service.start()
    forbidden = {"ingest": "forbidden", "gate": "forbidden", "aggregate": "forbidden"}
    operator.sees({"issuer-1": "damaged", "report": "damaged"} | forbidden)
    deletes = f"{WAITS}rounds: retention.ms is 604800000 and must be -1"
    operator.reads(
        {
            "issuer-1": [deletes],
            "ingest": [f"{WAITS}Kafka refuses the user 'ingest' or its password"],
            "gate": [f"{WAITS}rounds: Kafka does not allow this to 'gate'"],
            "aggregate": [
                f"{WAITS}rounds: Kafka does not let its settings be seen (the right DESCRIBE_CONFIGS)",
            ],
            "report": [deletes],
        }
    )
    assert not any(map(operator.saw_a_look, EVERYBODY))

    kafka.set_topic(topics.ROUNDS, retention_ms="-1")
    operator.sees({"issuer-1": "forbidden"} | forbidden)
    operator.reads({"issuer-1": [f"{WAITS}rounds: Kafka does not allow this to 'issuer-issuer-1'"], "report": [BACK]})

    kafka.tell_password(installation, "ingest")
    kafka.give_all_back()
    operator.sees()
    operator.reads({name: [BACK] for name in EVERYBODY if name != "report"})
    assert all(map(operator.saw_a_look, EVERYBODY))


def rights_withdrawn(kafka: Kafka, operator: Operator) -> None:
    kafka.withdraw("ingest", "envelopes.", ACLOperation.WRITE)
    kafka.withdraw("report", topics.ROUNDS, ACLOperation.READ)
    operator.sees({"ingest": "forbidden", "report": "forbidden"})
    kafka.give_all_back()
    operator.sees()
    operator.reads(
        {
            "ingest": [f"{WAITS}{ENVELOPES}: Kafka does not allow this to 'ingest'", BACK],
            "report": [f"{WAITS}rounds: Kafka does not allow this to 'report'", BACK],
        }
    )


def a_topic_deleted(kafka: Kafka, operator: Operator) -> None:
    """The gate makes it again before anybody answers, as soon as it may."""
    kafka.withdraw("gate", "envelopes.", ACLOperation.CREATE)
    with closing(kafka.open()) as log:
        log.delete(ENVELOPES)
    operator.sees({"ingest": "missing", "gate": "forbidden"})
    kafka.give_all_back()
    operator.sees()
    gone = f"{WAITS}{ENVELOPES}: "
    operator.reads(
        {
            "ingest": [f"{gone}there is no such topic", BACK],
            "gate": [
                "ERROR shared.sealing_party round spring: no-envelopes",
                f"{gone}Kafka does not allow this to 'gate'",
                BACK,
            ],
        }
    )


def settings_and_a_password_changed(kafka: Kafka, installation: Installation, operator: Operator) -> None:
    """A password is asked for when somebody connects: here because the broker was away for a moment."""
    kafka.set_topic(ENVELOPES, retention_ms="1000")
    kafka.set_password("aggregate", "another")
    broker = kafka_here.here()
    broker.kill()
    broker.start()
    operator.sees({"ingest": "damaged", "gate": "damaged", "aggregate": "forbidden"})
    deletes = f"{WAITS}{ENVELOPES}: retention.ms is 1000 and must be -1"
    refused = f"{WAITS}Kafka refuses the user 'aggregate' or its password"
    operator.reads({"ingest": [deletes], "gate": [deletes], "aggregate": [refused]}, beginning="ERROR")

    kafka.set_topic(ENVELOPES, retention_ms="-1")
    kafka.tell_password(installation, "aggregate", "another")
    operator.sees()
    operator.reads({"ingest": [BACK], "gate": [BACK], "aggregate": [BACK]})
