"""The command as a process of its own: what the shell sees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def run(folder: Path, *argv: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environ = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "nl_NL.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "clients.cli", *argv],
        cwd=folder,
        env=environ,
        input=typed,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(("argv", "code"), [(["--help"], 0), (["round"], 2)])
def test_it_starts_says_what_it_has_to_say_and_gives_an_exit_code(tmp_path: Path, argv: list[str], code: int) -> None:
    ran = run(tmp_path, *argv)
    assert ran.returncode == code
    assert "Traceback" not in ran.stderr
    if code:
        assert ran.stderr.startswith("Het bestand parties.json is er niet.")
        assert ran.stdout == ""
    else:
        assert ran.stdout.startswith("gebruik: klankbord")
    assert list(tmp_path.iterdir()) == []
