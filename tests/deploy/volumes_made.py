"""Volumes as docker-compose.yml's first job leaves them, in a folder."""

from pathlib import Path

from deploy.compose.prepare import Plan, prepare
from deploy.compose.volumes import Volumes

URLS = {
    "issuer": "https://localhost:8441",
    "ingest": "https://localhost:8442",
    "report": "https://localhost:8443",
    "page": "https://127.0.0.1:8444",
}
PLAN = Plan("hr", URLS, trial=True)
NOW = 1_800_000_000.0


def made(root: Path, plan: Plan = PLAN, now: float = NOW) -> Path:
    """Prepare the volumes in `root`, and give it back."""
    prepare(Volumes(root), plan, now)
    return root


def files(root: Path) -> dict[str, bytes]:
    """What every file holds, by its path below `root`."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
