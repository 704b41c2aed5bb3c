"""`python -m deploy.compose.kafka ADMIN.toml SECRETS`: let the administrator in, who then makes all others.

Kafka's image makes its storage without SCRAM principals, so the administrator first comes with PLAIN, which the broker
knows from a file, and gives itself the SCRAM principal with which deploy/kafka/setup.py comes. Afterwards it takes that
away again: Kafka may be published for services elsewhere (split.yml), and there nobody comes but by SCRAM.
"""

import logging
import socket
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from kafka.admin import UserScramCredentialDeletion
from kafka.errors import KafkaError

from deploy.kafka import setup
from deploy.kafka.administrator import administrator
from shared.log.kafka_address import Address, BadAddress

_PATIENCE = 60.0
"""Seconds for a broker that is starting; it takes ten on two busy cores."""

_PAUSE = 0.2
"""Seconds between two tries."""


def main() -> int:
    """0, or 2 for an address file that is none, or 1 if Kafka is away or does not do it."""
    words = sys.argv[1:]
    if len(words) != 2:
        print("ADMIN.toml and a folder with passwords are needed", file=sys.stderr)
        return 2
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # What matters comes as an exception.
    try:
        address = Address.read(Path(words[0]))
        let_in(address)
        try:
            return setup.main(words)
        finally:
            shut_out(address)
    except BadAddress as error:
        print(error, file=sys.stderr)
        return 2
    except (KafkaError, setup.SetupFailed) as error:
        print(f"the administrator could not come to Kafka: {type(error).__name__}", file=sys.stderr)
        return 1


def let_in(address: Address) -> None:
    """Give the administrator its SCRAM principal, once a broker answers; KafkaError, SetupFailed."""
    deadline = time.monotonic() + _PATIENCE
    # The port first: a client that finds it closed waits longer and longer between its tries.
    while not any(map(_is_open, address.servers)) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    while True:
        try:
            client = administrator(replace(address, mechanism="PLAIN"))
            break
        except KafkaError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)
    with closing(client):
        setup.set_users(client, address.mechanism, {address.user: address.password})


def shut_out(address: Address) -> None:
    """Take the administrator's SCRAM principal away; KafkaError."""
    with closing(administrator(replace(address, mechanism="PLAIN"))) as client:
        client.alter_user_scram_credentials([UserScramCredentialDeletion(address.user, address.mechanism)])


def _is_open(server: str) -> bool:
    host, _, port = server.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
