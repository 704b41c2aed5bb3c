"""The broker of docker-compose.yml, as its image makes it: the same class reads the same environment and files."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.compose.kafka import let_in, main
from deploy.compose.prepare import Plan, prepare
from deploy.compose.volumes import Volumes
from deploy.kafka import server, setup
from shared import topics
from shared.log import open_log
from shared.log.kafka import KafkaLog
from shared.log.kafka_address import Address
from shared.log.port import LogForbidden
from tests import kafka_here

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
URLS = {"issuer": "https://localhost:8441", "ingest": "https://localhost:8442", "report": "https://localhost:8443"}
JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(frozen=True)
class Started:
    """A broker with this environment, and the volumes that were prepared for it."""

    volumes: Path

    def address(self, volume: str, name: str = "kafka.toml") -> Path:
        return self.volumes / volume / name


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    kafka_here.here()  # Skips where there is no Kafka to be had.
    folder, (port, controller) = tmp_path_factory.mktemp("compose"), free_ports()
    volumes = folder / "volumes"
    prepare(Volumes(volumes), Plan("hr", URLS, trial=True, kafka=f"localhost:{port}"), time.time())
    elsewhere = {
        "kafka:9092": f"localhost:{port}",
        ":9092": f":{port}",
        ":9093": f":{controller}",
        "/mnt/shared/config": str(volumes / "kafka"),
        "/var/lib/kafka/data": str(folder / "data"),
    }
    environment = {name: moved(str(value), elsewhere) for name, value in environment_of("kafka").items()}
    for place in ("default", "final", "data"):
        (folder / place).mkdir()
    for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (folder / "default" / name).write_text("# What the image has.\n")
    java = ["java", *JVM, "-cp", f"{server.jars()}/*"]
    places = [f"--{place}-configs-dir={folder / place}" for place in ("default", "final")]
    wrapper = [*java, "kafka.docker.KafkaDockerWrapper", "setup", f"--mounted-configs-dir={volumes / 'kafka'}", *places]
    said = subprocess.run(wrapper, env=inherited() | environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    with (folder / "broker.log").open("wb") as out:
        logging = f"-Dlog4j2.configurationFile={folder / 'final' / 'log4j2.yaml'}"
        command = [*java[:-2], logging, *java[-2:], "kafka.Kafka", str(folder / "final" / "server.properties")]
        broker = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        let_in(Address.read(volumes / "setup" / "admin.toml"))
        assert setup.main([str(volumes / "setup" / "admin.toml"), str(volumes / "users")]) == 0
        yield Started(volumes)
    finally:
        broker.kill()
        broker.wait()
        shutil.rmtree(folder)


def environment_of(service: str) -> Mapping[str, object]:
    environment: Mapping[str, object] = yaml.safe_load(COMPOSE.read_text())["services"][service]["environment"]
    return environment


def moved(value: str, elsewhere: Mapping[str, str]) -> str:
    for here, there in elsewhere.items():
        value = value.replace(here, there)
    return value


def inherited() -> dict[str, str]:
    return {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def test_services_come_with_their_own_files_over_tls_and_have_their_rights_only(started: Started) -> None:
    with closing(open_log(f"kafka:{started.address('gate')}")) as gate:
        gate.create("envelopes.r")
        assert gate.end("envelopes.r") == (0,)
    with closing(open_log(f"kafka:{started.address('ingest')}")) as ingest:
        ingest.append("envelopes.r", b"one")
        assert ingest.end(topics.ROUNDS) == (0,)
        with pytest.raises(LogForbidden):
            ingest.append(topics.ROUNDS, b"mine")


def test_nobody_but_the_administrator_comes_without_scram(started: Started) -> None:
    gate = Address.read(started.address("gate"))
    with pytest.raises(KafkaError):
        KafkaAdminClient(
            bootstrap_servers=list(gate.servers),
            security_protocol="SASL_SSL",
            ssl_cafile=str(gate.ca_file),
            sasl_mechanism="PLAIN",
            sasl_plain_username=gate.user,
            sasl_plain_password=gate.password,
            bootstrap_timeout_ms=300,  # A right password takes 50.
        )


def test_it_can_be_set_up_again_and_leaves_no_administrator_who_could_come_from_outside(
    started: Started, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Kafka is published for services elsewhere SCRAM is all that is taken."""
    admin = started.address("setup", "admin.toml")
    monkeypatch.setattr("sys.argv", ["kafka", str(admin), str(started.volumes / "users")])
    for _ in range(2):
        assert main() == 0
        assert "rights: 0 given, 0 taken away" in capsys.readouterr().out
        with (
            closing(KafkaLog(admin, timeout=2)) as log,
            pytest.raises(LogForbidden, match=r"^Kafka refuses the user 'admin' or its password$"),
        ):
            log.end(topics.ROUNDS)
