"""How the keys of a gate and an issuer in other hands come together with those of the main machine."""

import io
import json
from pathlib import Path

import pytest
from cryptography import x509

from deploy.compose import council
from deploy.compose import prepare as main_machine
from shared.log.kafka_address import Address
from shared.parties import Book
from tests.deploy.volumes_made import files

OURS = "--issuer=council,https://council.example:8451"
PAGE = "https://council.example:8454"
SERVER = "kafka.example:9094"


@pytest.fixture
def machines(tmp_path: Path) -> tuple[Path, Path]:
    """The main one and the council's, with nothing on either."""
    return tmp_path / "main", tmp_path / "council"


def at_main(folder: Path, *more: str) -> int:
    words = ["--issuer=hr,https://hr.example:8441", "--ingest=https://hr.example:8442"]
    return main_machine.main([str(folder), *words, "--report=https://hr.example:8443", *more])


def at_council(folder: Path, verb: str, handed: str = "") -> int:
    return council.main([str(folder), OURS, f"--page={PAGE}", verb], io.StringIO(handed))


def exchange(machines: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> str:
    """What the main machine hands over after it was told the council's public keys."""
    main, ours = machines
    assert at_council(ours, "keys") == 0
    told = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    keys = [f"--gate={told['GATE_KEY']}", f"--other-issuer={told['SECOND_ISSUER']}", f"--other-page={told['PAGE_URL']}"]
    assert at_main(main, *keys, "--kafka-name=kafka.example") == 0
    assert council.main([str(main), "give", f"--server={SERVER}", "gate", "issuer-council"]) == 0
    return capsys.readouterr().out


def test_both_end_with_the_same_parties_and_each_with_its_own_keys(
    machines: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main, ours = machines
    handed = exchange(machines, capsys)
    assert at_council(ours, "take", handed) == 0
    assert at_council(ours, "start") == 0
    parties = (main / "public" / "parties.json").read_bytes()
    assert (ours / "public" / "parties.json").read_bytes() == parties
    current = Book.load(parties).current
    assert current.issuer_names == ("hr", "council") and not current.trial
    for name in ("gate-home", "issuer-home"):
        assert (ours / name / "identity.key").exists()
    secret = {held.strip() for name, held in files(ours).items() if name.endswith("identity.key")}
    assert not any(key in held or key in handed.encode() for key in secret for held in files(main).values())
    assert not (main / "gate-home").exists() and not (main / "gate").exists()


def test_the_council_serves_the_page_and_the_main_machine_does_not(
    machines: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main, ours = machines
    assert at_council(ours, "take", exchange(machines, capsys)) == 0
    assert Book.load((main / "public" / "parties.json").read_bytes()).current.pages == (PAGE,)
    served, trusted = ((ours / name).read_bytes() for name in ("page/tls.pem", "public/authority.pem"))
    x509.load_pem_x509_certificate(served).verify_directly_issued_by(x509.load_pem_x509_certificate(trusted))
    assert not (main / "page").exists()


def test_a_page_that_no_service_would_answer_is_not_served(
    machines: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert at_council(machines[1], "take", exchange(machines, capsys)) == 0
    assert council.main([str(machines[1]), OURS, "--page=https://other.example", "start"]) == 2
    assert "no page https://other.example" in capsys.readouterr().err


def test_they_come_to_kafka_over_tls_with_the_passwords_that_the_main_machine_made(
    machines: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main, ours = machines
    assert at_council(ours, "take", exchange(machines, capsys)) == 0
    for volume, user in (("gate", "gate"), ("issuer", "issuer-council")):
        address = Address.read(ours / volume / "kafka.toml")
        assert (address.servers, address.user, address.tls) == ((SERVER,), user, True)
        assert address.password == (main / "users" / f"{user}.password").read_text().strip()
        assert address.ca_file is not None
        assert address.ca_file.read_bytes() == (main / "authority" / "authority.pem").read_bytes()


def test_the_passwords_of_others_are_not_handed_over(
    machines: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    handed = exchange(machines, capsys)
    assert set(json.loads(handed)["passwords"]) == {"gate", "issuer-council"}
    for user in ("ingest", "aggregate", "report", "issuer-hr"):
        assert (machines[0] / "users" / f"{user}.password").read_text().strip() not in handed


def test_nothing_starts_before_it_was_handed_over(
    machines: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert at_council(machines[1], "start") == 2
    assert "exchange keys first" in capsys.readouterr().err


def test_what_is_for_others_is_not_taken(
    machines: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handed = exchange(machines, capsys)
    values = json.loads(handed)
    without = {name: password for name, password in values["passwords"].items() if name == "gate"}
    another = tmp_path / "another"
    assert at_council(another, "take", handed) == 2  # Other keys.
    for bad in ("", "[]", "{}", json.dumps(values | {"passwords": without}), json.dumps(values | {"parties": "{}"})):
        assert at_council(machines[1], "take", bad) == 2
    words = [str(machines[1]), "--issuer=council,https://a.example", f"--page={PAGE}", "take"]
    assert council.main(words, io.StringIO(handed)) == 2
    assert not (machines[1] / "public" / "parties.json").exists()
    said = capsys.readouterr().err
    assert all(password not in said for password in values["passwords"].values())


def test_a_user_that_is_not_there_is_not_given(machines: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    exchange(machines, capsys)
    assert council.main([str(machines[0]), "give", f"--server={SERVER}", "issuer-other"]) == 2
    assert "issuer-other" in capsys.readouterr().err
