"""Three real brokers that die at the worst of moments, and once two are dead: nothing is lost, nothing is double."""

import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest

from clients.cli import answering, counting
from clients.cli.counting import Fate
from clients.cli.wallet import Wallet
from deploy.kafka.broker import ADMIN, Broker
from deploy.kafka.cluster import Cluster
from deploy.kafka.server import NoKafka
from deploy.trial import outside
from deploy.trial.installation import Service
from deploy.trial.story import TrueAnswers
from shared import topics
from shared.manifest import Manifest
from shared.records import Kind
from shared.rounds import State
from tests import left_out
from tests.process.on_kafka import Kafka
from tests.process.suite import PEOPLE, Suite, suite, truth_of, wait_until

PASSWORD = "the password of the administrator"
PROPERTIES = {
    # Nine seconds by default: for so long nobody leads what a dead broker led.
    "broker.session.timeout.ms": "1500",
    "broker.heartbeat.interval.ms": "300",
    # Two seconds and one by default, until the others have another controller.
    "controller.quorum.fetch.timeout.ms": "1000",
    "controller.quorum.election.timeout.ms": "500",
}

SPRING = "spring"
SIZE = 8192
"""Bytes of an open answer: those of 24 people fill more than one chunk of the batch."""

FOREIGN = (b"", b"{}", bytes(range(256)), bytes(600 * 1024))
"""The last is larger than any record of ours, and not larger than Kafka takes."""

LITTERED = tuple(of(SPRING) for of in (topics.envelopes, topics.batches, topics.releases, topics.words))

ANYWHERE = "rounds: N records that no party signed, the last one at offset N; nothing follows from them"
UNNAMED = f"{len(FOREIGN)} records that no signed record names; nothing follows from them"
TOLD = {
    "issuer-1": {ANYWHERE},
    "ingest": {ANYWHERE},
    "gate": {ANYWHERE, f"envelopes.spring: {len(FOREIGN)} records do not count: malformed {len(FOREIGN)}"},
    "aggregate": {ANYWHERE, f"batches.spring: {UNNAMED}"},
    "report": {ANYWHERE, f"releases.spring: {UNNAMED}", f"words.spring: {UNNAMED}"},
}

AWAY = "not available, waiting"

WRITERS = ("issuer-1", "ingest", "gate", "aggregate")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="klankbord-kafka-"))
    try:
        made = Cluster.prepare(folder, {ADMIN: PASSWORD}, PROPERTIES, install=left_out.ON_A_BUILD_SERVER)
    except NoKafka as error:
        shutil.rmtree(folder)
        left_out.without("Kafka", str(error))
    with made:
        yield made
    shutil.rmtree(folder)


def litter(running: Suite, kafka: Kafka) -> None:
    """Whoever administers Kafka can append to every topic, and make those that are not there yet."""
    old = next(running.log.read(topics.ROUNDS)).value
    kafka.append_foreign(topics.ROUNDS, *FOREIGN, old)
    for topic in LITTERED:
        running.log.create(topic)
        kafka.append_foreign(topic, *FOREIGN)


def told_of_litter(running: Suite) -> dict[str, set[str]]:
    """By service what it says of records that are not ours; numbers of `rounds` depend on when it looked."""
    told = {}
    for name, service in running.installation.services.items():
        lines = re.findall("^WARNING (?:shared.strangers|services.gate.loop) (.*)$", service.said.read_text(), re.M)
        assert len(lines) <= 5, lines
        told[name] = {re.sub("(at offset|rounds:) [0-9]+", r"\1 N", line) for line in lines}
    return told


def leader_of(cluster: Cluster, topic: str) -> Broker:
    wait_until(lambda: cluster.leader(topic) is not None)
    leader = cluster.leader(topic)
    assert leader is not None
    return leader


def kill_amid_the_envelopes(running: Suite, cluster: Cluster, answered: Future[dict[str, TrueAnswers]]) -> None:
    """The broker to which a third of them is appended, while everybody answers."""
    topic = topics.envelopes(SPRING)
    leader, before = leader_of(cluster, topic), sum(running.log.end(topic))
    wait_until(lambda: sum(running.log.end(topic)) - before >= len(PEOPLE), pause=0.001)
    leader.kill()
    assert not answered.done()


def kill_another(running: Suite, cluster: Cluster, manifest: Manifest, wallet: Wallet) -> None:
    """Only the one is left from which `rounds` can be read. Somebody answers again, and gets no receipt."""
    last = leader_of(cluster, topics.ROUNDS)
    next(node for node in cluster.nodes if node.runs() and node is not last).kill()
    same = truth_of(PEOPLE[0])
    given = answering.plaintexts(manifest.draft.questionnaire, dict(same.choices) | dict(same.words))
    sealed = running.client.seal(manifest, wallet, given, time.time())
    address = f"{running.installation.services['ingest'].url}/envelopes"
    with ThreadPoolExecutor(1) as meanwhile:
        posted = meanwhile.submit(httpx.post, address, json=sealed[0].body, timeout=30)
        for name in WRITERS:
            wait_until(partial(is_ready, running, name, "not ready: unavailable"))
    answer = posted.result()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "receipt" not in answer.text


def is_ready(running: Suite, service: str, word: str = "ready") -> bool:
    return running.ready(service) == word


def has_recovered(service: Service) -> bool:
    """From as much as it has said to have been without."""
    said = service.said.read_text()
    return said.count(AWAY) == said.count("everything is available again")


def come_back(running: Suite, cluster: Cluster) -> None:
    """All that are dead, until any of them may die again."""
    with ThreadPoolExecutor() as at_once:
        list(at_once.map(Broker.start, (node for node in cluster.nodes if not node.runs())))
    wait_until(cluster.in_step)
    for name in running.installation.services.keys() - {"gate"}:
        wait_until(partial(is_ready, running, name))


@contextmanager
def paused(service: Service) -> Iterator[None]:
    assert service.process is not None
    os.kill(service.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(service.process.pid, signal.SIGCONT)


def size_of_batch(node: Broker) -> int:
    """Bytes that a broker has of it on its disk, acknowledged or not."""
    return (node.folder / "data" / f"{topics.batches(SPRING)}-0" / f"{0:020}.log").stat().st_size


def kill_amid_the_batch(running: Suite, leader: Broker, before: int) -> None:
    """The broker to which the gate appends its batch, as soon as it has more than `before`."""
    wait_until(lambda: size_of_batch(leader) > before, pause=0.0005)
    leader.kill()
    assert running.fold().rounds[SPRING].phase is State.CUT, "the batch was complete"


def test_no_receipt_is_lost_and_nothing_counts_twice_whichever_broker_dies(cluster: Cluster, tmp_path: Path) -> None:
    kafka = Kafka(tmp_path, cluster.servers, PASSWORD)
    with suite(tmp_path / "suite", partitions=3, log=kafka) as running:
        running.client = replace(running.client, sleep=lambda seconds: time.sleep(min(seconds, 0.5)))
        running.open_round(SPRING, ahead=4, lasts=20, size=SIZE)
        manifest = running.agreed(SPRING)
        litter(running, kafka)
        wallets: dict[str, Wallet] = {}
        with ThreadPoolExecutor(1) as meanwhile:
            answered = meanwhile.submit(running.answer, manifest, PEOPLE, wallets)
            kill_amid_the_envelopes(running, cluster, answered)
        kill_another(running, cluster, manifest, wallets[PEOPLE[0]])
        with paused(running.installation.services["gate"]):  # The round may have closed meanwhile.
            come_back(running, cluster)
            leader = leader_of(cluster, topics.batches(SPRING))
            before = size_of_batch(leader)
        kill_amid_the_batch(running, leader, before)
        wait_until(lambda: running.fold().rounds[SPRING].phase is State.RELEASED)

        of = running.fold().rounds[SPRING]
        numbers, comments, counted = outside.release(running.log, of)
        assert outside.differences(manifest, numbers, comments, answered.result()) == []
        assert len(counted.counted) == len(PEOPLE) * len(manifest.draft.questionnaire.parts)
        assert running.hr.results(SPRING, within=30)["round"] == SPRING
        listed = running.client.counted(SPRING, wallets[PEOPLE[0]]).listed
        for wallet in wallets.values():
            entry = wallet.get(SPRING)
            assert entry is not None
            assert set(counting.fates(entry, listed)) == {Fate.COUNTED}
        for kind in (Kind.MANIFEST, Kind.CUT, Kind.BATCH, Kind.OPENING, Kind.RELEASE):
            assert running.record_count(SPRING, kind) == 1
        assert running.fold().alarms == ()
        for service in running.installation.services.values():
            wait_until(partial(has_recovered, service))
            assert service.said.read_text().count(AWAY) <= 3, service.said.read_text()
            assert "Traceback" not in service.said.read_text()
        assert told_of_litter(running) == TOLD
