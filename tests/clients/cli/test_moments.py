"""Times that HR writes have a zone or count from something, or they are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.cli.moments import BadMoment, after, moment
from shared import dates

BASE = dates.parse("2026-11-22T08:00:00Z")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-22T09:00:00+01:00", "2026-11-22T08:00:00Z"),
        ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z"),
        ("2026-11-22 08:00Z", "2026-11-22T08:00:00Z"),
        ("2026-11-22 09:00 Europe/Amsterdam", "2026-11-22T08:00:00Z"),
        ("2026-07-01T09:00:30 Europe/Amsterdam", "2026-07-01T07:00:30Z"),
        ("2026-07-01 09:00 UTC", "2026-07-01T09:00:00Z"),
        ("+2h", "2026-11-22T10:00:00Z"),
        ("+1d12h", "2026-11-23T20:00:00Z"),
        ("+90m", "2026-11-22T09:30:00Z"),
        ("+2w", "2026-12-06T08:00:00Z"),
        ("+0s", "2026-11-22T08:00:00Z"),
    ],
)
def test_a_time_is_written_with_its_zone_or_after_something(text: str, meant: str) -> None:
    assert dates.text(moment(text, BASE)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-11-22",
        "2026-11-22T09:00:00",
        "2026-11-22 09:00",
        "2026-11-22 09:00 Europe/Atlantis",
        "2026-11-22 09:00 ../../etc/passwd",
        "2026-13-22 09:00 Europe/Amsterdam",
        "14d",
        "+",
        "+14",
        "+1.5d",
        "+1d 2h",
        "-1d",
        "+99999999d",
    ],
)
def test_a_time_without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(BadMoment):
        moment(text, BASE)


@pytest.mark.parametrize("text", ["2026-03-29 02:30 Europe/Amsterdam", "2026-10-25 02:30 Europe/Amsterdam"])
def test_a_time_that_the_clock_shows_never_or_twice_is_refused(text: str) -> None:
    with pytest.raises(BadMoment):
        moment(text, BASE)


@given(days=st.integers(0, 999), hours=st.integers(0, 999), base=st.integers(0, 2**31))
def test_what_comes_after_adds_up(days: int, hours: int, base: int) -> None:
    assert moment(f"+{days}d{hours}h", base) == base + after(f"+{days}d") + after(f"+{hours}h")
    assert after(f"+{days}d") == days * 86_400
