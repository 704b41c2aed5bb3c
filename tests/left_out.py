"""Tests that need what a machine may lack, such as a real Kafka: left out loudly, and with CI=true a failure."""

import os
from typing import NoReturn

import pytest

ON_A_BUILD_SERVER = os.environ.get("CI") == "true"

_MISSING: dict[str, str] = {}
"""By what is missing why."""


def reason(what: str) -> str | None:
    """Why it is missing, once somebody has looked for it in vain."""
    return _MISSING.get(what)


def without(what: str, why: str) -> NoReturn:
    """Skip the test that runs, or fail it with CI=true: there is no such thing here."""
    _MISSING[what] = why
    if ON_A_BUILD_SERVER:
        pytest.fail(f"CI=true and no {what}: {why}", pytrace=False)
    pytest.skip(_words(what))


def summarize(reporter: pytest.TerminalReporter) -> None:
    """At the end of the run: how many tests were left out, and how to have what they need."""
    skipped = [str(each.longrepr) for each in reporter.stats.get("skipped", [])]
    for what, why in _MISSING.items():
        reporter.section(f"{what.upper()} WAS NOT TESTED", red=True, bold=True)
        left_out = sum(_words(what) in each for each in skipped)
        reporter.line(f"{left_out} tests were left out because they need a real {what}.")
        reporter.line(why)


def _words(what: str) -> str:
    return f"no {what} on this machine"
