"""Tests that need what a machine may lack, such as a real Kafka: left out loudly, and with CI=true a failure."""

import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, Protocol, TypeVar

import pytest

ON_A_BUILD_SERVER = os.environ.get("CI") == "true"

_REASON = re.compile(r"no (\w+) on this machine: (.*)")
"""Of a test that was skipped."""

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
    pytest.skip(f"no {what} on this machine: {why}")


class Server(Protocol):
    """What a test run starts once."""

    def start(self) -> None:
        """Back when it answers."""


_Server = TypeVar("_Server", bound=Server)


def started(what: str, prepare: Callable[[Path], _Server], missing: type[Exception]) -> _Server:
    """A server that runs, prepared in a temporary folder of its own; `without` where that raises `missing`.

    Where it was once looked for in vain nobody looks again.
    """
    if why := reason(what):
        without(what, why)
    folder = Path(tempfile.mkdtemp(prefix=f"klankbord-{what.lower()[:6]}-"))
    try:
        server = prepare(folder)
    except missing as error:
        shutil.rmtree(folder)
        without(what, str(error))
    server.start()
    return server


def summarize(reporter: pytest.TerminalReporter) -> None:
    """At the end of the run: how many tests were left out, and how to have what they need."""
    # What the tests say, and not what is known here: they may have run in other processes.
    skipped = Counter(found.groups() for each in reporter.stats.get("skipped", []) if (found := _found(each)))
    for (what, why), left_out in skipped.items():
        reporter.section(f"{what.upper()} WAS NOT TESTED", red=True, bold=True)
        reporter.line(f"{left_out} tests were left out because they need a real {what}.")
        reporter.line(why)


def _found(report: pytest.TestReport) -> re.Match[str] | None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    return _REASON.search(reason)
