"""A wrong environment is found at start, all of it at once, and ingest's key must be the one in parties.json."""

from pathlib import Path

import pytest

from services.ingest.config import Config
from shared import keygen
from shared.canonical import b64
from shared.journal import write_durably
from shared.settings import BadSettings
from tests.rounds_made import installation


def environ(home: Path) -> dict[str, str]:
    installed = installation(2)
    (home / "parties.json").write_bytes(installed.file)
    write_durably(home / keygen.FILE, b64(installed.identities["ingest"].private_bytes_raw()).encode())
    return {
        "KLANKBORD_LOG": f"sqlite:{home / 'log'}",
        "KLANKBORD_PARTIES": str(home / "parties.json"),
        "KLANKBORD_HOME": str(home),
        "KLANKBORD_METRICS": "127.0.0.1:9100",
        "KLANKBORD_LISTEN": "127.0.0.1:8100",
    }


def test_what_is_set_is_read(tmp_path: Path) -> None:
    config = Config.read(environ(tmp_path) | {"KLANKBORD_POLL": "0.2"})
    assert (config.web.listen, config.metrics) == (("127.0.0.1", 8100), ("127.0.0.1", 9100))
    assert (config.poll, config.web.threads) == (0.2, 0)
    assert config.book.current.ingest.name == "ingest"


def test_everything_that_is_missing_or_unknown_is_named_at_once(tmp_path: Path) -> None:
    wrong = environ(tmp_path) | {"KLANKBORD_DATABASE": "x", "KLANKBORD_POLL": "soon"}
    del wrong["KLANKBORD_LOG"]
    with pytest.raises(BadSettings) as raised:
        Config.read(wrong)
    lines = str(raised.value).splitlines()
    assert [line.split()[0] for line in lines] == ["KLANKBORD_LOG", "KLANKBORD_POLL", "KLANKBORD_DATABASE"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KLANKBORD_LOG", "postgres:secret@host"),
        ("KLANKBORD_PARTIES", "/does/not/exist"),
        ("KLANKBORD_HOME", "/does/not/exist"),
    ],
)
def test_what_cannot_be_opened_is_one_line(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name) as raised:
        Config.read(environ(tmp_path) | {name: value})
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_another_key_than_that_of_the_parties_is_refused(tmp_path: Path) -> None:
    right = environ(tmp_path)
    (tmp_path / "parties.json").write_bytes(b"{}")
    with pytest.raises(BadSettings, match="PARTIES"):
        Config.read(right)
    (tmp_path / "parties.json").write_bytes(installation(2).file)
    write_durably(tmp_path / keygen.FILE, b64(bytes(32)).encode())
    with pytest.raises(BadSettings, match=r"not the key that parties.json has for ingest"):
        Config.read(right)
