"""Everything that a trial's services hold, and where something occurs in it.

Used by `who-knows`, which shows a visitor what each service holds about her, and by the privacy tests, which fail if
something occurs where the table "who knows what" (docs/architecture.md) forbids it. It is looked at twice: databases
row by row and the log record by record, because a file's pages may split a value; and every file as it is, because
what was deleted may still lie in free pages and write-ahead files.
"""

import binascii
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from deploy.trial import kept
from shared import reading
from shared.canonical import b64

LOG = "log"
"""The owner of what lies in the log: its operator."""

_SQLITE = b"SQLite format 3\0"
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
"""At least 8 bytes: what is shorter is found by chance."""
_HEX = re.compile(rb"[0-9A-Fa-f]{16,}")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")

_DEPTH = 3
"""A hash in base64url, in a signed record's payload, in base64url once more; and one to spare."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A value that is kept somewhere: by whom, where, and its bytes. The cells of a row stand between zero bytes."""

    owner: str
    """A service's name, or LOG."""
    place: str
    """A file, a file and a table in it, or a topic."""
    value: bytes = field(repr=False)


def pieces(root: Path, services: Iterable[str]) -> Iterator[Piece]:
    """All values that the homes and the output of `services` and the log hold, below the trial's folder."""
    for service in services:
        for path in _files(root / service):
            if path.name.endswith(("-wal", "-shm")):
                continue  # Read through the database that they belong to.
            place = str(path.relative_to(root / service))
            # A service may remove or replace a file at any moment.
            with suppress(FileNotFoundError):
                if _is_database(path):
                    yield from (Piece(service, f"{place}: {table}", row) for table, row in _rows(path))
                else:
                    yield Piece(service, place, path.read_bytes())
        said = root / f"{service}.log"
        if said.exists():
            yield Piece(service, "output", said.read_bytes())
    log = kept.at(root)
    with closing(log.open()) as opened:
        for topic in log.topics():
            yield from (Piece(LOG, topic, value) for value in reading.values(opened, topic))


def raw(root: Path, services: Iterable[str]) -> Iterator[Piece]:
    """Every file of the homes of `services` and of the log as it is on disk, free pages and all."""
    for owner, folder in [*((service, root / service) for service in services), (LOG, kept.at(root).files)]:
        for path in _files(folder):
            with suppress(FileNotFoundError):
                yield Piece(owner, str(path.relative_to(folder)), path.read_bytes())


def records(root: Path, topic: str) -> list[bytes]:
    """The records of one topic; none if it is gone."""
    with closing(kept.at(root).open()) as log:
        return list(reading.values(log, topic))


def views(value: bytes, depth: int = _DEPTH) -> Iterator[bytes]:
    """The value, and whatever its runs of base64 (either alphabet) and hexadecimal stand for, wherever they begin.

    Signed records hide their payload in base64url, and hashes stand in that in base64url again.
    """
    yield value
    if depth == 0:
        return
    for run in _BASE64.findall(value):
        standard = run.translate(_TO_STANDARD)
        for start in range(4):
            yield from views(_from_base64(standard[start:]), depth - 1)
    for run in _HEX.findall(value):
        for start in range(2):
            digits = run[start:]
            yield from views(binascii.unhexlify(digits[: len(digits) // 2 * 2]), depth - 1)


def spellings(secret: bytes) -> tuple[bytes, ...]:
    """How bytes, or their SHA-256, can stand in a file: raw, base64url, hexadecimal."""
    both = (secret, sha256(secret).digest())
    return tuple(form for one in both for form in (one, b64(one).encode(), one.hex().encode()))


def cell(text: str) -> bytes:
    """A text that is the whole of a cell in a row, for what is too short to be looked for anywhere."""
    return b"\0" + text.encode() + b"\0"


def occurrences(
    all_pieces: Iterable[Piece], needles: Mapping[str, Iterable[bytes]]
) -> dict[str, dict[tuple[str, str], int]]:
    """For each named needle (any of its spellings) the (owner, place) where it occurs, and in how many values."""
    found: dict[str, dict[tuple[str, str], int]] = {name: {} for name in needles}
    forms = {name: tuple(spelling) for name, spelling in needles.items()}
    for piece in all_pieces:
        seen = list(views(piece.value))
        for name, spelling in forms.items():
            if any(form in view for form in spelling for view in seen):
                where = (piece.owner, piece.place)
                found[name][where] = found[name].get(where, 0) + 1
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _rows(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - the name comes from the database itself
                cells = (one if isinstance(one, bytes) else str(one).encode() for one in row)
                yield table, b"\0" + b"\0".join(cells) + b"\0"


def _from_base64(run: bytes) -> bytes:
    """As much of it as whole bytes are."""
    whole = run if len(run) % 4 != 1 else run[:-1]
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
