"""A visitor of `make run`: collects, answers, and finds herself counted, with the client that employees use.

What can be said here is said here: the client would name commands that a trial has under other names.
"""

from collections.abc import Sequence
from pathlib import Path

from clients.cli.__main__ import main as klankbord
from clients.cli.wallet import Entry
from clients.cli.wallet_file import WalletFile
from deploy.trial import quarters
from deploy.trial.tale import Tale
from deploy.trial.visitor import Visitor

WALLET = "visitor.json"

NOT_YET = 1
"""Exit code of what cannot be done now, and can be done at another time."""


def answer(tale: Tale, root: Path, visitor: Visitor, now: float, more: Sequence[str]) -> int:
    """Collect, unless that was done before, and answer, or change what was answered; the exit code of the client."""
    entry = _entry(root, visitor.round_id)
    if now >= visitor.closes:
        answered = entry is not None and entry.last_revision >= 0
        tale.say("visit-over" if answered else "visit-missed", closes=quarters.clock(visitor.closes))
        return NOT_YET
    if entry is None or not entry.collected:
        code = _klankbord(root, "collect", visitor.round_id, *more)
        entry = _entry(root, visitor.round_id)
        if code or entry is None:
            return code
    return _klankbord(root, "change" if entry.last_revision >= 0 else "answer", visitor.round_id)


def counted(tale: Tale, root: Path, visitor: Visitor, now: float) -> int:
    """Whether the release lists the sealed answers that she sent last; the exit code of the client."""
    answered = [name for name, entry in WalletFile.open(root / WALLET).items() if entry.last_revision >= 0]
    if not answered:
        tale.say("visit-first" if now < visitor.closes else "visit-missed", closes=quarters.clock(visitor.closes))
        return NOT_YET
    if answered[-1] == visitor.round_id and now < visitor.counting_from:
        tale.say("count-later", counting=quarters.clock(visitor.counting_from))
        return NOT_YET
    return _klankbord(root, "counted", answered[-1])


def _entry(root: Path, round_id: str) -> Entry | None:
    return WalletFile.open(root / WALLET).get(round_id)


def _klankbord(root: Path, *words: str) -> int:
    print(f"$ klankbord {' '.join(words)}", flush=True)
    return klankbord(["--parties", str(root / "parties.json"), "--wallet", str(root / WALLET), *words])
