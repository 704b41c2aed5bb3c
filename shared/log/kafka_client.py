"""Requests to Kafka's brokers and their answers, one connection per broker: what `shared.log.kafka` is built on.

kafka-python's own producer and consumer hide what the log's contract needs: they go by a topic's name and not by its
id, so that a deleted and a replaced topic look like one that is slow; and after an error they go on appending behind
the caller's back. Its connections and its messages of the protocol are used here directly.
"""

import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kafka import errors
from kafka.net.selector import NetworkSelector

from shared.log.kafka_address import Address, BadAddress
from shared.log.kafka_network import DIRECT, Manager
from shared.log.kafka_topic import milliseconds
from shared.log.port import LogError, LogForbidden, LogUnavailable

_NAME = "klankbord"
"""What brokers are told about the client: the same for all, and no version."""

_LONGEST_BACKOFF = 500
"""Milliseconds between two tries to connect to a broker that is away: it is missed for as long after it is back."""

_BETWEEN = 0.1
"""Seconds between two rounds through the servers of the address file."""

_LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes. A page of records has about one MiB; what describes a topic with a thousand partitions has less."""

_IN_FLIGHT = 1000
"""Requests under way on one connection: more than there are threads. A broker answers them one after the other."""

_CLOSING = 1000
"""Milliseconds that open connections get for closing."""


_GRACE = 500
"""Milliseconds that an answer may come late: what a broker gives up in time need not end the connection."""


class NotSent(Exception):
    """A broker could not be reached, so that it has not seen the request; its __cause__ says why."""


class Client:
    """Connections of one process, for any number of threads. All calls end at `deadline` (as of time.monotonic).

    They raise NotSent, or errors.KafkaError if the broker may have seen the request.
    """

    def __init__(self, address: Address, deadline: float) -> None:
        """Connect; errors.SaslAuthenticationFailedError if the user or the password is not right."""
        # At DEBUG it prints whole requests, and at ERROR each of its tries. What matters comes as an exception.
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
        self._net = NetworkSelector(client_id=_NAME)
        self._manager = Manager(
            self._net,
            client_id=_NAME,
            client_software_name=_NAME,
            client_software_version="0",
            bootstrap_servers=list(address.servers),
            security_protocol="SASL_SSL" if address.tls else "SASL_PLAINTEXT",
            proxy_url=DIRECT,
            ssl_cafile=None if address.ca_file is None else str(address.ca_file),
            sasl_mechanism=address.mechanism,
            sasl_plain_username=address.user,
            sasl_plain_password=address.password,
            reconnect_backoff_max_ms=_LONGEST_BACKOFF,
            max_in_flight_requests_per_connection=_IN_FLIGHT,
            receive_message_max_bytes=_LARGEST_ANSWER,
        )
        self._net.start()
        try:
            self._manager.run(self._begin, deadline)
        except BaseException:
            self.close()
            raise

    def ask(self, request: Any, deadline: float, node: int | None = None) -> Any:
        """The answer of a broker, any one if `node` is None."""
        return self._manager.run(self._ask, node, request, deadline)

    def ask_all(self, requests: Mapping[int, Any], deadline: float) -> dict[int, Any]:
        """The answers of several brokers at once; in place of an answer the exception that `ask` would raise."""
        return dict(zip(requests, self._manager.run(self._gather, requests, deadline), strict=True))

    def close(self) -> None:
        self._manager.call_soon(self._manager.close)
        self._net.stop(_CLOSING)
        self._net.close()

    async def _begin(self, deadline: float) -> None:
        """Learn from one of the servers which brokers there are.

        kafka-python's own `bootstrap` tries a wrong password again until it is late, and does not tell.
        """
        while True:
            for server in self._manager.cluster.bootstrap_brokers():
                try:
                    connection = await self._connection(server.node_id, deadline)
                    await self._manager.cluster.refresh_metadata(server.node_id)
                except (errors.KafkaError, NotSent) as error:
                    reason = error.__cause__ if isinstance(error, NotSent) else error
                    if not isinstance(reason, errors.RetriableError) or time.monotonic() > deadline:
                        raise
                else:
                    connection.close()
                    return
            await self._net.sleep(_BETWEEN)

    async def _connection(self, node: int | str, deadline: float) -> Any:
        """An open connection; NotSent."""
        try:
            connection = self._manager.get_connection(node, refresh_metadata_on_err=False)
            await self._manager.wait_for(connection.init_future, milliseconds(deadline))
        except errors.KafkaError as error:
            raise NotSent from error
        return connection

    async def _gather(self, requests: Mapping[int, Any], deadline: float) -> list[Any]:
        answers = [self._manager.call_soon(self._ask, node, request, deadline) for node, request in requests.items()]
        return [await _settled(answer) for answer in answers]

    async def _ask(self, node: int | None, request: Any, deadline: float) -> Any:
        connection = await self._connection(self._manager.least_loaded_node() if node is None else node, deadline)
        if connection.paused or time.monotonic() > deadline:
            # The broker has asked for less or has much to read; a request that is late would end the connection.
            raise NotSent from errors.NodeNotReadyError()
        return await connection.send_request(request, request_timeout_ms=milliseconds(deadline) + _GRACE)


_LEFT_TO_THE_PARENT: list[Client | None] = []
"""What a forked process inherits and must not touch: the thread that serves these connections is not there."""


class Connected:
    """The client of this process, made when it is needed and again when it was given up."""

    def __init__(self, file: Path) -> None:
        """Connect to what an address file says; BadAddress."""
        self.address = Address.read(file)
        self._file = file
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._pid = os.getpid()

    def client(self, deadline: float) -> Client:
        """As `Client.__init__`; LogUnavailable if other threads wait in vain for a connection, too."""
        if self._pid != os.getpid():
            _LEFT_TO_THE_PARENT.append(self._client)
            self._lock, self._client, self._pid = threading.Lock(), None, os.getpid()
        if not self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise LogUnavailable(f"no answer from Kafka at {', '.join(self.address.servers)}")
        try:
            if self._client is None:
                self.address = Address.read(self._file)  # Its password may be another by now.
                self._client = Client(self.address, deadline)
            return self._client
        except BadAddress as error:
            raise LogUnavailable(str(error)) from None
        finally:
            self._lock.release()

    def give_up(self, client: Client | None) -> None:
        """Close a client, which other threads may be using, unless somebody was faster."""
        with self._lock:
            if client is None or client is not self._client:
                return
            self._client = None
        client.close()

    def close(self) -> None:
        if self._pid == os.getpid():
            self.give_up(self._client)


async def _settled(answer: Any) -> Any:
    try:
        return await answer
    except (errors.KafkaError, NotSent) as error:
        return error


def failure(reason: BaseException | None, topic: str, address: Address) -> LogError:
    """The log's error, as one line, for what Kafka or the way to it said."""
    if isinstance(reason, errors.SaslAuthenticationFailedError):
        return LogForbidden(f"Kafka refuses the user {address.user!r} or its password")
    if isinstance(reason, errors.UnsupportedSaslMechanismError):
        return LogForbidden(f"Kafka does not know users by {address.mechanism}")
    if isinstance(reason, errors.AuthorizationError):
        return LogForbidden(f"{topic}: Kafka does not allow this to {address.user!r}")
    if isinstance(reason, errors.NotEnoughReplicasError):
        return LogUnavailable(f"{topic}: fewer brokers are up than must keep each record")
    if isinstance(reason, (errors.KafkaConnectionError, errors.KafkaTimeoutError, errors.NodeNotReadyError)):
        why = f" ({reason.args[0]})" if reason.args and isinstance(reason.args[0], str) else ""
        return LogUnavailable(f"{topic}: no answer from Kafka at {', '.join(address.servers)}{why}")
    return LogUnavailable(f"{topic}: {type(reason).__name__ if reason else 'not yet known to all brokers'}")
