"""Whether a port is open that a broker will listen on."""

import socket

import pytest

from deploy.kafka.listening import listens


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "[::1]")])
def test_a_port_counts_from_when_somebody_listens_until_nobody_does(family: socket.AddressFamily, host: str) -> None:
    try:
        waiting = socket.create_server((host.strip("[]"), 0), family=family)
    except OSError:
        pytest.skip("no IPv6 here")
    with waiting:
        server = f"{host}:{waiting.getsockname()[1]}"
        assert listens(server)
    assert not listens(server)


def test_a_host_that_nobody_knows_does_not_listen() -> None:
    assert not listens("kafka.invalid:9092")
