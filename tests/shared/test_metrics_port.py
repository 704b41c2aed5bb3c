import socket
from collections.abc import Iterator
from dataclasses import dataclass
from wsgiref.simple_server import WSGIServer

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge

from shared import metrics_port
from shared.health import Word


@dataclass
class Port:
    server: WSGIServer
    gauge: Gauge
    word: Word = Word.STARTING

    def get(self, path: str) -> httpx.Response:
        with httpx.Client(trust_env=False) as client:
            return client.get(f"http://127.0.0.1:{self.server.server_port}{path}")


@pytest.fixture
def port() -> Iterator[Port]:
    registry = CollectorRegistry()
    gauge = Gauge("klankbord_rounds", "Rounds.", ["state"], registry=registry)
    made: list[Port] = []
    made.append(Port(metrics_port.start(("127.0.0.1", 0), registry, lambda: made[0].word), gauge))
    yield made[0]
    made[0].server.shutdown()
    made[0].server.server_close()


def test_prometheus_finds_what_the_service_counts_and_nothing_about_the_machine(port: Port) -> None:
    port.gauge.labels("open").set(2)
    answer = port.get("/metrics")
    assert answer.status_code == 200
    assert 'klankbord_rounds{state="open"} 2.0' in answer.text
    assert "python_gc" not in answer.text
    assert "process_" not in answer.text


def test_readiness_is_what_the_service_says(port: Port) -> None:
    answer = port.get("/ready")
    assert (answer.status_code, answer.text) == (503, "not ready: starting\n")
    port.word = Word.READY
    answer = port.get("/ready")
    assert (answer.status_code, answer.text) == (200, "ready\n")


def test_there_is_nothing_else(port: Port) -> None:
    for path in ("/", "/metrics/", "/ready/x", "/rounds"):
        assert port.get(path).status_code == 404


def test_scraping_leaves_no_trace(port: Port, capfd: pytest.CaptureFixture[str]) -> None:
    port.get("/metrics")
    port.get("/nowhere")
    assert capfd.readouterr() == ("", "")


def test_a_caller_that_says_nothing_keeps_nobody_waiting(port: Port) -> None:
    with socket.create_connection(("127.0.0.1", port.server.server_port)):
        assert port.get("/ready").status_code == 503


def test_starting_does_not_ask_dns_for_the_hosts_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    monkeypatch.setattr(socket, "getfqdn", asked.append)
    server = metrics_port.start(("127.0.0.1", 0), CollectorRegistry(), lambda: Word.READY)
    server.shutdown()
    server.server_close()
    assert asked == []


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IP version 6 here")
def test_an_address_of_ip_version_6_will_do() -> None:
    try:
        server = metrics_port.start(("::1", 0), CollectorRegistry(), lambda: Word.READY)
    except OSError:
        pytest.skip("there is no IP version 6 here")
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"http://[::1]:{server.server_port}/ready").status_code == 200
    server.shutdown()
    server.server_close()
