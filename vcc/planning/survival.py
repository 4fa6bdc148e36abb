"""How long callers would have waited: from those who hung up, and from those who were answered before they would have.

An answered caller says only that the patience was longer than the wait: the observation is censored. Source of the
estimator: E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random


class Patience:
    """The share of callers whose patience is longer than t: a step down wherever somebody hung up.

    Beyond the last such moment nobody is known to hang up, so that from there on the mean rate of all holds.
    """

    def __init__(self, waits: Iterable[tuple[float, bool]]) -> None:
        """Estimate from waits in seconds, and whether they ended by hanging up."""
        ordered = sorted(waits)
        self.mean_s = exponential_mean(ordered)
        self._times: list[float] = []
        self._longer: list[float] = []
        there, longer = len(ordered), 1.0
        for time, together in groupby(ordered, key=itemgetter(0)):
            ended = [hung_up for _, hung_up in together]
            if any(ended):
                longer *= 1.0 - sum(ended) / there
                self._times.append(time)
                self._longer.append(longer)
            there -= len(ended)

    def longer_than(self, time: float) -> float:
        """The share whose patience is longer than this."""
        step = bisect_right(self._times, time)
        return self._longer[step - 1] if step else 1.0

    @property
    def median_s(self) -> float:
        """Within which half of the callers hang up, if they are let wait; infinite where the waits do not say."""
        return next((time for time, longer in zip(self._times, self._longer, strict=True) if longer <= 0.5), math.inf)  # noqa: PLR2004

    def draw_beyond(self, waited: float, random: Random) -> float:
        """The patience of somebody who was there for `waited` seconds and had not hung up."""
        level = random.random() * self.longer_than(waited)
        first = bisect_right(self._times, waited)
        # The shares fall: find the first at or below the level.
        step = first + bisect_right([-share for share in self._longer[first:]], -level - 1e-15)
        while step > first and self._longer[step - 1] <= level:
            step -= 1
        if step < len(self._times):
            return self._times[step]
        beyond = max(waited, self._times[-1] if self._times else 0.0)
        return beyond + (random.expovariate(1 / self.mean_s) if math.isfinite(self.mean_s) else math.inf)


def exponential_mean(waits: Iterable[tuple[float, bool]]) -> float:
    """The mean patience if it is exponential: all the time waited, over how often somebody hung up; infinite if never.

    It is the likeliest mean for censored waits.
    """
    waited = hung_up = 0.0
    for time, ended in waits:
        waited += time
        hung_up += ended
    return waited / hung_up if hung_up else math.inf
