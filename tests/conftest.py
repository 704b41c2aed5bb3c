"""What belongs to a whole test run: the real Kafka and PostgreSQL, and saying loudly when there was none."""

import pytest

from tests import kafka_here, left_out, postgresql_here


def pytest_sessionfinish() -> None:
    kafka_here.end()
    postgresql_here.end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out.summarize(terminalreporter)
