"""Private keys in files of mode 0600: a party's identity for ever, and one secret per round until it is destroyed."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.canonical import b64, unb64
from shared.journal import destroy, write_durably
from shared.rounds import RoundId
from shared.schema import ROUND_ID

_ROUND_FILE = re.compile(rf"(?P<round>{ROUND_ID.pattern})\.key")
_HALF_DESTROYED = re.compile(rf"\.(?P<round>{ROUND_ID.pattern})\.key\.gone")


class UnsafeFile(RuntimeError):
    """A private key that others than its owner could read, or that is no key."""


def make_identity(path: Path) -> Ed25519PrivateKey:
    """A new long-lived Ed25519 key in a file that must not exist yet (FileExistsError)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        raise FileExistsError(path)
    key = Ed25519PrivateKey.generate()
    write_durably(path, b64(key.private_bytes_raw()).encode() + b"\n")
    return key


def load_identity(path: Path) -> Ed25519PrivateKey:
    """The key of `make_identity`; UnsafeFile if its mode lets others read it or it is no key, FileNotFoundError."""
    try:
        return Ed25519PrivateKey.from_private_bytes(unb64(read_secret(path).decode().strip()))
    except ValueError:
        raise UnsafeFile(f"{path.name} holds no Ed25519 key") from None


class RoundSecrets:
    """One secret file per round, outside backups and snapshots."""

    def __init__(self, folder: Path, *, alone: bool = True) -> None:
        """`alone`: no other process uses the folder, so what lies there unfinished was left by a crash."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        if alone:
            self.tidy()

    def tidy(self) -> None:
        """Destroy what a crash has left, be it of a creation or of a destruction."""
        for unfinished in (*self._folder.glob(".*.new"), *self._folder.glob(".*.gone")):
            destroy(unfinished)

    def create(self, round_id: RoundId, secret: bytes) -> None:
        """Keep a round's secret durably; FileExistsError if it has one already."""
        path = self._path(round_id)
        if path.exists():
            raise FileExistsError(path)
        write_durably(path, secret)

    def load(self, round_id: RoundId) -> bytes | None:
        """The secret, or None if there is none (any more); UnsafeFile if others can read it."""
        with suppress(FileNotFoundError):
            return read_secret(self._path(round_id))
        return None

    def destroy(self, round_id: RoundId) -> bool:
        """Remove the secret; whether there was one."""
        path = self._path(round_id)
        there = path.exists()
        destroy(path)
        return there

    def rounds(self) -> Iterator[RoundId]:
        """The rounds whose secret exists, be it only in a file whose destruction failed and is to be tried again."""
        for path in sorted(self._folder.iterdir()):
            if match := _ROUND_FILE.fullmatch(path.name) or _HALF_DESTROYED.fullmatch(path.name):
                yield match["round"]

    def _path(self, round_id: RoundId) -> Path:
        if not ROUND_ID.fullmatch(round_id):
            raise ValueError("not the id of a round")
        return self._folder / f"{round_id}.key"


def read_secret(path: Path) -> bytes:
    """What a file with a secret holds; UnsafeFile if its mode lets others read it, FileNotFoundError."""
    mode = path.stat().st_mode
    if mode & 0o077:
        raise UnsafeFile(f"{path.name} can be read by others: chmod 600")
    if path.stat().st_uid != os.geteuid():
        raise UnsafeFile(f"{path.name} belongs to another user")
    return path.read_bytes()
