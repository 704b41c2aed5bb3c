"""A visitor of `make run`: collects, answers, and finds herself counted, with the client that employees use."""

from pathlib import Path

from clients.cli.__main__ import main as klankbord
from clients.cli.wallet_file import WalletFile
from deploy.trial import story

WALLET = "visitor.json"


def answer(root: Path, more: list[str]) -> int:
    """Collect, unless that was done before, and answer; the exit code of the client."""
    entry = WalletFile.open(root / WALLET).get(story.VISITORS)
    if entry is None or not entry.collected:
        code = _klankbord(root, "collect", story.VISITORS, *more)
        if code or not (root / WALLET).exists():
            return code
    return _klankbord(root, "answer", story.VISITORS)


def counted(root: Path) -> int:
    """Whether the release lists her sealed answers."""
    return _klankbord(root, "counted", story.VISITORS)


def _klankbord(root: Path, *words: str) -> int:
    print(f"$ klankbord {' '.join(words)}", flush=True)
    return klankbord(["--parties", str(root / "parties.json"), "--wallet", str(root / WALLET), *words])
