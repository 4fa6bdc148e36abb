"""Seconds as the switch counts them."""

from __future__ import annotations

from math import ceil


def at_least(seconds: float) -> int:
    """What the switch is told where so many seconds are the least: told N, it acts N - 1 to N seconds later, for it
    counts whole seconds of its clock.
    """
    return ceil(seconds) + 1
