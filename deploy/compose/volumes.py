"""The volumes of an installation in containers, as the one-shot jobs see them: a folder each, below one folder.

Every service gets only its own volume, read-only; whoever has a volume and another user than ours reads it as a member
of our group, which docker-compose.yml gives to that container alone.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

from shared.canonical import b64
from shared.journal import write_durably
from shared.secret_files import load_identity, make_identity

_GROUP = 0o640
_MODES = {"kafka": _GROUP, "database": _GROUP, "public": 0o644}
"""Of files in volumes that other users than ours read; elsewhere 0600."""

_SECRET = 32
"""Random bytes of a password or key: beyond guessing."""


class Volumes:
    """What is secret is made once and never replaced; what only follows from it is kept as it must be."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def once(self, volume: str, name: str, make: Callable[[], bytes]) -> bytes:
        """What a file holds; `make` is called for it if it is not there yet."""
        path = self._root / volume / name
        if not path.exists():
            self.put(volume, name, make())
        return path.read_bytes()

    def put(self, volume: str, name: str, data: bytes) -> None:
        """See to it that a file holds this."""
        folder = self._root / volume
        mode = _MODES.get(volume, 0o600)
        # Who may read the file may find it.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(mode | (mode & 0o444) >> 2)
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            write_durably(path, data)
        path.chmod(mode)

    def read(self, volume: str, name: str) -> bytes | None:
        """What a file holds, None if it is not there."""
        path = self._root / volume / name
        return path.read_bytes() if path.exists() else None

    def password(self, volume: str, name: str) -> str:
        """A random text without anything that would have to be quoted somewhere; made if need be."""
        return self.once(volume, name, lambda: b64(secrets.token_bytes(_SECRET)).encode() + b"\n").decode().strip()

    def identity(self, volume: str) -> bytes:
        """A party's public key, raw; its private key is made if need be. UnsafeFile if that can be read by others."""
        path = self._root / volume / "identity.key"
        key = load_identity(path) if path.exists() else make_identity(path)
        return key.public_key().public_bytes_raw()
