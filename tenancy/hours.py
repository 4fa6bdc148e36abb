"""Whether a tenant is open at a moment, and when that changes next.

    closure > special days > public holidays > weekly spans      (the first that says something decides)

Times in the configuration are those of the clock on the wall in the tenant's time zone: on a day when the
clock is put forward or back, a span ends when the clock shows its end. Answers are cached as a stretch of
time with one answer, so that asking again costs two comparisons.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tenancy.public_holidays import public_holidays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tenancy.model import Hours, Span, SpecialDay

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT = time(0, 0)
#: From, up to (wall clock); None: up to 24:00.
_Open = tuple[time, time | None]


def is_open(hours: Hours, time_zone: str, at: float) -> bool:
    """Whether the hours are open at `at` (POSIX seconds), in the time zone of that IANA name."""
    return _schedule(hours, time_zone).is_open(at)


def next_change(hours: Hours, time_zone: str, at: float, *, within_days: int = 60) -> float | None:
    """When the hours next open or close after `at`; None if not in so many days."""
    schedule = _schedule(hours, time_zone)
    state, moment = schedule.is_open(at), at
    while moment < at + within_days * 86_400:
        moment = schedule.stretch(moment)[1]
        if schedule.is_open(moment) != state:
            return moment
    return None


@lru_cache(maxsize=1024)
def _schedule(hours: Hours, time_zone: str) -> _Schedule:
    return _Schedule(hours, ZoneInfo(time_zone))


class _Schedule:
    """Hours in a time zone, with the last stretch of time that was asked about."""

    def __init__(self, hours: Hours, zone: ZoneInfo) -> None:
        self._hours = hours
        self._zone = zone
        self._special = {special.date: special for special in hours.special}
        self._last = (0.0, 0.0, False)

    def is_open(self, at: float) -> bool:
        return self.stretch(at)[2]

    def stretch(self, at: float) -> tuple[float, float, bool]:
        """A stretch [from, to) around `at`, within one day, in which nothing changes, and whether it is open."""
        if not self._last[0] <= at < self._last[1]:
            self._last = self._stretch(at)
        return self._last

    def _stretch(self, at: float) -> tuple[float, float, bool]:
        moment = datetime.fromtimestamp(at, self._zone)
        spans = tuple(self._spans(moment.date()))
        start, end = -math.inf, math.inf
        for change in self._moments(moment.date(), spans):
            if change <= at:
                start = max(start, change)
            else:
                end = min(end, change)
        wall = moment.time()
        return start, end, any(opens <= wall and (closes is None or wall < closes) for opens, closes in spans)

    def _spans(self, day: date) -> Iterator[_Open]:
        """When it is open on that day, by the clock on the wall."""
        if self._hours.closed:
            return
        special = self._special.get(day)
        if special is not None:
            if not special.closed:
                yield _span(special)
            return
        country = self._hours.holidays
        if country is not None and day in public_holidays(country, day.year):
            return
        for span in self._hours.weekly:
            if _DAYS[day.weekday()] in span.days:
                yield _span(span)

    def _moments(self, day: date, spans: tuple[_Open, ...]) -> list[float]:
        """When something may change: the day's and the spans' ends, and where the clock is put forward or
        back.
        """
        starts, ends = self._shown(day, _MIDNIGHT), self._shown(day + timedelta(days=1), _MIDNIGHT)
        moments = [*starts, *ends]
        for wall in (wall for span in spans for wall in span if wall is not None):
            moments += self._shown(day, wall)
        if self._offset(min(starts)) != self._offset(max(ends)):
            moments.append(self._clock_change(min(starts), max(ends)))
        return moments

    def _shown(self, day: date, wall: time) -> tuple[float, float]:
        """When the clock shows this time: twice the same, but on the day when it is put back."""
        first, second = (datetime.combine(day, wall.replace(fold=fold), self._zone) for fold in (0, 1))
        return first.timestamp(), second.timestamp()

    def _clock_change(self, start: float, end: float) -> float:
        """The second between the two at which the zone's offset changes."""
        before, low, high = self._offset(start), int(start), int(end)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return float(high)

    def _offset(self, at: float) -> timedelta | None:
        return datetime.fromtimestamp(at, UTC).astimezone(self._zone).utcoffset()


def _span(span: Span | SpecialDay) -> _Open:
    closes = span.closes if isinstance(span.closes, time) else None
    return span.opens or _MIDNIGHT, closes
