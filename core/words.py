"""How mistakes are put into words: what was written, what was expected, which valid word is nearest."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

_MAX_SHOWN = 60
_MAX_LISTED = 16

MAPPING = "a mapping, 'key: value' lines"
_EXPECTED = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "bytes_type": "text",
    "date_from_datetime_inexact": "a date such as 2026-03-01",
    "date_from_datetime_parsing": "a date such as 2026-03-01",
    "date_parsing": "a date such as 2026-03-01",
    "date_type": "a date such as 2026-03-01",
    "dict_type": MAPPING,
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list, '- item' lines or [a, b]",
    "model_attributes_type": MAPPING,
    "model_type": MAPPING,
    "set_type": "a list, '- item' lines or [a, b]",
    "string_type": "text",
    "time_parsing": "a time such as 09:30",
    "time_type": "a time such as 09:30",
    "tuple_type": "a list, '- item' lines or [a, b]",
}
_WITH_BOUND = {
    "greater_than": ("gt", "a number above {}"),
    "greater_than_equal": ("ge", "a number not below {}"),
    "less_than": ("lt", "a number below {}"),
    "less_than_equal": ("le", "a number not above {}"),
    "string_pattern_mismatch": ("pattern", "text like {}"),
    "string_too_long": ("max_length", "at most {} characters"),
    "string_too_short": ("min_length", "at least {} characters"),
    "too_long": ("max_length", "at most {} items"),
    "too_short": ("min_length", "at least {} items"),
}


def value_shown(value: Any) -> str:  # noqa: ANN401 - plain data of any kind
    """A value as one would say what it is: texts in quotes and cut, collections by their kind."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """A text in quotes, on one line, cut where it is long; whatever a terminal might obey is escaped."""
    shown = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
    return "'" + "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown) + "'"


def one_of(words: Iterable[str]) -> str:
    """`one of a, b, c`; cut where there are many."""
    listed = sorted(set(words))
    if not listed:
        return "nothing here"
    more = ", …" if len(listed) > _MAX_LISTED else ""
    return (f"one of {', '.join(listed[:_MAX_LISTED])}{more}") if len(listed) > 1 else listed[0]


def closest(word: object, words: Iterable[str]) -> str:
    """The valid word that looks most like `word`; empty where none does."""
    if not isinstance(word, str) or len(word) > _MAX_SHOWN:
        return ""
    by_lower = {known.lower(): known for known in sorted(words)}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else ""


def nearest(word: object, words: Iterable[str]) -> str:
    """`did you mean 'x'?` for the valid word that looks most like `word`; empty where none does."""
    known = closest(word, words)
    return f"did you mean '{known}'?" if known and known != word else ""


def expectation(error: ErrorDetails) -> tuple[str, list[str]]:
    """What a pydantic error says was expected, in plain words, and the valid words if there is a list."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in {"literal_error", "enum"}:
        words = re.findall(r"'([^']*)'", str(context["expected"]))
        return one_of(words), words
    if kind == "union_tag_invalid":
        words = re.findall(r"'([^']*)'", str(context["expected_tags"]))
        return one_of(words), words
    if kind in _WITH_BOUND:
        name, text = _WITH_BOUND[kind]
        bound = context[name]
        phrase = text.format(f"{bound:g}" if isinstance(bound, float) else bound)
        return phrase.replace(" 1 characters", " one character").replace(" 1 items", " one item"), []
    if kind == "value_error":
        return str(context["error"]), []
    return _EXPECTED.get(kind, error["msg"]), []
