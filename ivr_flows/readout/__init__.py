"""How a value is said: numbers, money, dates and the like, in clips from a fixed vocabulary.

    "20050", number, zh-CN -> values.py: what it is -> chinese.py: 两万 零 五十 -> one clip each

A clip is a short text that is rendered once, before any call. What a caller keyed in is said by putting clips in a row,
so it never gets into a cache of prompts: digits are clips of their own also where they stand among letters (CA 1 2).
Only the format `text` says a value as it stands.

A value that is not what its format asks for (a 31st of February, a number beyond all bounds) is said digit by digit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ivr_flows.readout import chinese, english, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo
    from types import ModuleType
    from typing import Any

_DIAL = "0123456789*#"
_RUN = re.compile(r"[0-9*#]+|[^0-9*#]+")
_WORD = re.compile(r"[^\W_]")

_LANGUAGES = {"zh": chinese, "en": english}

#: What each format makes of a value as it stands (None: it is nothing of the kind).
_READ: dict[str, Callable[[str], Any]] = {
    "number": values.number,
    "count": values.whole,
    "ordinal": values.whole,
    "percent": values.percent,
    "money": values.money,
    "date": values.day,
    "weekday": values.weekday,
    "time": values.time_of_day,
    "datetime": values.moment,
    "duration": values.duration,
}
#: Those that a moment with an offset may be said in.
_MOMENTS = frozenset({"date", "weekday", "time", "datetime"})
#: A currency's code is a format: an amount in it, whatever the value says nothing of.
_CURRENCIES = tuple(code.lower() for code in values.CURRENCIES)

#: What may stand after the colon in `{name:format}`; empty: digits where the value is made of them, else text.
FORMATS = ("", "digits", "phone", *_READ, *_CURRENCIES, "text")


def say(value: str, form: str, language: str, zone: tzinfo | None = None) -> list[str]:
    """The clips that say `value` in `language`; none for an empty value. A moment is said by the clock of `zone`."""
    value = value.strip()
    words = _LANGUAGES.get(language[:2])
    if form == "text" or not value:
        return [value] if value else []
    read = _understood(values.local(value, zone) if form in _MOMENTS else value, form)
    if read is not None and words is not None:
        return list(words.SAY[form if form in _READ else "money"](read))
    if form == "number" and words is None and _is_small(value):
        return [value]
    return list(_one_by_one(value, form, words))


def _one_by_one(value: str, form: str, words: ModuleType | None) -> Iterator[str]:
    """The keys in a value one by one, a point between them or a minus before them, and texts as they stand."""
    names = (words.KEYS | words.PHONE_KEYS if form == "phone" else words.KEYS) if words else {}
    runs = _RUN.findall(value)
    for index, run in enumerate(runs):
        if run[0] in _DIAL:
            yield from (names.get(key, key) for key in run)
        elif _WORD.search(run):
            yield run.strip()
        elif words and index and run == "." and index + 1 < len(runs):
            yield words.POINT
        elif words and not index and run == "-" and form != "phone":
            yield words.MINUS


def vocabulary(form: str, language: str) -> list[str]:
    """Every clip that `say` can give in this format, but for values that are said as they stand."""
    if form == "text":
        return []
    words = _LANGUAGES.get(language[:2])
    if words is None:
        return [*_DIAL, *([str(number) for number in range(10, 100)] if form == "number" else [])]
    clips = [*words.KEYS.values(), words.POINT, words.MINUS]
    if form == "phone":
        clips += words.PHONE_KEYS.values()
    elif form in words.VOCABULARY:
        clips += words.VOCABULARY[form]()
    elif form in _CURRENCIES:
        clips += words.VOCABULARY["money"]()
    return list(dict.fromkeys(clips))


def _understood(value: str, form: str) -> Any:  # noqa: ANN401 - each format has a kind of its own
    """What the value is for this format; None where it is nothing of the kind."""
    if form in _CURRENCIES:
        return values.money(value, form.upper())
    return _READ[form](value) if form in _READ else None


def _is_small(value: str) -> bool:
    """Whether it is a whole number that a language without words of vcc's has a clip for."""
    return value.isascii() and value.isdecimal() and len(value) <= 2 and str(int(value)) == value  # noqa: PLR2004
