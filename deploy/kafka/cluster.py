"""Several nodes of Kafka on this machine that know each other: one may die, and the others go on.

with Cluster.prepare(folder, {"admin": password, "gate": password}) as cluster:
    cluster.servers                    # of all nodes, for an address file
    cluster.leader("rounds").kill()    # as a power failure would, and `start()` to bring it back
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from kafka import KafkaAdminClient

from deploy.kafka import server
from deploy.kafka.broker import Broker, Plan

_HEAP = 256
"""MiB for each node: three of them take a gigabyte."""


class Cluster:
    """Each node is broker and controller; more than half of them must run for anything to change."""

    def __init__(self, nodes: Sequence[Broker]) -> None:
        """Use `prepare`."""
        self.nodes = tuple(nodes)
        """In the order of their numbers."""

    @classmethod
    def prepare(
        cls,
        folder: Path,
        principals: Mapping[str, str],
        properties: Mapping[str, str] | None = None,
        install: bool = False,
        nodes: int = 3,
    ) -> "Cluster":
        """Nodes that are ready to start, in folders below this one; as Broker.prepare."""
        server.jars(install)  # Once, and not by each of them at the same time.
        plan = Plan.of(nodes, _HEAP)

        def one(number: int) -> Broker:
            return Broker.prepare(folder / str(number), principals, properties, install, plan, number)

        return cls(_at_once(one, range(1, nodes + 1)))

    @property
    def servers(self) -> str:
        """Of all nodes, with commas between."""
        return ",".join(node.servers for node in self.nodes)

    def start(self) -> None:
        """Back when each answers its administrator, which none does alone; BrokerFailed."""
        _at_once(Broker.start, self.nodes)

    def kill(self) -> None:
        """End all of them; what they keep stays."""
        for node in self.nodes:
            node.kill()

    def admin(self) -> KafkaAdminClient:
        """A client of the super user, of a node that runs; to be closed."""
        return next(node for node in self.nodes if node.runs()).admin()

    def leader(self, topic: str, partition: int = 0) -> Broker | None:
        """The node to which everybody appends the records of a partition, if one that runs is known already."""
        of = next(one for one in self._partitions(topic) if one["partition_index"] == partition)
        return next((node for node in self.nodes if node.number == of["leader_id"] and node.runs()), None)

    def in_step(self) -> bool:
        """Whether every node has all that it is to have, so that any of them may die."""
        return all(set(of["isr_nodes"]) == set(of["replica_nodes"]) for of in self._partitions())

    def _partitions(self, *names: str) -> list[dict[str, Any]]:
        client = self.admin()
        try:
            described = client.describe_topics(list(names) or None)
        finally:
            client.close()
        return [partition for topic in described for partition in topic["partitions"]]

    def __enter__(self) -> "Cluster":
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def _at_once(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """`work` on all of them in threads; the first exception when all are done."""
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))
