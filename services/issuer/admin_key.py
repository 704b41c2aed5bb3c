"""The key that HR's calls bear, made by `python -m services.issuer adminkey` in a file that only its owner reads."""

import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from shared.canonical import b64
from shared.journal import write_durably
from shared.secret_files import UnsafeFile, read_secret
from shared.settings import PREFIX, BadSettings, Settings

_SECRET = 32
"""Random bytes, 43 characters in base64url: beyond guessing, whoever counts the attempts."""


def make(environ: Mapping[str, str]) -> int:
    """Make the file that KLANKBORD_ADMIN_KEY_FILE names; an exit code."""
    text = Settings(environ).text("ADMIN_KEY_FILE", "")
    if not text:
        sys.stderr.write(f"{PREFIX}ADMIN_KEY_FILE is missing\n")
        return 2
    path = Path(text)
    if path.exists():
        sys.stderr.write("the admin key's file exists already; remove it to have a new key\n")
        return 2
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(path, b64(secrets.token_bytes(_SECRET)).encode() + b"\n")
    except OSError as error:
        sys.stderr.write(f"the admin key cannot be written: {error.strerror}\n")
        return 2
    return 0


def load(path: Path) -> bytes:
    """The key; BadSettings if the file is missing, readable by others, or holds no key."""
    try:
        key = read_secret(path).strip()
    except FileNotFoundError:
        raise BadSettings(f"{PREFIX}ADMIN_KEY_FILE does not exist; make it with: adminkey") from None
    except UnsafeFile as error:
        raise BadSettings(f"{PREFIX}ADMIN_KEY_FILE: {error}") from None
    except OSError as error:
        raise BadSettings(f"{PREFIX}ADMIN_KEY_FILE cannot be read: {error.strerror}") from None
    if len(key) < _SECRET:
        raise BadSettings(f"{PREFIX}ADMIN_KEY_FILE holds fewer than {_SECRET} characters")
    return key
