"""Times in records have one spelling."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import dates

EARLIEST, LATEST = -62135596800, 253402300799
"""The first second of the year 1 and the last one of the year 9999."""


@given(st.integers(EARLIEST, LATEST))
def test_what_is_written_is_read_back(seconds: int) -> None:
    assert dates.parse(dates.text(seconds)) == seconds


@given(st.integers(0, 2**32))
def test_it_is_the_time_of_the_standard_library(seconds: int) -> None:
    assert dates.text(seconds) == datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@given(st.integers(EARLIEST, LATEST), st.integers(EARLIEST, LATEST))
def test_strings_are_in_the_order_of_the_times(one: int, other: int) -> None:
    assert (dates.text(one) < dates.text(other)) == (one < other)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1970-01-01T00:00:00Z", 0), ("2026-11-22T13:00:00Z", 1795352400), ("2024-02-29T23:59:59Z", 1709251199)],
)
def test_known_times(text: str, seconds: int) -> None:
    assert dates.parse(text) == seconds
    assert dates.text(seconds) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22T13:00Z",
        "2026-11-22T13:00:00",
        "2026-11-22t13:00:00z",
        "2026-11-22 13:00:00Z",
        "2026-11-22T13:00:00+00:00",
        "2026-11-22T13:00:00.0Z",
        "2026-11-22T13:00:00Z\n",
        " 2026-11-22T13:00:00Z",
        "2026-1-2T13:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "2026-12-31T23:59:61Z",
        "2025-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "\u0662026-11-22T13:00:00Z",
        1795352400,
        None,
    ],
)
def test_any_other_spelling_is_refused(text: Any) -> None:
    with pytest.raises(ValueError):
        dates.parse(text)


@pytest.mark.parametrize("seconds", [EARLIEST - 1, LATEST + 1, 2**80])
def test_times_without_four_digits_for_the_year_are_refused(seconds: int) -> None:
    with pytest.raises(ValueError, match="years"):
        dates.text(seconds)
