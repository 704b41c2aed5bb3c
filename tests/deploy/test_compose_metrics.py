"""Prometheus and the services in containers: what metrics.yml adds, and that it opens nothing else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.test_compose import COUNCIL, MAIN, SERVICES, TOP, compose, containers

ADDED = {MAIN: "deploy/compose/metrics.yml", COUNCIL: "deploy/compose/council-metrics.yml"}
PROMETHEUS = "deploy/compose/prometheus.yml"


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_each_service_gets_a_closed_network_of_its_own_and_another_address_of_its_metrics_only(file: str) -> None:
    added: dict[str, Any] = compose(ADDED[file])
    assert added["services"] == {
        name: {"environment": {"KLANKBORD_METRICS": "0.0.0.0:9100"}, "networks": [f"{name}-metrics"]}
        for name in SERVICES[file]
    }
    assert added["networks"] == {f"{name}-metrics": {"internal": True} for name in SERVICES[file]}
    assert not set(added["networks"]) & set(compose(file)["networks"])


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_whether_it_is_healthy_is_asked_for_where_it_still_answers(file: str) -> None:
    # All addresses of a container, its own loopback among them, and the same port.
    address = compose(ADDED[file])["services"]["gate"]["environment"]["KLANKBORD_METRICS"]
    port = address.removeprefix("0.0.0.0:")
    assert f"http://127.0.0.1:{port}/ready" in containers(file)["gate"]["healthcheck"]["test"][-1]


def test_prometheus_asks_every_service_where_it_answers() -> None:
    (job,) = yaml.safe_load((TOP / PROMETHEUS).read_text())["scrape_configs"]
    targets = [target for each in job["static_configs"] for target in each["targets"]]
    assert set(targets) == {f"{name}:9100" for name in SERVICES[MAIN]} and len(targets) == len(SERVICES[MAIN])


def test_the_page_for_ops_says_how_prometheus_comes_there() -> None:
    page = (TOP / "docs/operations.md").read_text()
    for file in (*ADDED.values(), PROMETHEUS):
        assert Path(file).name in page
    (command,) = [line for line in page.splitlines() if "docker network connect" in line]
    assert set(command.partition(" in ")[2].partition(";")[0].split()) == SERVICES[MAIN]
    assert f"{compose(MAIN)['name']}_$s-metrics" in command
