"""How many calls will come in each interval of a day, from the days that were; and how good such a forecast is.

A forecast of a day uses earlier days only. Each method is scored on days that it has not seen: every day of the past
with a week before it is forecast from what came before it, and the errors are summed. The method with the least error
is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date as day
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: So many earlier days there must be, and so many of a weekday are looked at at most.
_HISTORY_DAYS = 7
_SAME_WEEKDAY = 6

#: The calls in each interval of a day.
Profile = tuple[float, ...]
Days = dict[day, Profile]


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The errors on days not seen, over the calls that came there: absolute ones by interval, and their sum."""

    method: str
    days: int
    error: float
    bias: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """The calls expected in each interval, by the best method; `scores` of all methods, best first."""

    of: day
    calls: Profile
    scores: tuple[Score, ...]


def same_weekday(known: Mapping[day, Profile], wanted: day) -> Profile:
    """The mean of the last days of the same weekday."""
    return _mean(_alike(known, wanted))


def recent(known: Mapping[day, Profile], wanted: day) -> Profile:
    """The mean of the last week, whatever the weekday."""
    return _mean([known[d] for d in sorted(known)[-_HISTORY_DAYS:]])


def shaped(known: Mapping[day, Profile], wanted: day) -> Profile:
    """As many calls as on the same weekday, spread over the day as on all days together: steadier where few come."""
    whole = _mean(list(known.values()))
    total, wanted_total = math.fsum(whole), math.fsum(same_weekday(known, wanted))
    return tuple(calls * wanted_total / total for calls in whole) if total else whole


METHODS: Mapping[str, Callable[[Mapping[day, Profile], day], Profile]] = {
    "same_weekday": same_weekday,
    "recent": recent,
    "shaped": shaped,
}


def forecast(known: Mapping[day, Profile], wanted: day) -> Forecast:
    """The forecast for a day, of days before it. Raises ValueError for none."""
    before = {d: profile for d, profile in known.items() if d < wanted}
    if not before:
        message = f"there is no day before {wanted} to make a forecast of"
        raise ValueError(message)
    scores = sorted((score(method, before) for method in METHODS), key=lambda found: (found.error, found.method))
    return Forecast(of=wanted, calls=METHODS[scores[0].method](before, wanted), scores=tuple(scores))


def score(method: str, known: Mapping[day, Profile]) -> Score:
    """How a method does on each day that has a week before it; the error is infinite where no day has."""
    days = sorted(known)
    absolute = signed = came = 0.0
    scored = days[_HISTORY_DAYS:]
    for wanted in scored:
        expected = METHODS[method]({d: known[d] for d in days if d < wanted}, wanted)
        absolute += math.fsum(abs(f - a) for f, a in zip(expected, known[wanted], strict=True))
        signed += math.fsum(expected) - math.fsum(known[wanted])
        came += math.fsum(known[wanted])
    if not came:
        return Score(method=method, days=0, error=math.inf, bias=math.nan)
    return Score(method=method, days=len(scored), error=absolute / came, bias=signed / came)


def _alike(known: Mapping[day, Profile], wanted: day) -> Sequence[Profile]:
    """The last days of the same weekday; where there is none, all."""
    same = [known[d] for d in sorted(known) if d.weekday() == wanted.weekday()]
    return same[-_SAME_WEEKDAY:] or list(known.values())


def _mean(profiles: Sequence[Profile]) -> Profile:
    return tuple(math.fsum(values) / len(values) for values in zip(*profiles, strict=True))
