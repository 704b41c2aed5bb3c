import socket

import pytest

from shared.listening import check
from shared.settings import BadSettings


def test_a_free_address_is_left_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = other.getsockname()
    for _ in range(2):
        check(LISTEN=free, METRICS=("127.0.0.1", 0))


def test_every_address_that_cannot_be_had_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(BadSettings) as refused:
        check(LISTEN=other.getsockname(), METRICS=("nowhere.invalid", 9), OTHER=("127.0.0.1", 0))
    listen, metrics = str(refused.value).splitlines()
    assert listen == "KLANKBORD_LISTEN cannot be listened on: Address already in use"
    assert metrics.startswith("KLANKBORD_METRICS cannot be listened on: ")


def test_two_settings_do_not_share_an_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = other.getsockname()
    with pytest.raises(BadSettings, match="METRICS cannot be listened on: Address already in use"):
        check(LISTEN=free, METRICS=free)
