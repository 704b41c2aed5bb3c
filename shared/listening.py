"""Whether a service can have the addresses that it is told to listen on, asked before anything is started.

Who listens for requests is a process of its own, whose error nobody could tell apart from a fault of ours.
"""

import socket
from contextlib import ExitStack

from shared.settings import PREFIX, Address, BadSettings


def check(**addresses: Address) -> None:
    """BadSettings with a line for each setting, by name, whose address this process cannot listen on."""
    problems = []
    with ExitStack() as held:
        for name, (host, port) in addresses.items():
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                # Kept until all are tried: two settings may name one address.
                held.enter_context(socket.create_server((host, port), family=family))
            except OSError as error:
                reason = str(error.strerror).partition(" (")[0]  # Without the address, which Python adds.
                problems.append(f"{PREFIX}{name} cannot be listened on: {reason}")
    if problems:
        raise BadSettings("\n".join(problems))
