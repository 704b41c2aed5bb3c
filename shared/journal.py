"""What a party has signed, on its own disk, before anybody else sees it.

    <folder>/lock
    <folder>/<round>/<kind>.jws              the record: its presence is the commit
    <folder>/<round>/<kind>.<topic>.<n>      the chunks that go before it, by topic and place
    <folder>/<round>/<kind>.acknowledged     the log has once acknowledged all of it

Everything is written with fsync, locked by one process, and never copied or backed up: a log that is rolled back must
meet a party that remembers. A record is stored once; another one of the same round and kind is refused, for ever.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from shared.records import Kind
from shared.rounds import RoundId


class JournalConflict(RuntimeError):
    """Something else was signed before for this round and kind; this is never repaired by itself."""


class JournalLocked(RuntimeError):
    """Another process uses this journal: two of the same party would contradict each other."""


class Journal:
    """The journal of one party; close it to give up the lock."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise JournalLocked(f"{folder} is in use by another process") from None

    def close(self) -> None:
        os.close(self._lock)

    def store(self, round_id: RoundId, kind: Kind, jws: str, chunks: Mapping[str, Sequence[bytes]]) -> None:
        """Keep a record and, by topic, the chunks that go before it; back only when they are on disk.

        The same record again changes nothing; JournalConflict for another one.
        """
        if (before := self.record(round_id, kind)) is not None:
            if before != jws:
                raise JournalConflict(f"another {kind} of {round_id} was signed before")
            return
        folder = self._folder / round_id
        if not folder.exists():
            folder.mkdir(mode=0o700)
            _sync_folder(self._folder)
        for leftover in folder.glob(f"{kind}.*"):
            leftover.unlink()
        for topic, parts in chunks.items():
            for place, part in enumerate(parts):
                write_durably(folder / f"{kind}.{topic}.{place:06}", part)
        write_durably(folder / f"{kind}.jws", jws.encode())

    def record(self, round_id: RoundId, kind: Kind) -> str | None:
        """The record that was stored, if any."""
        try:
            return (self._folder / round_id / f"{kind}.jws").read_text("ascii")
        except FileNotFoundError:
            return None

    def chunks(self, round_id: RoundId, kind: Kind) -> dict[str, list[Path]]:
        """The files of a record's chunks by topic, in order."""
        found: dict[str, list[Path]] = {}
        for path in sorted((self._folder / round_id).glob(f"{kind}.*.??????")):
            found.setdefault(path.name.removeprefix(f"{kind}.")[:-7], []).append(path)
        return found

    def entries(self) -> Iterator[tuple[RoundId, Kind]]:
        """All records, round by round, in the order of a round's life."""
        for folder in sorted(path for path in self._folder.iterdir() if path.is_dir()):
            for kind in Kind:
                if (folder / f"{kind}.jws").exists():
                    yield folder.name, kind

    def acknowledge(self, round_id: RoundId, kind: Kind) -> None:
        """Note that the log has all of it; from now on its absence there is an alarm."""
        write_durably(self._folder / round_id / f"{kind}.acknowledged", b"")

    def acknowledged(self, round_id: RoundId, kind: Kind) -> bool:
        return (self._folder / round_id / f"{kind}.acknowledged").exists()

    def forget_chunks(self, round_id: RoundId, topic: str) -> None:
        """Remove the chunks of a topic whose deletion date has come; the records stay."""
        for path in (self._folder / round_id).glob(f"*.{topic}.??????"):
            path.unlink()


def write_durably(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 as a whole or not at all; back when it and its name are on disk."""
    fresh = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def destroy(path: Path) -> None:
    """Overwrite a secret file once and remove it; copy-on-write storage may keep a trace (docs/operations.md)."""
    with suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
