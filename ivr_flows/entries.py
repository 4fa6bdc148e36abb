"""What digits that were keyed in have to be, beside their number: checked in linear time, whatever is keyed in.

luhn · pattern: 62xxxxxx, 1[3-9]xxxxxxxxx · date: YYYYMMDD (not: past) · range: 1-500
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from datetime import date as Day  # noqa: N812 - Check has a field of the other name
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.validate import mistake
from ivr_flows.fields import OneOrMore, Read
from ivr_flows.prompt_reader import SpokenText

_LONGEST = 40
_DIGITS = "0123456789"
_TOKEN = re.compile(r"[0-9x]|\[([0-9]-[0-9]|[0-9]{1,10})\]", re.ASCII)
_PATTERN_EXPECTED = "digits, x for any, [3-9] or [135] for one of these, such as 1[3-9]xxxxxxxxx"
_PART = re.compile(r"YYYY|YY|MM|DD")
_DATE_EXPECTED = "YYYY (or YY), MM and DD in the order in which they are keyed in, such as MMDD, YYYYMMDD or MMYY"
_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_CENTURY = 2000
#: A year in which every day is one, for days without a year.
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Pattern:
    """Digits of which each is one of some."""

    places: tuple[str, ...]

    def fits(self, entry: str) -> bool:
        """Whether the entry has these digits."""
        return len(entry) == len(self.places) and all(
            key in place for key, place in zip(entry, self.places, strict=True)
        )


@dataclass(frozen=True, slots=True)
class DateFormat:
    """The parts of a date in the order in which they are keyed in."""

    parts: tuple[str, ...]

    @property
    def has_year(self) -> bool:
        """Whether it is one day of all, so that it can be past."""
        return any(part.startswith("Y") for part in self.parts)

    def read(self, entry: str) -> date | None:
        """The day; the first of the month where none is keyed in; None where there is no such day."""
        if len(entry) != sum(map(len, self.parts)) or not entry.isdecimal():
            return None
        values = {"YYYY": _LEAP_YEAR, "DD": 1}
        for part in self.parts:
            values[part], entry = int(entry[: len(part)]), entry[len(part) :]
        if "YY" in values:
            values["YYYY"] = _CENTURY + values["YY"]
        try:
            return date(values["YYYY"], values["MM"], values["DD"])
        except ValueError:
            return None

    def rounded(self, day: date) -> date:
        """A day as exactly as this format can tell it."""
        return day if "DD" in self.parts else day.replace(day=1)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers, both ends included."""

    low: int
    high: int


def _pattern(value: object) -> Pattern:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    places: list[str] = []
    end = 0
    while isinstance(text, str) and (match := _TOKEN.match(text, end)):
        some, end = match[1] or match[0], match.end()
        if "-" in some:
            places.append(_DIGITS[int(some[0]) : int(some[2]) + 1])
        else:
            places.append(_DIGITS if some == "x" else some)
    if not isinstance(text, str) or end != len(text) or not all(places) or not 0 < len(places) <= _LONGEST:
        raise mistake("{value}", expected=_PATTERN_EXPECTED)
    return Pattern(tuple(places))


def _patterns(value: object) -> tuple[Pattern, ...]:
    return tuple(map(_pattern, value)) if isinstance(value, list) and value else (_pattern(value),)


def _date(value: object) -> DateFormat:
    parts = tuple(_PART.findall(value)) if isinstance(value, str) else ()
    kinds = {part[0] for part in parts}
    is_whole = "".join(parts) == value and len(kinds) == len(parts)
    if not is_whole or "M" not in kinds or len(kinds) < 2:  # noqa: PLR2004
        raise mistake("{value}", expected=_DATE_EXPECTED)
    return DateFormat(parts)


def _range(value: object) -> Range:
    match = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) > int(match[2]):
        raise mistake("{value}", expected="from-to such as 1-500")
    return Range(int(match[1]), int(match[2]))


class Check(BaseModel):
    """One thing that an entry has to be; `say`: what is said before it is asked for again."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    luhn: Literal[True] | None = None
    pattern: Annotated[tuple[Pattern, ...], Read(_patterns, {"type": ["string", "array"]})] = ()
    date: Annotated[DateFormat | None, Read(_date, {"type": "string"})] = None
    range: Annotated[Range | None, Read(_range, {"type": "string"})] = None
    not_: Literal["past", "future"] | None = Field(default=None, alias="not")
    say: SpokenText | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Check:
        things = [name for name in ("luhn", "pattern", "date", "range") if name in self.model_fields_set]
        if len(things) != 1:
            raise mistake("a check is of one thing", expected="one of luhn, pattern, date, range")
        if self.not_ and (self.date is None or not self.date.has_year):
            raise mistake("'not' without a date that has a year", expected="such as 'date: YYYYMMDD' beside it")
        return self

    def wrong(self, entry: str, today: Day) -> str:
        """What is wrong with the entry, in a word for the record; empty: nothing."""
        if self.luhn:
            return "" if luhn(entry) else "luhn"
        if self.pattern:
            return "" if any(pattern.fits(entry) for pattern in self.pattern) else "pattern"
        if self.range is not None:
            fits = entry.isdecimal() and self.range.low <= int(entry) <= self.range.high
            return "" if fits else "range"
        return self._wrong_date(entry, today)

    def _wrong_date(self, entry: str, today: Day) -> str:
        form = self.date
        day = form.read(entry) if form else None
        if form is None or day is None:
            return "date"
        now = form.rounded(today)
        is_ruled_out = (self.not_ == "past" and day < now) or (self.not_ == "future" and day > now)
        return str(self.not_) if is_ruled_out else ""


def _named(value: object) -> object:
    """`luhn` alone is the check of this name."""
    return {"luhn": True} if value == "luhn" else value


def _each(value: object) -> object:
    return tuple(map(_named, value)) if isinstance(value, list) else (_named(value),)


#: Checks as they are written: one, or a list.
Checks = Annotated[tuple[Check, ...], BeforeValidator(_each), Field(min_length=1, max_length=10), OneOrMore("luhn")]


def luhn(entry: str) -> bool:
    """Whether the last digit is the check digit of the others, as in card numbers."""
    digits = [int(key) for key in reversed(entry)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return len(digits) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0
