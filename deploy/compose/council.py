"""A gate, a second issuer and the page in other hands, on a machine of their own (deploy/compose/council.yml).

    council      keys     makes its keys, and prints what the others need: public keys only
    the others   give     print what the council needs: parties.json, and passwords for Kafka, to be sent in confidence
    council      take     reads that
    council      start    at each `docker compose up`: says what is still missing

Nobody's private key ever leaves the machine on which it was made.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from deploy.compose.ending import exit_code
from deploy.compose.prepare import authority_of, certificate, give_address, host_of, principal
from deploy.compose.volumes import Volumes
from deploy.parties import fields
from shared.canonical import b64
from shared.parties import BadParties, Book, Party

GATE = "gate"
_KEYS = ("authority", "parties", "passwords", "server")
"""Of the object that is handed over; all texts, but for the passwords by user."""


@dataclass(frozen=True)
class Ours:
    """What the council runs besides the gate, as it stands in parties.json."""

    issuer: str
    url: str
    """Of the issuer."""
    page: str
    """Origin of the employees' page."""


def keys(volumes: Volumes, ours: Ours, now: float) -> str:
    """Make what is missing of the council's own; lines for the file .env of the other machine."""
    authority = authority_of(volumes, now)
    volumes.put("public", "authority.pem", authority.pem)
    certificate(volumes, authority, "issuer", [host_of(ours.url)], now)
    certificate(volumes, authority, "page", [host_of(ours.page)], now)
    volumes.password("hr", "admin.key")
    issuer = b64(volumes.identity("issuer-home"))
    gate = b64(volumes.identity("gate-home"))
    return f"GATE_KEY={gate}\nSECOND_ISSUER={ours.issuer},{ours.url},{issuer}\nPAGE_URL={ours.page}\n"


def give(volumes: Volumes, server: str, users: Sequence[str]) -> str:
    """What the others hand over, as JSON; BadParties if something of it is not there."""
    parties = volumes.read("public", "parties.json")
    authority = volumes.read("kafka", "kafka-authority.pem")
    passwords = {user: volumes.read("users", f"{user}.password") for user in users}
    if missing := [user for user, password in passwords.items() if password is None]:
        raise BadParties(f"there is no user {', '.join(missing)}: start with GATE_KEY and SECOND_ISSUER first")
    given = {
        "server": server,
        "parties": (parties or b"").decode(),
        "authority": (authority or b"").decode(),
        "passwords": {user: (password or b"").decode().strip() for user, password in passwords.items()},
    }
    return json.dumps(given, indent=1) + "\n"


def take(volumes: Volumes, ours: Ours, given: str) -> None:
    """Keep what `give` made; BadParties if it is not for this gate and this issuer."""
    try:
        values = json.loads(given)
        authority, parties, passwords, server = (values[key] for key in _KEYS)
        mine = {GATE: (GATE, passwords[GATE]), "issuer": (principal(ours.issuer), passwords[principal(ours.issuer)])}
    except (KeyError, TypeError, ValueError):
        raise BadParties(f"what was handed over is not for a gate and an issuer {ours.issuer}") from None
    _check(volumes, ours, parties.encode())
    for volume, (user, password) in mine.items():
        give_address(volumes, volume, user, password, authority.encode(), server)
    volumes.put("public", "parties.json", parties.encode())


def start(volumes: Volumes, ours: Ours) -> None:
    """BadParties as long as nothing was taken that fits."""
    parties = volumes.read("public", "parties.json")
    if parties is None:
        raise BadParties("it is not there: exchange keys first (docs/operations.md, With containers)")
    _check(volumes, ours, parties)


def _check(volumes: Volumes, ours: Ours, parties: bytes) -> None:
    current = Book.load(parties).current
    if current.gate.key != volumes.identity("gate-home"):
        raise BadParties("it names another gate than this one")
    if Party(ours.issuer, ours.url, volumes.identity("issuer-home")) not in current.issuers:
        raise BadParties(f"it names no issuer {ours.issuer} with this key at {ours.url}")
    if ours.page not in current.pages:
        raise BadParties(f"it names no page {ours.page}")


def main(words: Sequence[str] | None = None, handed: TextIO = sys.stdin) -> int:
    """0, or 2 if it cannot be done."""
    chosen = _arguments().parse_args(words)
    return exit_code(lambda: _do(chosen, handed))


def _do(chosen: argparse.Namespace, handed: TextIO) -> None:
    volumes = Volumes(chosen.folder)
    if chosen.verb == "give":
        print(give(volumes, chosen.server, chosen.users), end="")
        return
    name, url = fields(chosen.issuer, "NAME,URL")
    ours = Ours(name, url, chosen.page)
    lines = keys(volumes, ours, time.time())
    if chosen.verb == "keys":
        print(lines, end="")
    elif chosen.verb == "take":
        take(volumes, ours, handed.read())
    else:
        start(volumes, ours)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.compose.council", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the volumes are")
    parser.add_argument("--issuer", default="", metavar="NAME,URL", help="ours, as it is to stand in parties.json")
    parser.add_argument("--page", default="", metavar="URL", help="the employees' page that we serve, likewise")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, words in (("keys", "make ours"), ("take", "read what was given"), ("start", "whether all is there")):
        verbs.add_parser(verb, help=words)
    given = verbs.add_parser("give", help="print what somebody else's services need")
    given.add_argument("--server", required=True, metavar="HOST:PORT", help="where Kafka is reached from there")
    given.add_argument("users", nargs="+", metavar="USER", help="of Kafka: gate, issuer-<name>")
    return parser


if __name__ == "__main__":
    sys.exit(main())
