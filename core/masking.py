"""What is left to be seen of numbers that people own or key in."""

from __future__ import annotations

#: How many of the last characters are shown.
_SHOWN = 2


def masked(value: str) -> str:
    """All but the last two characters as stars; what is short is stars altogether."""
    return "*" * (len(value) - _SHOWN) + value[-_SHOWN:] if len(value) > 2 * _SHOWN else "*" * len(value)
