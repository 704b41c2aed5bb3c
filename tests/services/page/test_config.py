"""A wrong environment is found at start, and the host has no log, no home and no key."""

from pathlib import Path

import pytest

from services.page.config import Config
from shared.parties import describe, write
from shared.settings import BadSettings
from tests.pages_made import FILES, environment
from tests.rounds_made import installation


def test_what_is_set_is_read(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    config = Config.read(environ)
    assert config.files.keys() == {*FILES, "hashes.json", "parties.json"}
    assert config.files["parties.json"] == Path(environ["KLANKBORD_PARTIES"]).read_bytes()
    assert config.web.threads == 0


def test_everything_that_is_missing_or_that_it_must_not_have_is_named_at_once(tmp_path: Path) -> None:
    wrong = environment(tmp_path, LISTEN="", METRICS="x", LOG="sqlite:log", HOME="home", DATABASE="x")
    with pytest.raises(BadSettings) as raised:
        Config.read(wrong)
    assert [line.split(maxsplit=1) for line in str(raised.value).splitlines()] == [
        ["KLANKBORD_LISTEN", "is missing"],
        ["KLANKBORD_METRICS", "must be host:port"],
        ["KLANKBORD_DATABASE", "is unknown"],
        ["KLANKBORD_HOME", "is unknown"],
        ["KLANKBORD_LOG", "is unknown"],
    ]


def parties(*, pages: tuple[str, ...], report: str) -> bytes:
    of = installation().parties
    return write([(describe(of.issuers, of.ingest, of.gate, of.aggregate, report, pages), {})])


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (b"{}", "KLANKBORD_PARTIES: "),
        (parties(pages=(), report="https://report.example"), "KLANKBORD_PARTIES names no page: "),
        (
            parties(pages=("https://page.example",), report="https://*"),
            "KLANKBORD_PARTIES: the address of report is no plain one",
        ),
    ],
    ids=["no parties", "no page", "the whole world"],
)
def test_parties_with_which_the_page_would_not_work_or_reach_too_far_are_one_line(
    tmp_path: Path, file: bytes, line: str
) -> None:
    environ = environment(tmp_path)
    Path(environ["KLANKBORD_PARTIES"]).write_bytes(file)
    with pytest.raises(BadSettings) as raised:
        Config.read(environ)
    assert str(raised.value).startswith(line) and "\n" not in str(raised.value)


def test_parties_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"^KLANKBORD_PARTIES cannot be read: No such file or directory$"):
        Config.read(environment(tmp_path, PARTIES="/does/not/exist"))
