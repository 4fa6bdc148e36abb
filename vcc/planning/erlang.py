"""Erlang's formulas: a line of callers and `agents` who are all alike, in the steady state.

`load` is the offered load in erlangs: arrivals in the mean duration of a conversation. Times are in any one unit.
They hold for Poisson arrivals at a constant rate and exponential conversations; Erlang C for callers who never give
up, Erlang A for callers whose patience is exponential.

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges" (1917), for B and C; C. Palm, "Research on telephone traffic carried by full availability groups" (1957) and
S. Zeltyn, A. Mandelbaum, "Call centers with impatient customers: many-server asymptotics of the M/M/n+G queue",
Queueing Systems 51 (2005), section 2, for A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: exp(-60) is nothing beside 1 in double precision.
_NOTHING = 60.0
_PANELS = 400
#: Gauss and Legendre's five points on [-1, 1], and their weights.
_POINTS = (
    (0.0, 0.5688888888888889),
    (0.5384693101056831, 0.47862867049936647),
    (-0.5384693101056831, 0.47862867049936647),
    (0.906179845938664, 0.23692688505618908),
    (-0.906179845938664, 0.23692688505618908),
)


def erlang_b(load: float, agents: int) -> float:
    """The share of calls that find every one of `agents` lines busy and are lost.

    B(0) = 1, B(c) = A B(c-1) / (c + A B(c-1)): every step is between 0 and 1, so it is stable for any size.
    """
    blocked = 1.0
    for count in range(1, agents + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """The share of callers who wait, if nobody gives up: C = B / (1 - (A/c) (1 - B)); 1 where A is not below c."""
    if load >= agents:
        return 1.0
    blocked = erlang_b(load, agents)
    return blocked / (1.0 - load / agents * (1.0 - blocked))


@dataclass(frozen=True, kw_only=True)
class ErlangC:
    """M/M/c: callers wait for ever. `service_s` is the mean conversation."""

    load: float
    agents: int
    service_s: float

    @cached_property
    def wait_probability(self) -> float:
        """The share of callers who wait at all."""
        return erlang_c(self.load, self.agents)

    @property
    def mean_wait_s(self) -> float:
        """The mean wait of all callers, C S / (c - A); infinite where the agents do not suffice."""
        spare = self.agents - self.load
        return self.wait_probability * self.service_s / spare if spare > 0 else math.inf

    def answered_within(self, threshold_s: float) -> float:
        """The share of callers who are answered within the threshold: 1 - C exp(-(c - A) T / S)."""
        spare = self.agents - self.load
        if spare <= 0:
            return 0.0
        return 1.0 - self.wait_probability * math.exp(-spare * threshold_s / self.service_s)

    @property
    def occupancy(self) -> float:
        """The share of their time that agents talk: A/c."""
        return min(self.load / self.agents, 1.0) if self.agents else 1.0


@dataclass(frozen=True, kw_only=True)
class ErlangA:
    """M/M/c+M: callers give up after an exponential patience of mean `patience_s`.

    With rates a of arrivals, m of an agent, h of giving up, and V the wait that somebody with endless patience would
    have, V has the density P(V>0) e^g(u) / J at u > 0, with g(u) = a (1 - e^(-h u)) / h - c m u and J the integral of
    e^g. The exponent is taken against its greatest value, so that nothing overflows.
    """

    load: float
    agents: int
    service_s: float
    patience_s: float

    @cached_property
    def wait_probability(self) -> float:
        """The share of callers who find no agent free: p(c) + p(c+1) + ..., from the chain's ratios a / (c m + j h)."""
        if not self.agents:
            return 1.0
        term = total = 1.0  # against p(c); both are made small again before they overflow
        shrunk, crowd = 1.0, 0
        while term > total * 1e-17 or crowd <= self._peak_at:
            crowd += 1
            term *= self.load / (self.agents + crowd * self.service_s / self.patience_s)
            total += term
            if total > 1e200:  # noqa: PLR2004 - far from where a double ends
                term, total, shrunk = term * 1e-200, total * 1e-200, shrunk * 1e-200
        below = 1.0 / max(erlang_b(self.load, self.agents), 5e-324) - 1.0
        return total / (below * shrunk + total)

    @property
    def _peak_at(self) -> float:
        """How many wait where that is most likely."""
        return max(0.0, (self.load - self.agents) * self.patience_s / self.service_s)

    @cached_property
    def abandonment(self) -> float:
        """The share of callers who give up: h E[V and patience] = the mean of 1 - e^(-h V)."""
        if not self.agents:
            return 1.0
        give_up = 1.0 / self.patience_s
        return self._mean(lambda wait: -math.expm1(-give_up * wait))

    @property
    def mean_wait_s(self) -> float:
        """The mean wait of all callers, answered or not: abandonment / h."""
        return self.abandonment * self.patience_s

    @cached_property
    def mean_wait_answered_s(self) -> float:
        """The mean wait of those who are answered; 0 where nobody is."""
        if not self.agents:
            return 0.0
        total = self._mean(lambda wait: wait * math.exp(-wait / self.patience_s))
        return total / (1.0 - self.abandonment)

    def answered_within(self, threshold_s: float) -> float:
        """The share of all callers who are answered within the threshold."""
        if not self.agents:
            return 0.0
        waited = self._mean(lambda wait: math.exp(-wait / self.patience_s), threshold_s)
        return 1.0 - self.wait_probability + waited

    def abandoned_within(self, limit_s: float) -> float:
        """The share of all callers who give up within a limit: those whose patience ends by then and before V."""
        by_then = -math.expm1(-limit_s / self.patience_s)
        if not self.agents:
            return by_then
        early = self._mean(lambda wait: -math.expm1(-wait / self.patience_s), limit_s)
        return early + by_then * (self.wait_probability - self._mean(lambda wait: 1.0, limit_s))

    @property
    def occupancy(self) -> float:
        """The share of their time that agents talk."""
        return self.load * (1.0 - self.abandonment) / self.agents if self.agents else 1.0

    def _mean(self, of: Callable[[float], float], until: float = math.inf) -> float:
        """The mean over all callers of a function of V that is 0 at 0, of those with V up to `until`."""
        low, high = self._support
        if until <= low:
            return 0.0
        part = _integral(lambda wait: of(wait) * self._weight(wait), low, min(high, until))
        return self.wait_probability * part / self._whole

    @cached_property
    def _whole(self) -> float:
        low, high = self._support
        return _integral(self._weight, low, high)

    def _weight(self, wait: float) -> float:
        return math.exp(self._exponent(wait) - self._highest)

    def _exponent(self, wait: float) -> float:
        arrivals, served = self.load / self.service_s, self.agents / self.service_s
        return -arrivals * self.patience_s * math.expm1(-wait / self.patience_s) - served * wait

    @cached_property
    def _top(self) -> float:
        """Where V is most likely: above 0 only if the agents alone do not suffice."""
        if self.load <= self.agents:
            return 0.0
        return self.patience_s * math.log(self.load / self.agents)

    @cached_property
    def _highest(self) -> float:
        return self._exponent(self._top)

    @cached_property
    def _support(self) -> tuple[float, float]:
        """Between which waits the density is more than nothing."""
        step = 1e-6 * min(self.service_s, self.patience_s)
        while self._exponent(self._top + step) > self._highest - _NOTHING and step < _NOTHING * 2 * self.patience_s:
            step *= 1.25
        low, apart = self._top, 1e-6 * min(self.service_s, self.patience_s)
        while low > 0 and self._exponent(low) > self._highest - _NOTHING:
            apart *= 1.25
            low = max(0.0, self._top - apart)
        return low, self._top + step


def _integral(function: Callable[[float], float], low: float, high: float) -> float:
    """The integral of a smooth function by Gauss and Legendre's rule, panel by panel."""
    half = (high - low) / _PANELS / 2
    middles = (low + half * (2 * panel + 1) for panel in range(_PANELS))
    return half * math.fsum(weight * function(middle + half * at) for middle in middles for at, weight in _POINTS)
