"""docker-compose.yml and its companions, held to what docs/architecture.md forbids; no Docker is needed for that.

Who shares no network cannot reach each other, and what is not published nobody reaches from outside.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.kafka import rights
from shared import page_files

TOP = Path(__file__).parents[2]
MAIN = "docker-compose.yml"
COUNCIL = "deploy/compose/council.yml"
SPLIT = "deploy/compose/split.yml"

SERVICES = {MAIN: {"issuer", "ingest", "gate", "aggregate", "report", "page"}, COUNCIL: {"issuer", "gate", "page"}}
PUBLISHED = {MAIN: {"issuer", "ingest", "report", "page"}, COUNCIL: {"issuer", "page"}}
LOGGED = SERVICES[MAIN] - {"page"}
"""Who come to the log."""
DATABASE = {"postgres", "migrate"}
CLIENTS = {"hr", "employee", "example"}
"""Who come as people do, from outside."""


def compose(file: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((TOP / file).read_text())
    return loaded


def containers(file: str) -> dict[str, dict[str, Any]]:
    of: dict[str, dict[str, Any]] = compose(file)["services"]
    return of


def mounts(container: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """For each volume its name, where it is mounted, and whether it can be written there."""
    for volume in container.get("volumes", []):
        if isinstance(volume, str):
            source, target = volume.split(":")
            yield source, target, True
        else:
            yield volume["source"], volume["target"], not volume.get("read_only", False)


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_no_two_services_share_a_network(file: str) -> None:
    of = containers(file)
    for one in SERVICES[file]:
        for other in set(of) - {one, "kafka", *CLIENTS} - (DATABASE if one == "issuer" else set()):
            assert not set(of[one].get("networks", [])) & set(of[other].get("networks", [])), (one, other)


def test_a_service_and_the_log_are_alone_in_a_network_without_a_way_out() -> None:
    of, networks = containers(MAIN), compose(MAIN)["networks"]
    for service in (*LOGGED, "setup"):
        network = f"{service}-log"
        assert {name for name, container in of.items() if network in container.get("networks", [])} == {
            service,
            "kafka",
        }
        assert networks[network] == {"internal": True}
    assert set(of["kafka"]["networks"]) == {f"{service}-log" for service in (*LOGGED, "setup")}


def test_kafka_writes_no_log_into_the_memory_that_stands_for_its_folder() -> None:
    # What bin/kafka-server-start.sh starts Kafka with; by itself "-name kafkaServer -loggc".
    assert containers(MAIN)["kafka"]["environment"]["EXTRA_ARGS"] == "-name kafkaServer"


@pytest.mark.parametrize("file", [MAIN, SPLIT])
def test_no_listener_of_kafka_has_a_name_for_which_its_image_wants_keys_in_files_of_its_own(file: str) -> None:
    # The image's script "configure" looks at names, not at what they are mapped to.
    advertised = containers(file)["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert not re.search("SSL://|SASL_", advertised)


def test_only_the_issuer_reaches_a_database() -> None:
    of, networks = containers(MAIN), compose(MAIN)["networks"]
    together = {name for name, container in of.items() if "issuer-database" in container.get("networks", [])}
    assert together == {"issuer", *DATABASE}
    assert of["postgres"]["networks"] == ["issuer-database"] and networks["issuer-database"] == {"internal": True}


def test_gate_and_aggregate_reach_nothing_but_the_log() -> None:
    for service in ("gate", "aggregate"):
        assert containers(MAIN)[service]["networks"] == [f"{service}-log"]


@pytest.mark.parametrize(("file", "network"), [(MAIN, "page-people"), (COUNCIL, "page")])
def test_the_page_reaches_nobody_and_has_nothing_but_its_certificate_and_who_takes_part(
    file: str, network: str
) -> None:
    of, page = containers(file), containers(file)["page"]
    assert page["networks"] == [network]
    assert {name for name, container in of.items() if network in container.get("networks", [])} <= {"page", "employee"}
    # What would have to be translated is not let out.
    closed = {"driver_opts": {"com.docker.network.bridge.enable_ip_masquerade": "false"}}
    assert compose(file)["networks"][network] == closed
    assert list(mounts(page)) == [("public", "/etc/klankbord", False), ("page", "/run/klankbord", False)]
    assert "tmpfs" not in page and "secrets" not in page
    assert set(page["depends_on"]) == {"prepare"}
    assert set(page["environment"]) == {
        "KLANKBORD_PARTIES",
        "KLANKBORD_METRICS",
        "KLANKBORD_LISTEN",
        "KLANKBORD_TLS_CERTIFICATE",
        "KLANKBORD_TLS_KEY",
    }


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_a_page_for_trying_binds_no_browser_to_tls_for_all_that_is_at_localhost(file: str) -> None:
    # It says Strict-Transport-Security, which means the host with all its ports, and nothing for an address.
    prepare = containers(file)["prepare"]
    (page,) = [word for word in prepare.get("entrypoint", []) + prepare["command"] if word.startswith("--page=")]
    (port,) = [port.split(":")[-2] for port in containers(file)["page"]["ports"]]
    assert page == f"--page=${{PAGE_URL:-https://127.0.0.1:{port}}}"


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_only_those_whom_people_talk_to_are_published_each_with_tls_of_its_own(file: str) -> None:
    of = containers(file)
    assert {name for name, container in of.items() if "ports" in container} == PUBLISHED[file]
    ports = [port for name in PUBLISHED[file] for port in of[name]["ports"]]
    assert len(set(ports)) == len(ports) == len(PUBLISHED[file])
    # By default on this machine only.
    assert all(re.fullmatch(r"\$\{PUBLISH:-127\.0\.0\.1\}:84[45][1234]:8443", port) for port in ports)
    for name in PUBLISHED[file]:
        environment = of[name]["environment"]
        assert environment["KLANKBORD_TLS_KEY"] == environment["KLANKBORD_TLS_CERTIFICATE"] == "/run/klankbord/tls.pem"
        assert (name, "/run/klankbord", False) in mounts(of[name])


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_nothing_can_be_written_no_capability_is_had_and_nobody_is_root(file: str) -> None:
    for name, container in containers(file).items():
        assert container["read_only"] is True, name
        assert container["cap_drop"] == ["ALL"] and "cap_add" not in container, name
        assert container["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in container and "pid" not in container and "ipc" not in container, name
        if container["image"] == "klankbord":
            assert container["user"] == "10001:10001", name
        assert container.get("network_mode", "none") == "none", name


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_every_container_sees_its_own_secrets_only_and_cannot_change_them(file: str) -> None:
    of = containers(file)
    for name in SERVICES[file]:
        there = {source: writable for source, _target, writable in mounts(of[name])}
        own = {"public", name, f"{name}-home"} | ({"hr"} if name == "issuer" else set())
        assert set(there) <= own, name
        assert not [source for source, writable in there.items() if writable and source != f"{name}-home"], name
    assert not [name for name in of if name != "prepare" and "authority" in dict(mounted(of[name]))]


def mounted(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    return ((source, target) for source, target, _writable in mounts(container))


def test_ingest_can_write_nothing_at_all() -> None:
    ingest = containers(MAIN)["ingest"]
    assert not [source for source, _target, writable in mounts(ingest) if writable]
    assert "tmpfs" not in ingest


@pytest.mark.parametrize("file", [MAIN, COUNCIL, SPLIT])
def test_no_secret_stands_in_an_environment_or_a_command(file: str) -> None:
    for name, container in containers(file).items():
        for variable, value in container.get("environment", {}).items():
            secret = re.search("PASSWORD|SECRET|KEY$|TOKEN|JAAS", variable)
            assert not secret or str(value).startswith("/") or value == "PEM", (name, variable)
            assert "${" not in str(value) or "LANG" in variable or "KAFKA_HOST" in str(value), (name, variable)
        assert "env_file" not in container, name
        assert not re.search("password|secret", " ".join(map(str, container.get("command", []))), re.IGNORECASE), name


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_a_volume_has_its_owner_from_the_folder_on_which_the_first_job_mounts_it(file: str) -> None:
    made = re.search(r"for volume in ([a-z\\\s-]+);", (TOP / "deploy/Dockerfile").read_text())
    assert made is not None
    folders = made[1].replace("\\", " ").split()
    of = containers(file)
    for source, target in mounted(of["prepare"]):
        assert target == f"/volumes/{source}" and source in folders
    for name, container in of.items():
        for volume in container.get("volumes", []):
            # Docker would otherwise give an empty volume the owner that another image's folder has.
            shared = isinstance(volume, dict)
            assert not shared or volume["volume"] == {"nocopy": True}, (name, volume)


@pytest.mark.parametrize("file", [MAIN, COUNCIL])
def test_every_service_is_looked_after(file: str) -> None:
    for name in SERVICES[file]:
        container = containers(file)[name]
        assert container["restart"] == "unless-stopped"
        assert "http://127.0.0.1:9100/ready" in container["healthcheck"]["test"][-1]
        assert container["environment"]["KLANKBORD_METRICS"] == "127.0.0.1:9100"


def test_each_service_starts_when_its_rights_are_there_and_has_a_user_of_kafka() -> None:
    assert set(rights.ROLES) == LOGGED
    for name in LOGGED:
        assert containers(MAIN)[name]["depends_on"]["setup"] == {"condition": "service_completed_successfully"}


def test_one_machine_says_that_it_is_a_trial_and_two_hands_do_not() -> None:
    assert "--trial" in containers(MAIN)["prepare"]["command"]
    assert "--trial" not in containers(SPLIT)["prepare"]["command"]


def test_elsewhere_means_that_there_is_no_gate_and_no_page_and_that_kafka_is_published_over_tls() -> None:
    main, split = containers(MAIN), containers(SPLIT)
    assert split["gate"] == split["page"] == {"profiles": ["elsewhere"]}
    # Whose certificate the council's authority makes, and whose browser the services answer all the same.
    assert "--other-page=${PAGE_URL:?}" in split["prepare"]["command"]
    assert not [word for word in split["prepare"]["command"] if word.startswith("--page=")]
    assert {name for name, container in split.items() if "ports" in container} == {"kafka"}
    protocols = main["kafka"]["environment"]["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    assert {"CLIENTS:SASL_SSL", "OUTSIDE:SASL_SSL"} <= set(protocols)
    outside = main["kafka"]["environment"]["KAFKA_LISTENER_NAME_OUTSIDE_SASL_ENABLED_MECHANISMS"]
    assert outside == "SCRAM-SHA-256"  # The administrator comes from within only.
    # Connections that strangers keep open must not take those of the services within.
    assert main["kafka"]["environment"]["KAFKA_LISTENER_NAME_OUTSIDE_MAX_CONNECTIONS"] == 100


def test_the_image_has_what_is_locked_no_compiler_and_no_cache_and_ends_as_nobody() -> None:
    build, image = (TOP / "deploy/Dockerfile").read_text().split("\nFROM ")[1:]
    assert build.splitlines()[0].removesuffix(" AS build") == image.splitlines()[0]
    assert "--require-hashes --only-binary :all: -r requirements.lock" in build and "--no-index --no-deps" in build
    assert "pip" not in image and "apt-get clean && rm -rf /var/lib/apt/lists/*" in image
    assert image.splitlines()[-2] == "USER 10001:10001"
    assert not re.search(r"\b(curl|wget|ADD|gcc|build-essential)\b", build + image)


def test_nothing_but_what_the_image_needs_is_sent_to_the_builder() -> None:
    lines = [line for line in (TOP / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    sent = {line[1:] for line in lines if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+)$", (TOP / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert sent == {name for words in copied for name in words.split()[:-1]} | {"clients/web/built"}


def test_of_the_page_the_image_has_what_was_built_and_not_what_it_was_built_from_and_with() -> None:
    lines = (TOP / ".dockerignore").read_text().splitlines()
    # The last line that fits is the one that counts.
    assert lines.index("!clients") < lines.index("clients/web/*") < lines.index("!clients/web/built")
    assert not [line for line in lines[lines.index("!clients/web/built") + 1 :] if line.startswith("!")]
    assert (TOP / "clients/web/built" / page_files.LIST).exists()
