"""Times in records: RFC 3339 in UTC with whole seconds, "2026-11-22T13:00:00Z"; in code they are POSIX seconds."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse(text: str) -> int:
    """POSIX seconds of exactly what `text` writes; ValueError for any other spelling, and for leap seconds."""
    if not isinstance(text, str):
        raise ValueError("no time")
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if _spell(moment) != text:
        raise ValueError("no time in the one spelling that records have")
    return (moment - _EPOCH) // timedelta(seconds=1)


def text(seconds: int) -> str:
    """The string of POSIX seconds; ValueError outside the years 1 to 9999."""
    try:
        return _spell(_EPOCH + timedelta(seconds=seconds))
    except OverflowError as error:
        raise ValueError("no time of the years 1 to 9999") from error


def _spell(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + "Z"
