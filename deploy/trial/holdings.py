"""Everything that a trial's services hold, and where something occurs in it.

Used by `who-knows`, which shows a visitor what each service holds about her, and by the privacy tests, which fail if
something occurs where the table "who knows what" forbids it. Databases are read row by row and the log record by
record, because a file's pages may split a value; what is base64url inside (signed records) is looked through too.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from shared.canonical import b64, unb64
from shared.log.port import NoSuchTopic
from shared.log.sqlite import SqliteLog

_SQLITE = b"SQLite format 3\0"
_BASE64URL = re.compile(rb"[A-Za-z0-9_-]{16,}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A value that is kept somewhere: by whom, where, and its bytes."""

    owner: str
    """A service's name, or "log"."""
    place: str
    """A file, a table, or a topic."""
    value: bytes


def pieces(root: Path, services: Iterable[str]) -> Iterator[Piece]:
    """All that the homes and the output of `services` and the log hold, below the trial's folder."""
    for service in services:
        for path in sorted(path for path in (root / service).rglob("*") if path.is_file()):
            if path.name.endswith(("-wal", "-shm")):
                continue  # Read through the database that they belong to.
            place = str(path.relative_to(root / service))
            if path.open("rb").read(len(_SQLITE)) == _SQLITE:
                yield from (Piece(service, f"{place}: {table}", row) for table, row in _rows(path))
            else:
                yield Piece(service, place, path.read_bytes())
        said = root / f"{service}.log"
        if said.exists():
            yield Piece(service, "output", said.read_bytes())
    for topic in topics(root):
        yield from (Piece("log", topic, value) for value in records(root, topic))


def topics(root: Path) -> list[str]:
    """The topics of a trial's log."""
    return sorted(path.stem for path in (root / "log").glob("*.db"))


def records(root: Path, topic: str) -> list[bytes]:
    """The records of one topic; none if it is gone."""
    with closing(SqliteLog(root / "log")) as log:
        try:
            return [entry.value for entry in log.read(topic)]
        except NoSuchTopic:
            return []


def spellings(secret: bytes) -> tuple[bytes, ...]:
    """How bytes, or their SHA-256, can stand in a file: raw, base64url, hexadecimal."""
    both = (secret, sha256(secret).digest())
    return tuple(form for one in both for form in (one, b64(one).encode(), one.hex().encode()))


def occurrences(
    all_pieces: Iterable[Piece], needles: Mapping[str, Iterable[bytes]]
) -> dict[str, dict[tuple[str, str], int]]:
    """For each named needle (any of its spellings) the (owner, place) where it occurs, and in how many values."""
    found: dict[str, dict[tuple[str, str], int]] = {name: {} for name in needles}
    forms = {name: tuple(spelling) for name, spelling in needles.items()}
    for piece in all_pieces:
        text = b"\0".join((piece.value, *_decoded(piece.value)))
        for name, spelling in forms.items():
            if any(form in text for form in spelling):
                where = (piece.owner, piece.place)
                found[name][where] = found[name].get(where, 0) + 1
    return found


def _rows(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - the name comes from the database itself
                cells = (cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)
                yield table, b"\0".join(cells)


def _decoded(value: bytes) -> Iterator[bytes]:
    """What runs of base64url in a text stand for: signed records hide their payload in it."""
    if len(value) > 1_000_000 or not value.isascii():
        return
    for run in _BASE64URL.findall(value):
        try:
            yield unb64(run.decode())
        except ValueError:
            continue
