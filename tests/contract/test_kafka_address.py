"""The file that says where Kafka is: what is wrong with it is one line at start, and no line tells a secret."""

from pathlib import Path

import pytest

from shared.log import open_log
from shared.log.kafka_address import Address, BadAddress

GOOD: dict[str, str | None] = {
    "servers": '["kafka-1.example.org:9093", "[::1]:9093"]',
    "user": '"gate"',
    "password_file": '"kafka.password"',
    "tls": "true",
}


def written(
    folder: Path, changes: dict[str, str | None] | None = None, mode: int = 0o600, password: bytes = b"hunter2\n"
) -> Path:
    secret = folder / "kafka.password"
    secret.write_bytes(password)
    secret.chmod(mode)
    file = folder / "kafka.toml"
    lines = [f"{name} = {value}" for name, value in (GOOD | (changes or {})).items() if value is not None]
    file.write_text("\n".join(lines))
    return file


def test_an_address_says_where_and_who_and_shows_no_password(tmp_path: Path) -> None:
    address = Address.read(written(tmp_path))
    assert address.servers == ("kafka-1.example.org:9093", "[::1]:9093")
    assert (address.user, address.password, address.tls) == ("gate", "hunter2", True)
    assert (address.mechanism, address.replicas, address.ca_file) == ("SCRAM-SHA-256", 3, None)
    assert "hunter2" not in repr(address)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"servers": None}, "servers must be a list"),
        ({"servers": "[]"}, "servers must be a list"),
        ({"servers": '["kafka"]'}, "servers must be a list"),
        ({"servers": '["user:hunter2@kafka:9092"]'}, "servers must be a list"),
        ({"user": None}, "user must be a text"),
        ({"user": '""'}, "user must be a text"),
        ({"password_file": "7"}, "password_file must be a text"),
        ({"password_file": '"other"'}, "other cannot be read: No such file or directory"),
        ({"sasl_plain_password": '"hunter2"'}, "unknown: sasl_plain_password"),
        ({"tls": None}, "tls must be true or false"),
        ({"tls": '"yes"'}, "tls must be true or false"),
        ({"mechanism": '"PLAIN"'}, "mechanism must be one of SCRAM-SHA-256, SCRAM-SHA-512"),
        ({"replicas": "0"}, "replicas must be a whole number from 1 to 9"),
        ({"replicas": "true"}, "replicas must be a whole number from 1 to 9"),
        ({"ca_file": '"kafka.password"'}, "kafka.password is no certificate of an authority"),
        ({"user": "gate"}, "not in the form of a TOML file"),
    ],
)
def test_what_is_wrong_with_an_address_is_one_line_that_names_the_file(
    tmp_path: Path, changes: dict[str, str | None], line: str
) -> None:
    file = written(tmp_path, changes)
    with pytest.raises(ValueError, match=r"^kafka\.toml(: | is ).*") as refused:
        open_log(f"kafka:{file}")
    assert line in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("mode", "password", "line"),
    [
        (0o640, b"hunter2", "kafka.password can be read by others: chmod 600"),
        (0o600, b" \n", "kafka.password holds no password"),
        (0o600, b"\xff", "kafka.password holds no password"),
    ],
)
def test_a_password_that_others_can_read_or_that_is_none_is_refused(
    tmp_path: Path, mode: int, password: bytes, line: str
) -> None:
    with pytest.raises(BadAddress, match=f"^kafka.toml: {line}$"):
        Address.read(written(tmp_path, mode=mode, password=password))


@pytest.mark.parametrize("place", ["//user:hunter2@kafka:9092", "user:hunter2@kafka:9092", "hunter2.toml"])
def test_a_file_that_is_not_there_is_refused_without_repeating_it(tmp_path: Path, place: str) -> None:
    with pytest.raises(ValueError, match=r"address") as refused:
        open_log(f"kafka:{place}")
    assert "hunter2" not in str(refused.value)
