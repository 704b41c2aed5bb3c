"""The job that makes every key, password and certificate of an installation in containers."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from cryptography import x509

from deploy.compose.authority import Authority
from deploy.compose.prepare import Plan, main
from deploy.kafka.setup import read_passwords
from services.aggregate.config import Config as AggregateConfig
from services.gate.config import Config as GateConfig
from services.ingest.config import Config as IngestConfig
from services.issuer.config import Config as IssuerConfig
from services.page.config import Config as PageConfig
from services.report.config import Config as ReportConfig
from shared.parties import BadParties, Book
from shared.secret_files import UnsafeFile
from tests.deploy.volumes_made import NOW, PLAN, URLS, files, made

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
DAY = 86_400

WHOLE = ("authority", "public", "kafka", "database", "setup", "users")
"""Volumes that no service sees."""


class Config(Protocol):
    @classmethod
    def read(cls, environ: dict[str, str]) -> Any: ...


CONFIGS: dict[str, type[Config]] = {
    "issuer": IssuerConfig,
    "ingest": IngestConfig,
    "gate": GateConfig,
    "aggregate": AggregateConfig,
    "report": ReportConfig,
    "page": PageConfig,
}


def test_whatever_is_there_stays_as_it_is(tmp_path: Path) -> None:
    before = files(made(tmp_path))
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert files(made(tmp_path, now=NOW + DAY)) == before
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == written


def test_what_was_lost_comes_back_without_a_new_secret(tmp_path: Path) -> None:
    before = files(made(tmp_path))
    for name in ("gate/gate.password", "gate/kafka.toml", "kafka/server.properties", "issuer/database.url"):
        (tmp_path / name).unlink()
    assert files(made(tmp_path)) == before


def test_only_its_owner_reads_a_secret_but_where_another_image_has_to(tmp_path: Path) -> None:
    for path in made(tmp_path).rglob("*"):
        volume = path.relative_to(tmp_path).parts[0]
        others = {"kafka": 0o040, "database": 0o040, "public": 0o044}.get(volume, 0)
        listed = others >> 2 if path.is_dir() else 0
        assert path.stat().st_mode & 0o077 == others | listed, path


def test_no_service_sees_the_secret_of_another(tmp_path: Path) -> None:
    made(tmp_path)
    seen: dict[bytes, set[str]] = {}
    for name, held in files(tmp_path).items():
        volume = name.partition("/")[0].removesuffix("-home")
        if name.endswith((".password", ".key")):
            seen.setdefault(held.strip(), set()).add(volume)
    everything = files(tmp_path)
    for secret in seen:
        services = {
            name.partition("/")[0].removesuffix("-home") for name, held in everything.items() if secret in held
        } - set(WHOLE)
        assert len(services) <= 1, services
    assert (
        len(seen) == 4 + 5 + 1 + 2 + 1 + 2
    )  # Identities, users, the administrator, database, authority, hr and report.


def test_the_public_volume_has_nothing_secret(tmp_path: Path) -> None:
    assert set(files(made(tmp_path) / "public")) == {"authority.pem", "parties.json"}
    assert b"PRIVATE" not in (tmp_path / "public" / "authority.pem").read_bytes()


@pytest.mark.parametrize("service", CONFIGS)
def test_every_service_takes_the_settings_and_files_that_it_gets(service: str, tmp_path: Path) -> None:
    made(tmp_path)
    container = yaml.safe_load(COMPOSE.read_text())["services"][service]
    places = {each["target"]: each["source"] for each in container["volumes"] if isinstance(each, dict)}
    places |= {each.partition(":")[2]: each.partition(":")[0] for each in container["volumes"] if isinstance(each, str)}
    environ = {name: str(value) for name, value in container["environment"].items()}
    for target, source in places.items():
        environ = {name: value.replace(target, str(tmp_path / source)) for name, value in environ.items()}
    config = CONFIGS[service].read(environ)
    assert config.book.current.trial


def test_the_page_has_a_certificate_and_nothing_that_opens_anything(tmp_path: Path) -> None:
    assert {name for name in files(made(tmp_path)) if name.startswith("page")} == {"page/tls.pem"}


def test_the_page_here_and_those_elsewhere_may_talk_to_the_services(tmp_path: Path) -> None:
    made(tmp_path, replace(PLAN, pages=("https://page.example",)))
    pages = Book.load((tmp_path / "public" / "parties.json").read_bytes()).current.pages
    assert pages == (URLS["page"], "https://page.example")


def test_an_installation_whose_page_is_elsewhere_has_no_certificate_for_one(tmp_path: Path) -> None:
    without = {name: url for name, url in URLS.items() if name != "page"}
    made(tmp_path, replace(PLAN, urls=without, pages=("https://page.example",)))
    assert not (tmp_path / "page").exists()


def test_a_page_that_was_added_by_hand_stays(tmp_path: Path) -> None:
    made(tmp_path, replace(PLAN, pages=("https://page.example",)))
    before = (tmp_path / "public" / "parties.json").read_bytes()
    assert (made(tmp_path) / "public" / "parties.json").read_bytes() == before


def test_the_setup_job_gets_a_password_for_every_user(tmp_path: Path) -> None:
    assert set(read_passwords(made(tmp_path) / "users")) == {"issuer-hr", "ingest", "gate", "aggregate", "report"}


def test_a_certificate_is_made_anew_before_it_ends_or_when_the_host_is_another(tmp_path: Path) -> None:
    before = files(made(tmp_path))
    changed = {name for name, held in files(made(tmp_path, now=NOW + 320 * DAY)).items() if held != before[name]}
    assert changed == {f"{service}/tls.pem" for service in ("issuer", "ingest", "report", "page", "kafka")}
    before, later = files(tmp_path), NOW + 320 * DAY
    changed = {
        name
        for name, held in files(made(tmp_path, replace(PLAN, kafka_names=("kafka.example",)), later)).items()
        if held != before[name]
    }
    assert changed == {"kafka/tls.pem"}


def certificate(root: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((root / name).read_bytes())


def test_certificates_of_a_clock_that_was_ahead_are_made_anew_and_an_authority_of_it_is_told(tmp_path: Path) -> None:
    made(tmp_path, now=NOW + 365 * DAY)
    with pytest.raises(ValueError, match=r"^the authority .* lasts from 2028-01-15 to 2038-01-12, .* 2027-01-15: set"):
        made(tmp_path)
    for file in (tmp_path / "authority").iterdir():
        file.unlink()
    made(tmp_path)
    trusted = certificate(tmp_path, "public/authority.pem")
    for service in ("issuer", "ingest", "report", "page", "kafka"):
        served = certificate(tmp_path, f"{service}/tls.pem")
        served.verify_directly_issued_by(trusted)
        assert served.not_valid_before_utc.timestamp() < NOW


def test_an_authority_whose_volume_was_lost_is_replaced_with_all_that_it_signed(tmp_path: Path) -> None:
    for file in (made(tmp_path) / "authority").iterdir():
        file.unlink()
    made(tmp_path)
    for authority, service in (("public/authority.pem", "issuer"), ("gate/kafka-authority.pem", "kafka")):
        certificate(tmp_path, f"{service}/tls.pem").verify_directly_issued_by(certificate(tmp_path, authority))


def test_a_certificate_of_another_authority_stays(tmp_path: Path) -> None:
    bought = Authority.make("another", NOW).issue(["issuer.example"], NOW)
    (made(tmp_path) / "issuer" / "tls.pem").write_bytes(bought)
    made(tmp_path, now=NOW + 390 * DAY)
    assert (tmp_path / "issuer" / "tls.pem").read_bytes() == bought


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, trial=False),
        replace(PLAN, issuer="it"),
        replace(PLAN, urls=URLS | {"report": "https://localhost:8449"}),
        replace(PLAN, gate=bytes(32)),
        replace(PLAN, urls=URLS | {"page": "https://127.0.0.1:8449"}),
        replace(PLAN, pages=("https://page.example",)),
    ],
    ids=["trial", "issuer", "report", "gate", "page", "another page"],
)
def test_an_installation_does_not_turn_into_another(plan: Plan, tmp_path: Path) -> None:
    parties = (made(tmp_path) / "public" / "parties.json").read_bytes()
    with pytest.raises(BadParties, match="other addresses, keys or people"):
        made(tmp_path, plan)
    assert (tmp_path / "public" / "parties.json").read_bytes() == parties


def test_a_lost_identity_key_is_not_replaced_unnoticed(tmp_path: Path) -> None:
    (made(tmp_path) / "aggregate-home" / "identity.key").unlink()
    with pytest.raises(BadParties):
        made(tmp_path)


def test_an_identity_key_that_others_could_read_ends_it(tmp_path: Path) -> None:
    (made(tmp_path) / "gate-home" / "identity.key").chmod(0o640)
    with pytest.raises(UnsafeFile):
        made(tmp_path)


def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(tmp_path), "--ingest=https://localhost:8442", "--report=https://localhost:8443", "--trial"]
    assert main([*words, "--issuer=hr,https://localhost:8441"]) == 0
    assert Book.load((tmp_path / "public" / "parties.json").read_bytes()).current.trial
    assert main([*words, "--issuer=hr,https://elsewhere:8441"]) == 2
    assert main([*words, "--issuer=hr"]) == 2
    assert main([*words, "--issuer=hr,localhost"]) == 2
    assert main([*words, "--issuer=hr,https://localhost:8441", "--gate=short"]) == 2
    assert main([*words, "--issuer=hr,https://localhost:8441", "--page=https://127.0.0.1:8444"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 5 and all(said)
