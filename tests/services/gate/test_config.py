"""A wrong environment is found at start, and the gate's key must be the one in parties.json."""

from pathlib import Path

import pytest

from services.gate.config import Config
from shared import keygen
from shared.canonical import b64
from shared.journal import write_durably
from shared.settings import BadSettings
from tests.rounds_made import installation


def environ(home: Path) -> dict[str, str]:
    installed = installation(2)
    (home / "parties.json").write_bytes(installed.file)
    write_durably(home / keygen.FILE, b64(installed.identities["gate"].private_bytes_raw()).encode())
    return {
        "KLANKBORD_LOG": f"sqlite:{home / 'log'}",
        "KLANKBORD_PARTIES": str(home / "parties.json"),
        "KLANKBORD_HOME": str(home),
        "KLANKBORD_METRICS": "127.0.0.1:9100",
    }


def test_what_is_set_is_read(tmp_path: Path) -> None:
    config = Config.read(environ(tmp_path) | {"KLANKBORD_PARTITIONS": "12", "KLANKBORD_PROCESSES": "3"})
    assert (config.metrics, config.partitions, config.processes, config.poll) == (("127.0.0.1", 9100), 12, 3, 2)
    assert "identity" not in repr(config)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KLANKBORD_PARTITIONS", "0"),
        ("KLANKBORD_PARTITIONS", "1001"),
        ("KLANKBORD_PROCESSES", "0"),
        ("KLANKBORD_LISTEN", "127.0.0.1:80"),
        ("KLANKBORD_PARTIES", "/does/not/exist"),
        ("KLANKBORD_HOME", "/does/not/exist"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name) as raised:
        Config.read(environ(tmp_path) | {name: value})
    assert "\n" not in str(raised.value)
