from pathlib import Path

import pytest

from shared.settings import BadSettings, Settings


def reader(**values: str) -> Settings:
    return Settings({f"KLANKBORD_{name}": value for name, value in values.items()} | {"PATH": "/bin", "HOME": "/root"})


def problems(settings: Settings) -> list[str]:
    with pytest.raises(BadSettings) as error:
        settings.done()
    return str(error.value).splitlines()


def test_values_are_read_with_their_defaults() -> None:
    settings = reader(LOG="sqlite:log", HOME="home", LISTEN="127.0.0.1:8080", POLL="0.2", THREADS="8")
    assert settings.text("LOG") == "sqlite:log"
    assert settings.path("HOME") == Path("home")
    assert settings.address("LISTEN") == ("127.0.0.1", 8080)
    assert settings.seconds("POLL", 2) == 0.2
    assert settings.whole("THREADS", 16, least=1) == 8
    assert settings.text("DATABASE", "sqlite:") == "sqlite:"
    assert settings.optional_path("TLS_KEY") is None
    assert settings.address("METRICS", "127.0.0.1:9000") == ("127.0.0.1", 9000)
    assert settings.whole("PROCESSES", 2) == 2
    settings.done()


def test_everything_that_is_wrong_is_told_at_once_and_no_value_with_it() -> None:
    settings = reader(LISTEN="secret", POLL="secret", THREADS="secret", SECRET_TYPO="secret")
    settings.text("LOG")
    settings.path("HOME")
    settings.address("METRICS")
    settings.address("LISTEN")
    settings.seconds("POLL", 2)
    settings.whole("THREADS", 16)
    told = problems(settings)
    assert [line.split()[0].removeprefix("KLANKBORD_") for line in told] == [
        "LOG",
        "HOME",
        "METRICS",
        "LISTEN",
        "POLL",
        "THREADS",
        "SECRET_TYPO",
    ]
    assert "secret" not in "".join(told)


@pytest.mark.parametrize("name", ["LOG", "HOME"])
def test_what_is_required_is_not_empty_either(name: str) -> None:
    """An empty HOME would be the working directory, and its files everybody's."""
    settings = reader(**{name: ""})
    settings.path(name)
    assert problems(settings) == [f"KLANKBORD_{name} is missing"]


@pytest.mark.parametrize("value", ["", "-1", "1.5", " 1", "1_0", "²", "٣", "0x10", "101", "9" * 5000])
def test_whole_numbers_are_plain_and_within_their_bounds(value: str) -> None:
    settings = reader(N=value)
    assert settings.whole("N", 5, most=100) == 5
    assert problems(settings) == ["KLANKBORD_N must be a whole number from 0 to 100"]


@pytest.mark.parametrize("value", ["", "0", "-1", "nan", "inf", "86400", "soon"])
def test_seconds_are_positive_and_less_than_a_day(value: str) -> None:
    settings = reader(N=value)
    assert settings.seconds("N", 2) == 2
    assert len(problems(settings)) == 1


@pytest.mark.parametrize(
    "value", ["8080", ":8080", "host:", "host:65536", "host:x", "host:²", "host:-1", "host:" + "9" * 5000]
)
def test_an_address_has_a_host_and_a_port(value: str) -> None:
    settings = reader(LISTEN=value)
    settings.address("LISTEN")
    assert problems(settings) == ["KLANKBORD_LISTEN must be host:port"]


def test_an_address_of_ip_version_6_stands_in_brackets() -> None:
    assert reader(LISTEN="[::1]:8080").address("LISTEN") == ("::1", 8080)


def test_a_service_may_add_what_it_finds_wrong() -> None:
    settings = reader(TLS_KEY="x")
    settings.optional_path("TLS_KEY")
    settings.refuse("TLS_KEY", "cannot be read")
    assert problems(settings) == ["KLANKBORD_TLS_KEY cannot be read"]


def test_other_programs_variables_are_nobodys_business() -> None:
    reader().done()
