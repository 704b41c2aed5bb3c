"""kafka-python's connections (3.0), mended in two places. tests/contract/test_log_kafka.py fails without either."""

import socket
from typing import Any

from kafka.net.inet import KafkaNetSocket
from kafka.net.manager import KafkaConnectionManager

DIRECT = "klankbord://direct"
"""The `proxy_url` that chooses `_ClosedOnFailure`, for this is how kafka-python lets its sockets be replaced."""


class _ClosedOnFailure(KafkaNetSocket):  # type: ignore[misc] # kafka-python has no types
    """Closes a socket that could not be connected; else it stays open until the garbage collector comes by."""

    SCHEMES = ("klankbord",)

    async def sock_connect(
        self, net: Any, sock: socket.socket, sockaddr: Any, timeout_at: float | None = None
    ) -> socket.socket:
        try:
            connected: socket.socket = await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise
        return connected


class Manager(KafkaConnectionManager):  # type: ignore[misc] # kafka-python has no types
    """Hears the last words of a broker that ends the connection at once.

    They are dropped otherwise, and among them are the refusal of a password and the acknowledgement of an append.
    """

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        transport = await super()._build_transport(node, timeout_at=timeout_at)
        receive = transport._sock_recv

        def received() -> tuple[bytes, Exception | None]:
            data, error = receive()
            return data, None if data else error  # The end is met again at the next look.

        transport._sock_recv = received
        return transport
