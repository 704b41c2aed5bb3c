"""Topics of a log in SQLite files on which something is really wrong, and other topics of it fine."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from shared.log.sqlite import SqliteLog


def log_in(folder: Path) -> SqliteLog:
    """A log that waits a moment only for what somebody else has locked."""
    return SqliteLog(folder, timeout=0.05)


@contextmanager
def damaged(folder: Path, topic: str) -> Iterator[None]:
    """Meanwhile the topic's file is no database; then it is back as it was."""
    aside = folder / "aside"
    aside.mkdir()
    for file in folder.glob(f"{topic}.db*"):
        file.rename(aside / file.name)
    (folder / f"{topic}.db").write_bytes(b"This is no database. " * 1000)
    yield
    for file in folder.glob(f"{topic}.db*"):
        file.unlink()
    for file in aside.iterdir():
        file.rename(folder / file.name)
    aside.rmdir()


@contextmanager
def locked(folder: Path, topic: str) -> Iterator[None]:
    """Meanwhile somebody else keeps the topic's file, which is not in use (`log.close()`), to himself."""
    with closing(sqlite3.connect(folder / f"{topic}.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
