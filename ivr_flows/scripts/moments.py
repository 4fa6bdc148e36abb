"""Times as people write them in scripts: `2026-03-02 09:30`, `Sunday 03:00`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import tzinfo

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(r"([A-Za-z]{3,9}) ([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?([+-][0-9]{2}:[0-9]{2}|Z)?")

EXPECTED = "a time such as 2026-03-02 09:30 or Sunday 03:00"
#: The Monday of the week that a weekday without a date means in scripts: one without public holidays.
WEEK = (2026, 3, 2)
#: When a call begins where nothing is said of it.
DEFAULT = "Monday 10:00"


def moment(text: str, zone: str, *, after: datetime | None = None) -> float:
    """POSIX seconds of a time in the zone of that IANA name; a weekday is the first at or after `after` (none: in the
    week of `WEEK`). Raises ValueError.
    """
    place = ZoneInfo(zone)
    if match := _WEEKDAY.fullmatch(text):
        return _weekday(match, place, after).timestamp()
    if not _DATE.fullmatch(text):
        raise ValueError(EXPECTED)
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=place)).timestamp()


def _weekday(match: re.Match[str], zone: tzinfo, after: datetime | None) -> datetime:
    name = match[1].lower()
    days = [number for number, day in enumerate(_DAYS) if day == name or day[:3] == name]
    if not days:
        raise ValueError(EXPECTED)
    begin = datetime(*WEEK, tzinfo=zone) if after is None else after.astimezone(zone)
    day = begin + timedelta(days=(days[0] - begin.weekday()) % 7)
    when = day.replace(hour=int(match[2]), minute=int(match[3]), second=0, microsecond=0)
    return when if when >= begin else when + timedelta(days=7)


def shown(at: float, zone: str) -> str:
    """`Mon 2026-03-02 10:00:05` in that zone."""
    when = datetime.fromtimestamp(at, ZoneInfo(zone))
    return f"{_DAYS[when.weekday()][:3].title()} {when:%Y-%m-%d %H:%M:%S}"
