"""A party's long-lived key: made once by `python -m services.<name> keygen`, compared with parties.json at every start.

The public half goes into parties.json; the private half never leaves the party's own folder.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.canonical import b64
from shared.parties import Party
from shared.secret_files import UnsafeFile, load_identity, make_identity
from shared.settings import PREFIX, BadSettings, Settings

FILE = "identity.key"
"""In the folder that KLANKBORD_HOME names."""


def handle(arguments: Sequence[str], environ: Mapping[str, str], others: Sequence[str] = ()) -> int | None:
    """What the command line asks for besides running the service; its exit code, or None if the service is to run.

    `others` are words that the service has taken care of itself. `keygen` needs KLANKBORD_HOME only: there is no
    parties.json before all parties have their keys.
    """
    if not arguments:
        return None
    if list(arguments) != ["keygen"]:
        sys.stderr.write(f"either no argument or: {', '.join(('keygen', *others))}\n")
        return 2
    home = Settings(environ).text("HOME", "")
    if not home:
        sys.stderr.write(f"{PREFIX}HOME is missing\n")
        return 2
    try:
        key = make_identity(Path(home) / FILE)
    except FileExistsError:
        sys.stderr.write(f"{FILE} exists already and is never replaced{_public(Path(home) / FILE)}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{FILE} cannot be made: {error.strerror}\n")
        return 2
    sys.stdout.write(b64(key.public_key().public_bytes_raw()) + "\n")
    return 0


def _public(path: Path) -> str:
    """For whoever has lost what was printed when the key was made."""
    try:
        return f"; its public key: {b64(load_identity(path).public_key().public_bytes_raw())}"
    except (OSError, UnsafeFile, ValueError) as error:
        return f", but cannot be used: {error}"


def identity(home: Path, party: Party) -> Ed25519PrivateKey:
    """The party's own key; BadSettings if it is missing, readable by others, or not the one in parties.json."""
    try:
        key = load_identity(home / FILE)
    except FileNotFoundError:
        raise BadSettings(f"{PREFIX}HOME has no {FILE}; make one with: keygen") from None
    except UnsafeFile as error:
        raise BadSettings(f"{PREFIX}HOME: {error}") from None
    except OSError as error:
        raise BadSettings(f"{PREFIX}HOME: {FILE} cannot be read: {error.strerror}") from None
    if key.public_key().public_bytes_raw() != party.key:
        raise BadSettings(f"{PREFIX}HOME: {FILE} is not the key that parties.json has for {party.name}")
    return key
