"""How values are said in Chinese.

零 stands once where places are empty (一万零一, 两万零五十); 二 is 两 at the head before 百, 千, 万, 亿, and alone
before what is counted (两元, 两点, 两天); in ordinals and within a number it stays 二 (第二百, 两千二百二十二).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import time
    from typing import Any

    from ivr_flows.readout.values import Day, Duration, Moment, Money, Number

_DIGITS = "零一二三四五六七八九"
#: The keys of a telephone.
KEYS = dict(zip("0123456789*#", (*_DIGITS, "星号", "井号"), strict=True))
#: The same in a telephone number: 一 sounds like 七.
PHONE_KEYS = {"1": "幺"}

POINT, MINUS = "点", "负"

_TWO = "两"
_WEEKDAYS = tuple(f"星期{name}" for name in "一二三四五六日")
#: The unit and its hundredth; empty: the amount is said with a decimal point.
_UNITS = {
    "CNY": ("元", ""),
    "USD": ("美元", "美分"),
    "EUR": ("欧元", "欧分"),
    "GBP": ("英镑", "便士"),
    "HKD": ("港元", ""),
    "JPY": ("日元", ""),
}
_PARTS = ("天", "小时", "分钟", "秒")


def _number(value: Number) -> list[str]:
    sign = [MINUS] if value.negative else []
    return [*sign, *_headed(value.whole), *_decimals(value.decimals)]


def _decimals(decimals: str) -> list[str]:
    return [POINT, *(KEYS[digit] for digit in decimals)] if decimals else []


def _count(value: Number) -> list[str]:
    return _number(value) if value.decimals or value.negative else _counted(value.whole)


def _ordinal(value: Number) -> list[str]:
    return ["第", *_whole(value.whole)]


def _percent(value: Number) -> list[str]:
    sign = [MINUS] if value.negative else []
    return [*sign, "百分之", *_number(value._replace(negative=False))]


def _money(value: Money) -> list[str]:
    unit, hundredth = _UNITS[value.currency]
    sign = [MINUS] if value.number.negative else []
    whole, minor = value.number.whole, value.minor
    if value.currency == "CNY" and minor is not None:
        return [*sign, *_yuan(whole, minor)]
    if hundredth and minor is not None:
        major = [*_counted(whole), unit] if whole or not minor else []
        return [*sign, *major, *([*_counted(minor), hundredth] if minor else [])]
    decimals = _decimals(value.number.decimals.rstrip("0"))
    number = [*_headed(whole), *decimals] if decimals else _counted(whole)
    return [*sign, *number, unit]


def _yuan(whole: int, minor: int) -> list[str]:
    """元角分; 零 stands for 角 that are not there between 元 and 分."""
    tenths, hundredths = divmod(minor, 10)
    clips = [*_counted(whole), "元"] if whole or not minor else []
    if tenths:
        clips += [*_counted(tenths), "角"]
    elif whole and hundredths:
        clips.append(KEYS["0"])
    return clips + ([*_counted(hundredths), "分"] if hundredths else [])


def _day(value: Day) -> list[str]:
    year = [*(KEYS[digit] for digit in f"{value.year:04}"), "年"] if value.year else []
    return [*year, f"{_ten(value.month)}月", f"{_ten(value.day)}日"]


def _time(value: time) -> list[str]:
    hour = f"{_TWO if value.hour == 2 else _ten(value.hour)}点"  # noqa: PLR2004
    if not value.minute and not value.second:
        return [hour, "整"]
    minute = [f"{_clock(value.minute)}分"]
    return [hour, *minute, *([f"{_clock(value.second)}秒"] if value.second else [])]


def _clock(value: int) -> str:
    """05 on a clock is 零五."""
    return f"{KEYS['0']}{KEYS[str(value)]}" if 0 < value < 10 else _ten(value)  # noqa: PLR2004


def _moment(value: Moment) -> list[str]:
    return [*_day(value.day), *(_time(value.time) if value.time else [])]


def _duration(value: Duration) -> list[str]:
    counts = (value.days, value.hours, value.minutes, value.seconds)
    clips = [clip for count, unit in zip(counts, _PARTS, strict=True) if count for clip in (*_counted(count), unit)]
    return clips or [KEYS["0"], _PARTS[-1]]


# --- whole numbers --------------------------------------------------------------------------------------------------


def _counted(value: int) -> list[str]:
    """Before what is counted."""
    return [_TWO] if value == 2 else _headed(value)  # noqa: PLR2004


def _headed(value: int) -> list[str]:
    """With 两 where a unit follows a 二 at the head."""
    first, *rest = _whole(value)
    if first[0] == "二" and (first[1:] in ("百", "千") or (first == "二" and rest)):
        first = _TWO + first[1:]
    return [first, *rest]


def _whole(value: int, *, inner: bool = False) -> list[str]:
    """二千, 零, 三十四; `inner`: a larger unit stands before, so ten is 一十."""
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if value >= size:
            high, rest = divmod(value, size)
            return [*_whole(high, inner=inner), name, *_rest(rest, size)]
    for size, name in ((1_000, "千"), (100, "百")):
        if value >= size:
            digit, rest = divmod(value, size)
            return [_DIGITS[digit] + name, *_rest(rest, size)]
    return [_ten(value, inner=inner)]


def _rest(rest: int, size: int) -> list[str]:
    """What follows a unit: nothing, or the rest, after 零 where a place is empty."""
    if not rest:
        return []
    return [*([KEYS["0"]] if rest < size // 10 else []), *_whole(rest, inner=True)]


def _ten(value: int, *, inner: bool = False) -> str:
    """A number below 100."""
    tens, ones = divmod(value, 10)
    if not tens:
        return _DIGITS[ones]
    return f"{'' if tens == 1 and not inner else _DIGITS[tens]}十{_DIGITS[ones] if ones else ''}"


# --- what can be said -----------------------------------------------------------------------------------------------


def _wholes() -> list[str]:
    units = [digit + unit for unit in "百千" for digit in f"{_DIGITS[1:]}{_TWO}"]
    tens = [_ten(value, inner=inner) for value in range(100) for inner in (False, True)]
    return [*tens, *units, _TWO, "万", "亿"]


def _numbers() -> list[str]:
    return [*_wholes(), POINT, MINUS]


def _days() -> list[str]:
    return [
        *_DIGITS,
        "年",
        *(f"{_ten(month)}月" for month in range(1, 13)),
        *(f"{_ten(day)}日" for day in range(1, 32)),
    ]


def _times() -> list[str]:
    hours = [f"{_TWO if hour == 2 else _ten(hour)}点" for hour in range(24)]  # noqa: PLR2004
    return [*hours, "整", *(f"{_clock(value)}{unit}" for value in range(60) for unit in "分秒")]


SAY: Mapping[str, Callable[[Any], list[str]]] = MappingProxyType(
    {
        "number": _number,
        "count": _count,
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
        "ordinal": lambda: ["第", *_wholes()],
        "percent": lambda: ["百分之", *_numbers()],
        "money": lambda: [*_numbers(), "角", "分", *(word for words in _UNITS.values() for word in words if word)],
        "date": _days,
        "weekday": lambda: list(_WEEKDAYS),
        "time": _times,
        "datetime": lambda: [*_days(), *_times()],
        "duration": lambda: [*_wholes(), *_PARTS],
    }
)
