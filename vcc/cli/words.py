"""How values are written for people: times, lengths, and texts of strangers without anything that moves a terminal."""

from __future__ import annotations

import unicodedata
from datetime import datetime

_MINUTE = 60
_HOUR = 3_600
_DAY = 86_400
_UNITS = {"s": 1, "m": _MINUTE, "h": _HOUR, "d": _DAY}
#: Control, format (which can turn the writing around), private and unassigned signs.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def clean(value: object) -> str:
    """A text of whatever origin on one line; signs that are not for reading become U+FFFD."""
    return "".join("\ufffd" if unicodedata.category(sign) in _UNSAFE else sign for sign in str(value))


def moment(at: float | None, now: float) -> str:
    """A time of day in the terminal's own zone, with the date if it is not today's; empty for None."""
    if at is None:
        return ""
    when = datetime.fromtimestamp(at).astimezone()
    today = datetime.fromtimestamp(now).astimezone().date()
    return when.strftime("%H:%M:%S" if when.date() == today else "%Y-%m-%d %H:%M:%S")


def length(seconds: float | None) -> str:
    """Seconds as 0:07, 12:30 or 1:02:03; empty for None."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, _MINUTE)
    if minutes < _MINUTE:
        return f"{minutes}:{rest:02}"
    return f"{minutes // _MINUTE}:{minutes % _MINUTE:02}:{rest:02}"


def time_of(text: str, now: float) -> float:
    """POSIX seconds of what somebody typed: `90m` (ago), `2026-03-01`, `2026-03-01T09:00` (here), or with an offset.

    Raises ValueError that says what may be written.
    """
    if (ago := length_of(text)) is not None:
        return now - ago
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"'{clean(text)}' is no time; write 30m, 2h or 7d (ago), 2026-03-01, or 2026-03-01T09:00"
        ) from None


def length_of(text: str) -> int | None:
    """Seconds of a length such as 30m, 2h or 7d; None: it is none."""
    amount, unit = text[:-1], text[-1:]
    if unit in _UNITS and amount.isascii() and amount.isdecimal() and len(amount) < len("1000000"):
        return int(amount) * _UNITS[unit]
    return None


def text_of(texts: dict[str, str], language: str) -> str:
    """A text in the language nearest to the one wanted."""
    family = language[:2]
    near = [text for tag, text in texts.items() if tag[:2] == family]
    return clean(near[0] if near else next(iter(texts.values()), ""))
