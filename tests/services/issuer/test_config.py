"""What an issuer reads from its environment, and the admin key."""

from pathlib import Path

import pytest

from services.issuer import admin_key
from services.issuer.config import Config
from shared.canonical import b64
from shared.journal import write_durably
from shared.settings import BadSettings
from tests import postgresql_here
from tests.rounds_made import installation


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    installed = installation(2)
    (tmp_path / "parties.json").write_bytes(installed.file)
    home = tmp_path / "home"
    home.mkdir()
    write_durably(home / "identity.key", b64(installed.identities["council"].private_bytes_raw()).encode())
    write_durably(tmp_path / "admin.key", b"k" * 43)
    return {
        "KLANKBORD_NAME": "council",
        "KLANKBORD_LOG": f"sqlite:{tmp_path / 'log'}",
        "KLANKBORD_PARTIES": str(tmp_path / "parties.json"),
        "KLANKBORD_HOME": str(home),
        "KLANKBORD_ADMIN_KEY_FILE": str(tmp_path / "admin.key"),
        "KLANKBORD_LISTEN": "127.0.0.1:8001",
        "KLANKBORD_METRICS": "127.0.0.1:9001",
    }


def test_a_configuration_is_read_with_a_database_in_the_home_by_default(environ: dict[str, str]) -> None:
    config = Config.read(environ)
    assert config.name == "council" and config.poll == 2 and config.key_threads >= 1
    assert config.database == f"sqlite:///{environ['KLANKBORD_HOME']}/issuer.db"
    assert (
        Config.read(environ | {"KLANKBORD_DATABASE": "sqlite:////elsewhere.db"}).database == "sqlite:////elsewhere.db"
    )


def test_secrets_stand_in_no_text(environ: dict[str, str]) -> None:
    shown = repr(Config.read(environ | {"KLANKBORD_DATABASE": "sqlite:////secret.db"}))
    assert "kkkk" not in shown and "secret.db" not in shown


def test_everything_that_is_missing_or_unknown_is_said_at_once() -> None:
    with pytest.raises(BadSettings) as raised:
        Config.read({"KLANKBORD_MORE": "1", "KLANKBORD_KEY_THREADS": "0"})
    lines = str(raised.value).splitlines()
    for name in ("NAME", "LOG", "PARTIES", "HOME", "ADMIN_KEY_FILE", "LISTEN", "METRICS"):
        assert f"KLANKBORD_{name} is missing" in lines
    assert "KLANKBORD_MORE is unknown" in lines
    assert any(line.startswith("KLANKBORD_KEY_THREADS") for line in lines)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"KLANKBORD_NAME": "gate"}, "NAME"),
        ({"KLANKBORD_NAME": "hr"}, "HOME"),  # The identity is council's.
        ({"KLANKBORD_PARTIES": "nowhere"}, "PARTIES"),
        ({"KLANKBORD_LOG": "carrier:pigeon"}, "LOG"),
        ({"KLANKBORD_DATABASE": "sqlite"}, "DATABASE cannot be used: no address of a database"),
        ({"KLANKBORD_DATABASE": "mysql://host/db"}, "DATABASE cannot be used: no address"),
        ({"KLANKBORD_ADMIN_KEY_FILE": "nowhere"}, "ADMIN_KEY_FILE"),
    ],
)
def test_what_cannot_be_used_is_found_at_start(environ: dict[str, str], change: dict[str, str], named: str) -> None:
    with pytest.raises(BadSettings, match=f"KLANKBORD_{named}"):
        Config.read(environ | change)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://klankbord:s3cret@host/db",
        "postgresql://klankbord@host/db?password=s3cret",
        "sqlite://u:s3cret@/db",
    ],
)
def test_a_password_is_taken_from_a_file_only(environ: dict[str, str], tmp_path: Path, address: str) -> None:
    with pytest.raises(BadSettings, match=r"^KLANKBORD_DATABASE holds a password: write it into a file") as raised:
        Config.read(environ | {"KLANKBORD_DATABASE": address})
    assert "s3cret" not in str(raised.value)


def test_an_option_of_the_connection_that_nobody_knows_is_refused(environ: dict[str, str]) -> None:
    postgresql_here.driver()
    with pytest.raises(BadSettings, match=r"^KLANKBORD_DATABASE cannot be used: no address of a database"):
        Config.read(environ | {"KLANKBORD_DATABASE": "postgresql://host/db?passwrod=x"})


def test_the_databases_address_may_stand_in_a_file(environ: dict[str, str], tmp_path: Path) -> None:
    postgresql_here.driver()
    address = "postgresql://klankbord:s3cret@db.example.org/klankbord?sslmode=verify-full"
    file = tmp_path / "database"
    write_durably(file, f"{address}\n".encode())
    config = Config.read(environ | {"KLANKBORD_DATABASE_FILE": str(file)})
    assert config.database == address and "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("mode", "content", "words"),
    [
        (0o640, b"sqlite:////elsewhere.db", "cannot be used: database can be read by others: chmod 600"),
        (0o600, b"\n", "is empty"),
        (0o600, b"s3cret", "cannot be used: no address of a database"),
        (0o600, b"postgresql://u:s3cret@host:port/db", "cannot be used: no address of a database"),
        (0o600, b"\xff", "cannot be read: no text"),
        (None, b"", "cannot be read: No such file"),
    ],
)
def test_a_file_without_a_databases_address_is_refused_without_repeating_it(
    environ: dict[str, str], tmp_path: Path, mode: int | None, content: bytes, words: str
) -> None:
    file = tmp_path / "database"
    if mode is not None:
        file.write_bytes(content)
        file.chmod(mode)
    with pytest.raises(BadSettings, match=f"^KLANKBORD_DATABASE_FILE {words}") as raised:
        Config.read(environ | {"KLANKBORD_DATABASE_FILE": str(file)})
    assert "s3cret" not in str(raised.value) and "\n" not in str(raised.value)
    with pytest.raises(BadSettings, match="exclude each other"):
        Config.read(environ | {"KLANKBORD_DATABASE_FILE": str(file), "KLANKBORD_DATABASE": "sqlite:////x.db"})


@pytest.mark.parametrize(("mode", "content"), [(0o644, b"k" * 43), (0o600, b"short")])
def test_an_admin_key_that_is_no_secret_is_refused(environ: dict[str, str], mode: int, content: bytes) -> None:
    file = Path(environ["KLANKBORD_ADMIN_KEY_FILE"])
    file.write_bytes(content)
    file.chmod(mode)
    with pytest.raises(BadSettings, match="ADMIN_KEY_FILE"):
        Config.read(environ)


def test_an_admin_key_is_made_once_and_can_be_used(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "new" / "admin.key"
    assert admin_key.make({"KLANKBORD_ADMIN_KEY_FILE": str(file)}) == 0
    key = admin_key.load(file)
    assert len(key) == 43
    assert admin_key.make({"KLANKBORD_ADMIN_KEY_FILE": str(file)}) == 2
    assert admin_key.load(file) == key
    assert admin_key.make({}) == 2
    assert Config.read(environ | {"KLANKBORD_ADMIN_KEY_FILE": str(file)}).admin_key == key
