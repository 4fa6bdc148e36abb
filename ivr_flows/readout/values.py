"""What a value is: a number, an amount, a day … read from how callers key it in and systems write it. No words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import NamedTuple

#: Currencies that have words of their own.
CURRENCIES = ("CNY", "USD", "EUR", "GBP", "HKD", "JPY")
_SIGNS = {"¥": "CNY", "￥": "CNY", "$": "USD", "€": "EUR", "£": "GBP"}
_HOME = CURRENCIES[0]

#: Numbers from here on are said digit by digit; so are more decimals than these.
LARGEST = 10**12
_LONGEST_S = 1_000 * 86_400

_NUMBER = re.compile(r"([+-]?)([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.([0-9]{1,12}))?", re.ASCII)
_AMOUNT = re.compile(r"(-?)([¥￥$€£]|[A-Z]{3}|) ?(-?[0-9.,]{1,30}) ?([A-Z]{3}|)", re.ASCII)
_YEAR_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})", re.ASCII)
_DAY = re.compile(r"([0-9]{2})-?([0-9]{2})", re.ASCII)
_TIME = re.compile(r"([0-9]{1,2}):?([0-9]{2})(?::?([0-9]{2})(?:\.[0-9]{1,9})?)?", re.ASCII)
_OFFSET = re.compile(r"(?<=[0-9])(?:Z|[+-][0-9]{2}:?[0-9]{2})$", re.ASCII)
_POSIX = re.compile(r"[0-9]{10}(?:\.[0-9]{1,9})?", re.ASCII)
_DURATION = re.compile(
    r"(?=[0-9])(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,8})s)?", re.ASCII
)  # as in flows
_ISO_DURATION = re.compile(r"P(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})S)?)?", re.ASCII)
#: A year in which every day is one, for days without a year.
_LEAP_YEAR = 2000


class Number(NamedTuple):
    """A number as it was written: `whole` below `LARGEST`, and its decimals, last zeros included."""

    whole: int
    decimals: str = ""
    negative: bool = False


class Money(NamedTuple):
    """An amount: `minor` hundredths of the unit where it has no more than two decimals, else None."""

    number: Number
    currency: str

    @property
    def minor(self) -> int | None:
        """The hundredths, such as 角分 or cents; None where there are more decimals than these."""
        decimals = self.number.decimals.rstrip("0")
        return int(decimals.ljust(2, "0")) if len(decimals) <= 2 else None  # noqa: PLR2004


class Day(NamedTuple):
    """A day of a year, or (0) of any."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Duration:
    """Whole days, hours, minutes and seconds, each but the days below its next."""

    days: int
    hours: int
    minutes: int
    seconds: int


class Moment(NamedTuple):
    """A day and a time of the clock (None: none was written)."""

    day: Day
    time: time | None


def local(value: str, zone: tzinfo | None) -> str:
    """A moment with its offset from UTC, or in POSIX seconds, as the clock of `zone` shows it; all else as it is."""
    if zone is None:
        return value
    try:
        if _POSIX.fullmatch(value):
            at = datetime.fromtimestamp(float(value), zone)
        elif _OFFSET.search(value):
            at = datetime.fromisoformat(value).astimezone(zone)
        else:
            return value
    except (ValueError, OverflowError):
        return value
    return at.strftime("%Y-%m-%dT%H:%M")


def number(value: str) -> Number | None:
    """`1234`, `-5`, `1,234.50`."""
    match = _NUMBER.fullmatch(value)
    if match is None:
        return None
    sign, whole, decimals = match.groups()
    found = Number(int(whole.replace(",", "")), decimals or "", sign == "-")
    is_nothing = not found.whole and not found.decimals.strip("0")
    return found._replace(negative=found.negative and not is_nothing)


def whole(value: str) -> Number | None:
    """A whole number, not negative."""
    found = number(value)
    return found if found and not found.decimals and not found.negative else None


def percent(value: str) -> Number | None:
    """A number, with or without its sign: `12.5%`."""
    return number(value.removesuffix("%").rstrip())


def money(value: str, currency: str = "") -> Money | None:
    """`12.50`, `USD 12.50`, `12.50 USD`, `$12.50`; in `currency` (else CNY) where it does not say."""
    match = _AMOUNT.fullmatch(value)
    if match is None:
        return None
    sign, before, amount, after = match.groups()
    if before and after:
        return None
    named = _SIGNS.get(before, before) or after or currency or _HOME
    found = number(sign + amount)
    return Money(found, named) if found and named in CURRENCIES else None


def day(value: str) -> Day | None:
    """`20261126`, `2026-11-26`, `1126`, `11-26`, the day of `2026-11-26T13:05:00`."""
    written = re.split(r"[T ]", value, maxsplit=1)[0]
    if match := _YEAR_DAY.fullmatch(written):
        found = Day(int(match[1]), int(match[3]), int(match[4]))
    elif match := _DAY.fullmatch(written):
        found = Day(0, int(match[1]), int(match[2]))
    else:
        return None
    if found.year == 0 and len(written) > len("11-26"):
        return None
    return found if _exists(found) else None


def weekday(value: str) -> int | None:
    """The day of the week of a whole date, Monday 0; or 1 to 7 as written."""
    if len(value) == 1 and value in "1234567":
        return int(value) - 1
    found = day(value)
    return date(*found).weekday() if found and found.year else None


def time_of_day(value: str) -> time | None:
    """`13:05`, `1305`, `13:05:30`; of `2026-11-26T13:05:30` hour and minute."""
    *before, written = re.split(r"[T ]", value, maxsplit=1)
    match = _TIME.fullmatch(_OFFSET.sub("", written))
    if match is None or (":" not in written and len(match[1]) == 1):
        return None
    hour, minute, second = int(match[1]), int(match[2]), 0 if before else int(match[3] or 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def moment(value: str) -> Moment | None:
    """`2026-11-26T13:05`, `2026-11-26 13:05:00+08:00`, `202611261305`."""
    if match := re.fullmatch(r"([0-9]{8})([0-9]{4})", value, re.ASCII):
        value = f"{match[1]}T{match[2]}"
    found = day(value)
    has_time = re.search(r"[T ]", value) is not None
    clock = time_of_day(value) if has_time else None
    return None if found is None or (has_time and clock is None) else Moment(found, clock)


def duration(value: str) -> Duration | None:
    """`90` (seconds), `1m30s`, `PT1M30S`; below 1,000 days."""
    match = _DURATION.fullmatch(value) or _ISO_DURATION.fullmatch(value)
    if value.isascii() and value.isdecimal():
        total = int(value) if len(value) <= len(str(_LONGEST_S)) else _LONGEST_S
    elif match is not None and any(match.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    else:
        return None
    if total >= _LONGEST_S:
        return None
    minutes, seconds = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return Duration(days, hours, minutes, seconds)


def _exists(found: Day) -> bool:
    try:
        datetime(found.year or _LEAP_YEAR, found.month, found.day)  # noqa: DTZ001 - a day, not a moment
    except ValueError:
        return False
    return True
