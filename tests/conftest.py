"""What belongs to a whole test run: the real Kafka, and saying loudly when there was none."""

import pytest

from tests import kafka_here


def pytest_sessionfinish() -> None:
    kafka_here.end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if kafka_here.MISSING:
        skipped = terminalreporter.stats.get("skipped", [])
        left_out = sum("no Kafka on this machine" in str(each.longrepr) for each in skipped)
        terminalreporter.section("KAFKA WAS NOT TESTED", red=True, bold=True)
        terminalreporter.line(f"{left_out} tests were left out because they need a real Kafka.")
        terminalreporter.line(kafka_here.MISSING[0])
