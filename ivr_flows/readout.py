"""How a value is said: digits one by one, numbers as numbers, in clips from a fixed vocabulary.

A clip is a short text that is rendered once, before any call. What a caller keyed in is said by putting clips in a row,
so it never gets into a cache of prompts. Only the format `text` says a value as it stands.
"""

from __future__ import annotations

#: What may stand after the colon in `{name:format}`; empty: digits where the value is made of them, else text.
FORMATS = ("", "digits", "number", "text")

_DIAL = "0123456789*#"
_WORDS = "zero one two three four five six seven eight nine star pound"
_DIGITS = {
    "zh": dict(zip(_DIAL, (*"零一二三四五六七八九", "星号", "井号"), strict=True)),
    "en": dict(zip(_DIAL, _WORDS.split(), strict=True)),
}
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LARGE_EN = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (10**2, "hundred"))
_LARGEST = 10**12


def say(value: str, form: str, language: str) -> list[str]:
    """The clips that say `value` in `language`; none for an empty value."""
    dialled = value.removeprefix("+")
    is_dialled = bool(dialled) and all(key in _DIAL for key in dialled)
    if form == "number" and value.isdecimal() and value.isascii() and int(value) < _LARGEST:
        return number(int(value), language)
    if is_dialled and form != "text":
        names = _DIGITS.get(language[:2], {})
        return [names.get(key, key) for key in dialled]
    return [value] if value.strip() else []


def vocabulary(form: str, language: str) -> list[str]:
    """Every clip that `say` can give in this format, but for values that are said as they stand."""
    digits = list(_DIGITS.get(language[:2], {key: key for key in _DIAL}).values())
    if form == "text":
        return []
    if form != "number":
        return digits
    large = {"zh": _large_zh, "en": _large_en}.get(language[:2])
    return list(
        dict.fromkeys([*digits, *(number(value, language)[0] for value in range(100)), *(large() if large else [])])
    )


def number(value: int, language: str) -> list[str]:
    """The clips of a whole number from 0 below 10^12; in a language unknown to vcc its digits as one clip."""
    if language.startswith("zh"):
        return _zh(value)
    return _en(value) if language.startswith("en") else [str(value)]


def _en(value: int) -> list[str]:
    for size, name in _LARGE_EN:
        if value >= size:
            high, rest = divmod(value, size)
            return [*_en(high), name, *(_en(rest) if rest else [])]
    tens, ones = divmod(value, 10)
    one = _DIGITS["en"][str(ones)]
    if not tens:
        return [one]
    return [_TEENS[ones] if tens == 1 else _TENS[tens - 2] + (f"-{one}" if ones else "")]


def _zh(value: int, *, inner: bool = False) -> list[str]:
    """二千, 零, 三十四; `inner`: a larger unit stands before, so ten is 一十."""
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if value >= size:
            high, rest = divmod(value, size)
            return [*_zh(high), name, *_zh_rest(rest, size)]
    for size, name in ((1_000, "千"), (100, "百")):
        if value >= size:
            digit, rest = divmod(value, size)
            return [_DIGITS["zh"][str(digit)] + name, *_zh_rest(rest, size)]
    tens, ones = divmod(value, 10)
    one = _DIGITS["zh"][str(ones)]
    if not tens:
        return [one]
    return [f"{'' if tens == 1 and not inner else _DIGITS['zh'][str(tens)]}十{one if ones else ''}"]


def _zh_rest(rest: int, size: int) -> list[str]:
    """What follows a unit: nothing, or the rest, after 零 where a place is empty."""
    if not rest:
        return []
    return [*(["零"] if rest < size // 10 else []), *_zh(rest, inner=True)]


def _large_en() -> list[str]:
    return [name for _, name in _LARGE_EN]


def _large_zh() -> list[str]:
    units = [digit + unit for unit in "千百" for digit in "一二三四五六七八九"]
    return [*units, *(_zh(value, inner=True)[0] for value in range(10, 20)), "万", "亿"]
