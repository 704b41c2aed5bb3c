"""The one real Chromium of a test run: started when a test first needs it, ended with the run (tests/conftest.py).

The system's own where there is one; root on Debian gets it from there (CI); else the one that Playwright has brought.
Where none can be had the tests that need one are left out (tests/left_out.py).
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Playwright, sync_playwright

from deploy import packages
from tests import left_out

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser in a test speaks with the pages under test and with nobody else."""

_HOW = (
    "Install Chromium (on Debian and Ubuntu: apt install chromium), or let Playwright bring one: "
    ".venv/bin/playwright install chromium"
)

_HERE: list[tuple[Playwright, Browser]] = []


def here() -> Browser:
    """The running browser; skips the test, or fails it with CI=true, if there can be none."""
    if not _HERE:
        if why := left_out.reason("Chromium"):
            left_out.without("Chromium", why)
        playwright = sync_playwright().start()
        try:
            _HERE.append((playwright, _launch(playwright)))
        except (Error, packages.NotInstalled) as error:
            playwright.stop()
            left_out.without("Chromium", f"{str(error).splitlines()[0]} {_HOW}")
    return _HERE[0][1]


def _launch(playwright: Playwright) -> Browser:
    program = _program()
    if program is None and left_out.ON_A_BUILD_SERVER:
        packages.install("chromium")
        program = _program()
    # Root can't have the sandbox, and in a test there is nothing to be kept from it.
    return playwright.chromium.launch(executable_path=program, args=_FLAGS, chromium_sandbox=False)


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def person(**how: Any) -> Iterator[BrowserContext]:
    """A person with a browser of her own: nothing remembered, closed at the end. `how` as for `Browser.new_context`."""
    context = here().new_context(**{"locale": "nl-NL", "timezone_id": "Europe/Amsterdam", **how})
    context.set_default_timeout(10_000)  # Milliseconds; two cores that are busy with something else, too.
    try:
        yield context
    finally:
        context.close()


def end() -> None:
    """At the end of the run."""
    for playwright, browser in _HERE:
        browser.close()
        playwright.stop()
    _HERE.clear()
