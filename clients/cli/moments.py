"""Times as HR writes them in a file: with a zone, or so long after something else.

2026-11-22T09:00:00+01:00      RFC 3339, any offset, or Z
2026-11-22 09:00 Europe/Amsterdam
+14d      +2h      +90m      +1d12h
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
"""Seconds."""

_AFTER = re.compile(r"\+((?:\d{1,6}[wdhms])+)")
_STEP = re.compile(r"(\d+)([wdhms])")
_ZONED = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?) ([A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*)")


class BadMoment(ValueError):
    """No time, or one without a zone, or one that the zone's clock never or twice shows."""


def after(text: str) -> int:
    """The seconds of "+14d"; BadMoment."""
    if not (match := _AFTER.fullmatch(text)):
        raise BadMoment(text)
    return sum(int(number) * _UNITS[unit] for number, unit in _STEP.findall(match[1]))


def moment(text: str, base: int) -> int:
    """POSIX seconds of a written time; what begins with "+" counts from `base`. BadMoment."""
    if text.startswith("+"):
        return base + after(text)
    if match := _ZONED.fullmatch(text):
        return _in_zone(f"{match[1]}T{match[2]}", match[3])
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise BadMoment(text) from None
    if written.tzinfo is None:
        raise BadMoment(text)
    return int(written.timestamp())


def _in_zone(text: str, zone: str) -> int:
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise BadMoment(text) from None
    # When clocks change, an hour is there twice or not at all; then only an offset says what is meant.
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise BadMoment(text)
    return int(local.timestamp())
