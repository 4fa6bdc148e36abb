"""How values are said in English: November twenty-sixth, three oh five p.m., twelve dollars and fifty cents."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import time
    from typing import Any

    from ivr_flows.readout.values import Day, Duration, Moment, Money, Number

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LARGE = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (10**2, "hundred"))
#: Those that are not simply the number with "th" behind it.
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip

#: The keys of a telephone.
KEYS = dict(zip("0123456789*#", (*_ONES, "star", "pound"), strict=True))
#: The same in a telephone number.
PHONE_KEYS: dict[str, str] = {}
POINT, MINUS = "point", "minus"

_AND, _OH, _PERCENT = "and", "oh", "percent"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HALVES = ("a.m.", "p.m.")
_TWELVES = ("midnight", "noon")
#: One unit, several; one hundredth of it, several (empty: the amount is said with a decimal point).
_UNITS = {
    "CNY": ("yuan", "yuan", "", ""),
    "USD": ("dollar", "dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "JPY": ("yen", "yen", "", ""),
}
_PARTS = (("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds"))


def _number(value: Number) -> list[str]:
    sign = [MINUS] if value.negative else []
    return [*sign, *_whole(value.whole), *_decimals(value.decimals)]


def _decimals(decimals: str) -> list[str]:
    return [POINT, *(KEYS[digit] for digit in decimals)] if decimals else []


def _ordinal(value: Number) -> list[str]:
    *before, last = _whole(value.whole)
    return [*before, _nth(last)]


def _nth(word: str) -> str:
    """The ordinal of a number's last word: twenty-first."""
    head, hyphen, last = word.rpartition("-")
    regular = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return head + hyphen + _ORDINALS.get(last, regular)


def _percent(value: Number) -> list[str]:
    return [*_number(value), _PERCENT]


def _money(value: Money) -> list[str]:
    one, several, one_minor, several_minor = _UNITS[value.currency]
    whole, minor = value.number.whole, value.minor
    sign = [MINUS] if value.number.negative else []
    if one_minor and minor is not None:
        major = [*_whole(whole), one if whole == 1 else several] if whole or not minor else []
        cents = [*_whole(minor), one_minor if minor == 1 else several_minor] if minor else []
        return [*sign, *major, *([_AND] if major and cents else []), *cents]
    decimals = value.number.decimals.rstrip("0")
    unit = one if whole == 1 and not decimals else several
    return [*sign, *_whole(whole), *_decimals(decimals), unit]


def _day(value: Day) -> list[str]:
    day = [_MONTHS[value.month - 1], _nth(_below_hundred(value.day))]
    return [*day, *_year(value.year)] if value.year else day


def _year(year: int) -> list[str]:
    """nineteen oh five, twenty twenty-six, but two thousand, two thousand five."""
    century, rest = divmod(year, 100)
    if year < 1_000 or year % 1_000 < 10:  # noqa: PLR2004
        return _whole(year)
    if not rest:
        return [_below_hundred(century), "hundred"]
    return [_below_hundred(century), *([_OH] if rest < 10 else []), _below_hundred(rest)]  # noqa: PLR2004


def _time(value: time) -> list[str]:
    """Of the clock of twelve hours; its two twelves have names."""
    if not value.minute and not value.second and value.hour % 12 == 0:
        return [_below_hundred(12), _TWELVES[value.hour == 12]]  # noqa: PLR2004
    clips = [_below_hundred(value.hour % 12 or 12)]
    if value.minute or value.second:
        if value.minute < 10:  # noqa: PLR2004
            clips.append(_OH)
        clips.append(_below_hundred(value.minute) if value.minute else _OH)
    if value.second:
        clips += [_AND, _below_hundred(value.second), _PARTS[3][value.second != 1]]
    return [*clips, _HALVES[value.hour >= 12]]  # noqa: PLR2004


def _moment(value: Moment) -> list[str]:
    return [*_day(value.day), *(["at", *_time(value.time)] if value.time else [])]


def _duration(value: Duration) -> list[str]:
    counts = (value.days, value.hours, value.minutes, value.seconds)
    clips = [
        clip
        for count, (one, several) in zip(counts, _PARTS, strict=True)
        if count
        for clip in (*_whole(count), one if count == 1 else several)
    ]
    return clips or [_ONES[0], _PARTS[-1][1]]


def _whole(value: int) -> list[str]:
    for size, name in _LARGE:
        if value >= size:
            high, rest = divmod(value, size)
            return [*_whole(high), name, *(_whole(rest) if rest else [])]
    return [_below_hundred(value)]


def _below_hundred(value: int) -> str:
    tens, ones = divmod(value, 10)
    if not tens:
        return _ONES[ones]
    return _TEENS[ones] if tens == 1 else _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


# --- what can be said -----------------------------------------------------------------------------------------------


def _wholes() -> list[str]:
    return [*(_below_hundred(value) for value in range(100)), *(name for _, name in _LARGE)]


def _numbers() -> list[str]:
    return [*_wholes(), POINT, MINUS]


def _days() -> list[str]:
    return [*_MONTHS, *(_nth(_below_hundred(day)) for day in range(1, 32)), *_wholes(), _OH]


def _times() -> list[str]:
    return [*(_below_hundred(value) for value in range(60)), _OH, _AND, *_PARTS[3], *_HALVES, *_TWELVES]


SAY: Mapping[str, Callable[[Any], list[str]]] = MappingProxyType(
    {
        "number": _number,
        "count": _number,
        "ordinal": _ordinal,
        "percent": _percent,
        "money": _money,
        "date": _day,
        "weekday": lambda day: [_WEEKDAYS[day]],
        "time": _time,
        "datetime": _moment,
        "duration": _duration,
    }
)
VOCABULARY: Mapping[str, Callable[[], list[str]]] = MappingProxyType(
    {
        "number": _numbers,
        "count": _numbers,
        "ordinal": lambda: [*_wholes(), *map(_nth, _wholes())],
        "percent": lambda: [*_numbers(), _PERCENT],
        "money": lambda: [*_numbers(), _AND, *(word for words in _UNITS.values() for word in words if word)],
        "date": _days,
        "weekday": lambda: list(_WEEKDAYS),
        "time": _times,
        "datetime": lambda: [*_days(), *_times(), "at"],
        "duration": lambda: [*_wholes(), *(word for words in _PARTS for word in words)],
    }
)
