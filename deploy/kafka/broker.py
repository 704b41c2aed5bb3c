"""One node of Kafka, broker and controller in one, on ports of its own on this machine's loopback interface.

    with Broker.prepare(folder, {"admin": password, "gate": password}) as broker:
        broker.servers                # "127.0.0.1:<port>", SASL_PLAINTEXT with SCRAM-SHA-256

It is alone, or one of several (deploy/kafka/cluster.py).

folder/server.properties   0600: it holds the administrator's password
folder/data/               the log; made with the SCRAM principals inside
folder/server.log          what the server said at WARN and above
"""

import os
import secrets
import socket
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy import watcher
from deploy.kafka import server
from deploy.kafka.administrator import connect

ADMIN = "admin"
"""The super user; every other principal can do what ACLs allow it."""

_PATIENCE = 60.0
"""Seconds for a start or an end; 3 s are usual on two cores."""

_PAUSE = 0.05
"""Seconds between two looks at whether it has started: it has no way of saying so."""

_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Small and quick to start."""

_PROPERTIES = """\
process.roles=broker,controller
node.id={number}
log.dirs={folder}/data
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=SASL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL://127.0.0.1:{port}
listener.security.protocol.map=SASL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=SASL
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-256
sasl.mechanism.controller.protocol=PLAIN
listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule \
required username="{admin}" password="{password}";
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
required username="{admin}" password="{password}" user_{admin}="{password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{admin}
allow.everyone.if.no.acl.found=false
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
"""

_LOGGING = """\
<Configuration status="error">
  <Appenders>
    <File name="file" fileName="{folder}/server.log"><PatternLayout pattern="%d %p %c %m%n"/></File>
  </Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="file"/></Root></Loggers>
</Configuration>
"""


class BrokerFailed(RuntimeError):
    """It ended or did not answer in time; the message says which file tells why."""


@dataclass(frozen=True)
class Plan:
    """A cluster that is to be. `ports`: of each node the one for clients and the one for the other nodes.

    `heap`: MiB of memory that Java manages in each node. 512 are 440 MB resident, 256 are 330.
    """

    id: str
    ports: tuple[tuple[int, int], ...]
    heap: int

    @classmethod
    def of(cls, nodes: int, heap: int) -> "Plan":
        ports = _free_ports(2 * nodes)
        # 16 bytes in base64url; a first one of 0 keeps it from beginning with a hyphen, as an option does.
        name = urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().rstrip("=")
        return cls(name, tuple(zip(ports[:nodes], ports[nodes:], strict=True)), heap)

    @property
    def voters(self) -> str:
        """All nodes, as each of them knows the others."""
        return ",".join(f"{number}@127.0.0.1:{port}" for number, (_, port) in enumerate(self.ports, 1))


class Broker:
    """Starts and ends nothing but its own process; what it keeps survives `stop` and `kill`."""

    def __init__(self, folder: Path, jars: Path, plan: Plan, number: int, password: str) -> None:
        """Use `prepare`."""
        self.folder = folder
        self.number = number
        """By which its cluster knows it, from 1."""
        self._port = plan.ports[number - 1][0]
        self.servers = f"127.0.0.1:{self._port}"
        self._jars = jars
        self._plan = plan
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None

    @classmethod
    def prepare(
        cls,
        folder: Path,
        principals: Mapping[str, str],
        properties: Mapping[str, str] | None = None,
        install: bool = False,
        plan: Plan | None = None,
        number: int = 1,
    ) -> "Broker":
        """A node that is ready to start, in a folder that must be empty; NoKafka, BrokerFailed.

        `principals`: SCRAM users and their passwords (without quotes), `admin` among them. `properties`: of the server,
        beyond or instead of ours. `plan`, `number`: of which cluster it is which node; it is alone without.
        """
        jars = server.jars(install)
        folder = folder.absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        plan = plan or Plan.of(1, heap=512)
        port, controller = plan.ports[number - 1]
        ours = _PROPERTIES.format(
            folder=folder,
            number=number,
            voters=plan.voters,
            port=port,
            controller=controller,
            admin=ADMIN,
            password=principals[ADMIN],
        )
        theirs = "".join(f"{name}={value}\n" for name, value in (properties or {}).items())
        _write(folder / "server.properties", ours + theirs)
        _write(folder / "log4j2.xml", _LOGGING.format(folder=folder))
        broker = cls(folder, jars, plan, number, principals[ADMIN])
        broker._format(principals)
        return broker

    def start(self) -> None:
        """Back when it answers its administrator; BrokerFailed."""
        with (self.folder / "server.out").open("ab") as out:
            heap = f"-Xmx{self._plan.heap}m"
            command = self._java(heap, "kafka.Kafka", str(self.folder / "server.properties"))
            self._process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        try:
            self._watcher = watcher.watch(self._process.pid)
            self._wait_for(self._process)
        except BaseException:
            # Also if somebody interrupts the waiting: who starts it must not be left with one that is half started.
            self.kill()
            raise

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE
        # The port first: a client that finds it closed waits longer and longer between its tries.
        while not (_open(self._port) and self._answers()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise BrokerFailed(f"Kafka did not start: see {self.folder / 'server.log'} and server.out beside it")
            time.sleep(_PAUSE)

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
            self._gone()

    def kill(self) -> None:
        """End it as a power failure would, but for what the operating system has already taken."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._gone()

    def _gone(self) -> None:
        self._process = None
        if self._watcher is not None:
            watcher.forget(self._watcher)
            self._watcher = None

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Back with its exit code when it ends by itself."""
        assert self._process is not None  # noqa: S101 - only after start
        return self._process.wait()

    def admin(self) -> KafkaAdminClient:
        """A client of the super user; to be closed."""
        return connect([self.servers], ADMIN, self._password)

    def __enter__(self) -> "Broker":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            self.admin().close()
        except KafkaError:
            return False
        return True

    def _java(self, *arguments: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.xml'}"
        return ["java", *_JVM, "-cp", f"{self._jars}/*", logging, *arguments]

    def _format(self, principals: Mapping[str, str]) -> None:
        scram = (f"SCRAM-SHA-256=[name={name},password={password}]" for name, password in principals.items())
        arguments = ["kafka.tools.StorageTool", "format", "-t", self._plan.id]
        arguments += ["-c", str(self.folder / "server.properties")]
        for each in scram:
            arguments += ["--add-scram", each]
        # In a file: everybody on this machine can read the arguments of a process.
        file = self.folder / "format.arguments"
        _write(file, "\n".join(f'"{argument}"' for argument in arguments))
        try:
            done = subprocess.run(self._java(f"@{file}"), capture_output=True, text=True, check=False)
        finally:
            file.unlink()
        if done.returncode:
            # Its output is not repeated: it prints what the passwords became.
            raise BrokerFailed(f"Kafka could not make its storage in {self.folder}")


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)


def _free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
