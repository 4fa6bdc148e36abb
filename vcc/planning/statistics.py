"""How sure a figure over many days is: means, ratios and percentiles with confidence intervals.

Days are independent of each other, calls of one day are not: so every interval is made from days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95
#: Percentiles are compared over so many groups of days at most.
_GROUPS = 20
_NORMAL_FROM = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A value and its 95 % confidence interval; `low` and `high` None where there are too few days for one."""

    value: float
    low: float | None = None
    high: float | None = None

    def holds(self, value: float, other_half: float = 0.0) -> bool:
        """Whether `value`, itself known to +-`other_half` at the same level, agrees with this."""
        half = 0.0 if self.low is None else self.value - self.low
        return abs(self.value - value) <= math.hypot(half, other_half)


def mean(values: Sequence[float]) -> Estimate:
    """The mean of one value a day, with Student's interval."""
    count = len(values)
    middle = math.fsum(values) / count
    if count < 2:  # noqa: PLR2004 - nothing to compare
        return Estimate(value=middle)
    variance = math.fsum((value - middle) ** 2 for value in values) / (count - 1)
    half = student(count - 1) * math.sqrt(variance / count)
    return Estimate(value=middle, low=middle - half, high=middle + half)


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> Estimate | None:
    """The ratio of two sums over days, with the interval of the delta method; None where there is nothing to divide
    by.

    The residuals part - ratio * whole of the days have the mean 0; their spread over the mean whole is the ratio's.
    """
    whole = math.fsum(wholes)
    if whole <= 0:
        return None
    value, count = math.fsum(parts) / whole, len(parts)
    if count < 2:  # noqa: PLR2004 - nothing to compare
        return Estimate(value=value)
    squares = math.fsum((part - value * of) ** 2 for part, of in zip(parts, wholes, strict=True))
    half = student(count - 1) * math.sqrt(squares / (count - 1) / count) / (whole / count)
    return Estimate(value=value, low=value - half, high=value + half)


def percentile(days: Sequence[Sequence[float]], share: float) -> Estimate | None:
    """A percentile of all values of all days; the interval compares it over groups of days. None: no values."""
    return percentiles(days, (share,))[0]


def percentiles(days: Sequence[Sequence[float]], shares: Sequence[float]) -> list[Estimate | None]:
    """Several of them, by one sorting."""
    count = min(_GROUPS, len(days))
    groups = [sorted(chain.from_iterable(days[start::count])) for start in range(count)]
    pooled = sorted(chain.from_iterable(groups))  # runs that are in order: merged, not sorted
    return [_percentile(pooled, [group for group in groups if group], share) for share in shares]


def _percentile(pooled: Sequence[float], groups: Sequence[Sequence[float]], share: float) -> Estimate | None:
    if not pooled:
        return None
    value = _at(pooled, share)
    values = [_at(group, share) for group in groups]
    if len(values) < 2:  # noqa: PLR2004 - nothing to compare
        return Estimate(value=value)
    spread = mean(values)
    half = spread.value - (spread.low or 0.0)
    return Estimate(value=value, low=max(0.0, value - half), high=value + half)


def _at(ordered: Sequence[float], share: float) -> float:
    """The value below which this share lies, between neighbours in proportion."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@cache
def student(freedom: int, level: float = LEVEL) -> float:
    """Within how many standard errors Student's t lies with probability `level`."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < level:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """The probability that Student's t lies within +-t: Abramowitz and Stegun 26.7.3 and 26.7.4, exact; beyond
    hundreds of degrees of freedom the normal distribution's, t made smaller by 26.7.8.
    """
    if freedom > _NORMAL_FROM:
        return math.erf(t * (1 - 1 / (4 * freedom)) / math.sqrt(1 + t * t / (2 * freedom)) / math.sqrt(2))
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = total = (cosine if odd else 1.0) if freedom > 1 else 0.0
    for step in range(2 + odd, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
