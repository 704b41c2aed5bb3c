"""Looking through what services hold: values and raw files, wherever a service may have left something."""

import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.trial import holdings, kept
from deploy.trial.holdings import LOG, Piece
from shared.log.sqlite import SqliteLog

SECRET = b"a value that must be found"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A service's home with a database in use, a file and its output, and a log with one topic."""
    home = tmp_path / "gate"
    (home / "journal").mkdir(parents=True)
    (home / "journal" / "cut.jws").write_bytes(b"header." + urlsafe_b64encode(b'{"x":"' + SECRET + b'"}'))
    (tmp_path / "gate.log").write_bytes(b"INFO everything is fine\n")
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.create("envelopes.spring", 2)
        log.append("envelopes.spring", b"first", b"second")
    with closing(sqlite3.connect(home / "kept.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE people (person TEXT, code BLOB)")
        database.execute("INSERT INTO people VALUES ('p1', ?)", (SECRET * 300,))
        database.execute("INSERT INTO people VALUES ('p12', NULL)")
        yield tmp_path


def test_every_row_every_record_every_file_and_the_output_is_a_piece(root: Path) -> None:
    found = {(piece.owner, piece.place, piece.value) for piece in holdings.pieces(root, ["gate", "report"])}
    assert ("gate", "kept.db: people", b"\0p1\0" + SECRET * 300 + b"\0") in found
    assert ("gate", "kept.db: people", b"\0p12\0None\0") in found
    assert ("gate", "output", b"INFO everything is fine\n") in found
    assert {value for owner, place, value in found if (owner, place) == (LOG, "envelopes.spring")} == {
        b"first",
        b"second",
    }
    assert {place for owner, place, _ in found if owner == "gate"} == {"kept.db: people", "journal/cut.jws", "output"}


def test_raw_files_hold_what_a_service_has_written_but_not_yet_moved_to_its_place(root: Path) -> None:
    raw = {(piece.owner, piece.place): piece.value for piece in holdings.raw(root, ["gate"])}
    assert SECRET in raw["gate", "kept.db-wal"]
    assert SECRET not in raw["gate", "kept.db"]
    assert {place for owner, place in raw if owner == LOG} >= {"envelopes.spring.db"}


def test_a_topic_that_is_gone_has_no_records(root: Path) -> None:
    assert kept.at(root).topics() == ["envelopes.spring"]
    assert holdings.records(root, "words.spring") == []


def test_something_is_found_in_any_spelling_and_counted_once_per_value() -> None:
    pieces = [
        Piece("gate", "a", b"..." + SECRET),
        Piece("gate", "a", urlsafe_b64encode(b'{"hash":"' + SECRET.hex().encode() + b'"}')),
        Piece("report", "b", b"nothing"),
        Piece("gate", "c", SECRET + SECRET),
    ]
    assert holdings.occurrences(pieces, {"secret": [SECRET], "other": [b"is not there"]}) == {
        "secret": {("gate", "a"): 2, ("gate", "c"): 1},
        "other": {},
    }


def test_a_short_id_is_found_as_a_whole_cell_only(root: Path) -> None:
    found = holdings.occurrences(holdings.pieces(root, ["gate"]), {"p1": [holdings.cell("p1")]})
    assert found == {"p1": {("gate", "kept.db: people"): 1}}


def test_a_piece_does_not_print_what_it_holds() -> None:
    assert "must" not in repr(Piece("gate", "a", SECRET))
