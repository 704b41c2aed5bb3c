from pathlib import Path

import pytest

from shared.installed import book_of
from shared.settings import BadSettings
from tests.rounds_made import installation


def test_the_book_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "parties.json").write_bytes(installation(2).file)
    book = book_of(tmp_path / "parties.json", f"sqlite:{tmp_path / 'log'}")
    assert book.current == installation(2).parties


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not canonical JSON"),
        (b"{", "not canonical JSON"),
        (b"\xff\xfe", "not canonical JSON"),
        (b"[" * 100_000, "not canonical JSON"),
        (b'{"generations":[],"generations":[]}', "not canonical JSON"),
        (b'{"generations":NaN}', "not canonical JSON"),
        (b'{"generations":[]}', "generations: Shorter than minimum length 1."),
        (b"[]", "Invalid input type."),
    ],
)
def test_a_broken_file_of_parties_is_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "parties.json").write_bytes(content)
    with pytest.raises(BadSettings) as refused:
        book_of(tmp_path / "parties.json", f"sqlite:{tmp_path / 'log'}")
    assert str(refused.value) == f"KLANKBORD_PARTIES: {why}"


def test_a_file_that_cannot_be_read_and_a_log_that_cannot_be_there_are_told_apart(tmp_path: Path) -> None:
    parties = tmp_path / "parties.json"
    with pytest.raises(BadSettings, match=r"^KLANKBORD_PARTIES cannot be read: No such file or directory$"):
        book_of(parties, f"sqlite:{tmp_path / 'log'}")
    parties.write_bytes(installation().file)
    with pytest.raises(BadSettings, match=r"^KLANKBORD_LOG cannot be opened: File exists$"):
        book_of(parties, f"sqlite:{parties}")
    with pytest.raises(BadSettings, match=r"^KLANKBORD_LOG: a log's address begins with sqlite:") as refused:
        book_of(parties, "kafka://somebody:secret@host")
    assert "secret" not in str(refused.value)
