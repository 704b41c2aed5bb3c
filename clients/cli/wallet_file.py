"""The wallet file: for its owner only, and replaced as a whole or not at all."""

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from clients.cli import wallet_json
from clients.cli.outcomes import BadInput
from clients.cli.wallet import Entry, Wallet


class WalletFile(Wallet):
    """A wallet that is written at every `put`."""

    def __init__(self, path: Path, entries: Mapping[str, Entry]) -> None:
        super().__init__(entries)
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "WalletFile":
        """Read the file, or begin an empty wallet where there is none; BadInput if it is damaged or open to others."""
        try:
            if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise BadInput("wallet-readable", file=path)
            return cls(path, wallet_json.loads(path.read_bytes()))
        except FileNotFoundError:
            return cls(path, {})
        except (OSError, ValueError):
            raise BadInput("wallet-damaged", file=path) from None

    def put(self, round_id: str, entry: Entry) -> None:
        """Keep an entry durably; BadInput if the disk refuses, the old file then being untouched."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _replace(self.path, wallet_json.dumps(dict(self.items()) | {round_id: entry}))
        except OSError:
            raise BadInput("wallet-unwritable", file=self.path) from None
        super().put(round_id, entry)


def _replace(path: Path, data: bytes) -> None:
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        write_private(new, data)
        new.replace(path)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()


def write_private(path: Path, data: bytes) -> None:
    """A new file that nobody else can read, from its first byte on; FileExistsError if there is one."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
