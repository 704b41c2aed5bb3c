"""Whether a broker has opened its port yet: a client that finds it closed waits longer and longer between its tries."""

import socket

_ANSWER = 1.0
"""Seconds; whoever listens answers at once, on a busy machine too."""


def listens(server: str) -> bool:
    """Whether somebody accepts connections at HOST:PORT or [IPv6 address]:PORT."""
    host, _, port = server.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER).close()
    except OSError:
        return False
    return True
