"""What a party has signed, on its own disk, before anybody else sees it.

    <folder>/lock                            held by the process that leads, as long as it lives
    <folder>/storing                         held by any process while it stores a record
    <folder>/<round>/<kind>.jws              the record: its presence is the commit
    <folder>/<round>/<kind>.<topic>.<n>      the chunks that go before it, by topic and place; six digits
    <folder>/<round>/<kind>.acknowledged     the log has once acknowledged all of it

Everything is written with fsync, by one process or by several that share the folder and take turns, and is never copied
or backed up: a log that is rolled back must meet a party that remembers. A record is stored once; another one of the
same round and kind is refused, for ever, whichever process stored the first.

A disk that is full or broken is an OSError, and nothing was said: the record is there as a whole or not at all. What a
crash leaves of an unfinished one is removed when the journal is opened again.
"""

import fcntl
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from shared.log.port import check_topic
from shared.records import Kind
from shared.rounds import RoundId
from shared.schema import ROUND_ID

CHUNKS = 1_000_000
"""Most chunks of a record and topic, which six digits number: 400 GB."""

_CHUNK = re.compile(r"(?P<kind>[a-z]+)\.(?P<topic>[a-z0-9.-]+)\.(?P<place>[0-9]{6})")


class JournalConflict(RuntimeError):
    """Something else was signed before for this round and kind; this is never repaired by itself."""


class JournalLocked(RuntimeError):
    """Another process leads with this journal: two that both did would contradict each other."""


class _Chunk(NamedTuple):
    kind: str
    topic: str
    place: int
    path: Path


class Journal:
    """The journal of one party; close it to give up the lock.

    Only the process that opened it may write: a fork would share the lock, and with it the party's voice. Its threads
    may: one record is stored after the other.
    """

    def __init__(self, folder: Path, *, alone: bool = True) -> None:
        """`alone`: JournalLocked if another process leads. Else several may store records, and one of them leads."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sync_folder(folder.parent)
        self._folder = folder
        self._pid = os.getpid()
        self._storing = threading.Lock()
        self._closed = False
        self._lock: int | None = None
        if alone and not self.lead():
            raise JournalLocked(f"{folder} is in use by another process")

    def lead(self) -> bool:
        """Whether this process leads, from now on if nobody else does: it alone appends what is stored to the log."""
        self._check_open()
        if self._lock is None:
            lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                return False
            self._lock = lock
            with self._turn():
                for round_id in self._rounds():
                    self._tidy(round_id)
        return True

    def close(self) -> None:
        self._closed = True
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def store(self, round_id: RoundId, kind: Kind, jws: str, chunks: Mapping[str, Sequence[bytes]]) -> None:
        """Keep a record and, by topic, the chunks that go before it; back only when they are on disk.

        The same record again changes nothing; JournalConflict for another one. ValueError for names that are none.
        """
        self._check_open()
        if not ROUND_ID.fullmatch(round_id):
            raise ValueError("not the id of a round")
        for topic, parts in chunks.items():
            check_topic(topic)
            if len(parts) > CHUNKS:
                raise ValueError(f"{len(parts)} chunks for {topic}")
        with self._turn():
            self._store(round_id, kind, jws, chunks)

    def _store(self, round_id: RoundId, kind: Kind, jws: str, chunks: Mapping[str, Sequence[bytes]]) -> None:
        if (before := self.record(round_id, kind)) is not None:
            if before != jws:
                raise JournalConflict(f"another {kind} of {round_id} was signed before")
            return
        folder = self._folder / round_id
        folder.mkdir(mode=0o700, exist_ok=True)
        # Also for one that exists: whoever made it may have been stopped just before this line.
        _sync_folder(self._folder)
        for leftover in self._chunks(round_id):
            if leftover.kind == kind:
                leftover.path.unlink()
        for topic, parts in chunks.items():
            for place, part in enumerate(parts):
                write_durably(folder / f"{kind}.{topic}.{place:06}", part)
        write_durably(folder / f"{kind}.jws", jws.encode())

    def has(self, round_id: RoundId, kind: Kind) -> bool:
        """Whether a record was stored."""
        return (self._folder / round_id / f"{kind}.jws").exists()

    def record(self, round_id: RoundId, kind: Kind) -> str | None:
        """The record that was stored, if any."""
        try:
            return (self._folder / round_id / f"{kind}.jws").read_text("ascii")
        except FileNotFoundError:
            return None

    def chunks(self, round_id: RoundId, kind: Kind) -> dict[str, list[Path]]:
        """The files of a record's chunks by topic, in order."""
        found: dict[str, list[Path]] = {}
        for chunk in self._chunks(round_id):
            if chunk.kind == kind:
                found.setdefault(chunk.topic, []).append(chunk.path)
        return found

    def entries(self) -> Iterator[tuple[RoundId, Kind]]:
        """All records, round by round, in the order of a round's life."""
        for round_id in self._rounds():
            stored = {path.name for path in (self._folder / round_id).iterdir()}
            for kind in Kind:
                if f"{kind}.jws" in stored:
                    yield round_id, kind

    def secure(self, round_id: RoundId) -> None:
        """See that what is stored for a round is on disk, also if a `store` failed at the very end."""
        _sync_folder(self._folder / round_id)

    def acknowledge(self, round_id: RoundId, kind: Kind) -> None:
        """Note that the log has all of it; from now on its absence there is an alarm."""
        self._check_leads()
        write_durably(self._folder / round_id / f"{kind}.acknowledged", b"")

    def acknowledged(self, round_id: RoundId, kind: Kind) -> bool:
        return (self._folder / round_id / f"{kind}.acknowledged").exists()

    def forget_chunks(self, round_id: RoundId, topic: str) -> None:
        """Remove the chunks of a topic whose deletion date has come; the records stay."""
        self._check_leads()
        gone = [chunk.path for chunk in self._chunks(round_id) if chunk.topic == topic]
        for path in gone:
            path.unlink()
        if gone:
            _sync_folder(self._folder / round_id)

    def _rounds(self) -> list[RoundId]:
        """Whatever else lies in the folder is not ours."""
        return sorted(path.name for path in self._folder.iterdir() if ROUND_ID.fullmatch(path.name) and path.is_dir())

    def _chunks(self, round_id: RoundId) -> list[_Chunk]:
        """All files of chunks of a round, in order, whether or not their record is there."""
        folder = self._folder / round_id
        found = [(path, _CHUNK.fullmatch(path.name)) for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(
            _Chunk(match["kind"], match["topic"], int(match["place"]), path) for path, match in found if match
        )

    def _tidy(self, round_id: RoundId) -> None:
        """Remove what a crash has left, which may be somebody's words."""
        folder = self._folder / round_id
        for unfinished in folder.glob(".*.new"):
            unfinished.unlink()
        for chunk in self._chunks(round_id):
            if not (folder / f"{chunk.kind}.jws").exists():
                chunk.path.unlink()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Nobody else stores anything meanwhile, in this process or another."""
        with self._storing:
            turn = os.open(self._folder / "storing", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(turn, fcntl.LOCK_EX)
                yield
            finally:
                os.close(turn)

    def _check_open(self) -> None:
        if self._closed or self._pid != os.getpid():
            raise JournalLocked(f"{self._folder} was opened by another process, or is closed")

    def _check_leads(self) -> None:
        self._check_open()
        if self._lock is None:
            raise JournalLocked(f"{self._folder} is led by another process")


def write_durably(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 as a whole or not at all; back when it and its name are on disk."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        # On a full disk half a file would only make things worse.
        fresh.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def destroy(path: Path) -> None:
    """Overwrite a secret file once and remove it; copy-on-write storage may keep a trace (docs/operations.md).

    First it loses its name, so that a crash leaves the whole secret or none, never zeros that look like one; then it
    is `.<name>.gone`, which the next `destroy` or the opening of RoundSecrets removes.
    """
    gone = path.with_name(f".{path.name}.gone")
    _overwrite(gone)
    with suppress(FileNotFoundError):
        path.replace(gone)
        _sync_folder(path.parent)
        _overwrite(gone)


def _overwrite(path: Path) -> None:
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
