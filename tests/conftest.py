"""What belongs to a whole test run: the real Kafka, PostgreSQL and browser, and saying loudly when there was none."""

import pytest

from tests import browser_here, kafka_here, left_out, postgresql_here


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes (make test), those of a file share one, and what is dear to set up.

    Whole suites of services run one after the other: each takes all cores by itself.
    """
    for item in items:
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group(folder if folder == "process" else str(item.path)))


def pytest_sessionfinish() -> None:
    browser_here.end()
    kafka_here.end()
    postgresql_here.end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out.summarize(terminalreporter)
