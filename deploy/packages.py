"""What the system's package manager brings, where it may: as root, such as in a fresh container of a build server."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

_BRINGING = 600
"""Seconds that apt-get may take; a minute or two is usual."""


_TURN = Path("/var/lock/klankbord-packages")
"""Held by whoever installs: apt-get fails at once while another one is at it."""


class NotInstalled(RuntimeError):
    """apt-get could not; the message says in one line why."""


def install(*names: str) -> None:
    """Install Debian's packages with apt-get as root; nothing at all anywhere else. NotInstalled."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _TURN.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", *names]):
            done = subprocess.run(
                ["apt-get", "-q", *arguments],
                env=environ,
                capture_output=True,
                text=True,
                check=False,
                timeout=_BRINGING,
            )
            if done.returncode:
                raise NotInstalled(f"apt-get {arguments[0]} failed: {_why(done.stderr)}")


def _why(said: str) -> str:
    errors = [line for line in said.splitlines() if line.startswith("E:")]
    return (errors or said.splitlines() or ["it did not say why"])[0]
