"""A real browser for tests: Debian's Chromium where there is one, and tests/left_out.py where there is none."""

import shutil
import subprocess
from pathlib import Path

from deploy import packages
from tests import left_out

_NAMES = ("chromium", "chromium-browser", "google-chrome")

_SECONDS = 60
"""For one page; it takes two, and more on a busy machine."""


def chromium() -> str:
    """The program; without one the test that runs is left out."""
    if left_out.ON_A_BUILD_SERVER and not any(map(shutil.which, _NAMES)):
        try:
            packages.install("chromium")
        except packages.NotInstalled as error:
            left_out.without("Chromium", str(error))
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or left_out.without("Chromium", "On Debian: apt install chromium.")


def dom(url: str, folder: Path) -> str:
    """The page's HTML after its scripts have run for three seconds of the page's time; `folder` becomes its profile."""
    command = [
        chromium(),
        "--headless=new",
        "--no-sandbox",  # Tests may run as root, and load nothing but pages of their own.
        "--disable-gpu",
        "--disable-background-networking",
        f"--user-data-dir={folder}",
        "--virtual-time-budget=3000",
        "--dump-dom",
        url,
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    return ran.stdout
