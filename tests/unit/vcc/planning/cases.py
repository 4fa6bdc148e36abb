"""Scenarios for tests, and what others have found for them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting.measures import ServiceLevel
from vcc.planning import scenario, world
from vcc.planning.day import Plan
from vcc.planning.simulate import simulate
from vcc.planning.statistics import Estimate, student

if TYPE_CHECKING:
    from collections.abc import Callable

    from vcc.planning.figures import Figures


def plan(text: str) -> Plan:
    """The plan of a scenario that names no files."""
    wanted, document = scenario.read(text, "test.yaml")
    return Plan(scenario=wanted, world=world.build(wanted, document), columns={})


def run(text: str, *, days: int, seed: int = 1) -> Figures:
    """Its figures."""
    return simulate(plan(text), days=days, seed=seed)


@dataclass(frozen=True)
class Published:
    """A figure of others: its value, the half of its 95 % interval, and how we have it of a run."""

    what: str
    value: float
    half: float
    ours: Callable[[Figures], Estimate | None]

    def agrees(self, found: Figures) -> bool:
        """Whether the two differ by no more than both intervals together allow. `half` 0: it is exact.

        One in twenty 95 % intervals misses: of this many figures some would. Half as wide again, one in 300 does.
        """
        ours = self.ours(found)
        if ours is None or ours.low is None:
            return False
        return abs(ours.value - self.value) <= 1.5 * math.hypot(ours.value - ours.low, self.half)

    def shown(self, found: Figures) -> str:
        """Both, for a message."""
        return f"{self.what}: {self.value} +- {self.half} published, {self.ours(found)} here"


def level(variant: ServiceLevel) -> Callable[[Figures], Estimate | None]:
    """A variant of the service level of all calls."""
    return lambda found: found.total.service_level[variant.value]


def count(name: str, over: float = 1.0) -> Callable[[Figures], Estimate | None]:
    """A count of a day, over a number."""

    def of(found: Figures) -> Estimate:
        one = found.total.counts[name]
        half = 0.0 if one.low is None else (one.value - one.low) / over
        return Estimate(value=one.value / over, low=one.value / over - half, high=one.value / over + half)

    return of


#: The "MMC" examples that come with ContactCenters (E. Buist, P. L'Ecuyer, Universite de Montreal): 1000 days each.
MMC = """
hours: 8
queues:
  all: {{{queue}}}
after_close: {after_close}
calls:
  all: {{queue: all, per_hour: 252, service: {{exponential: 120}}{patience}}}
groups:
  agents: {{agents: 12}}
"""


def mmc(queue: str = "", patience: str = "", after_close: str = "serve") -> str:
    """One of them."""
    return MMC.format(queue=queue, patience=patience, after_close=after_close)


#: "CallCC", of the same: thirteen hours, Gamma days, one in ten who would have to wait hangs up at once.
CALLCC = """
hours: 13
period_min: 60
busyness: {gamma: 10}
queues:
  all: {}
calls:
  all:
    queue: all
    per_hour: [100, 150, 150, 180, 200, 150, 150, 150, 120, 100, 80, 70, 60]
    service: {exponential: 100}
    patience: {exponential: 1000}
    balking: 0.1
groups:
  agents: {agents: [4, 6, 8, 8, 8, 7, 8, 8, 6, 6, 4, 4, 4]}
"""
_CALLCC_CALLS = 1660.0
#: They give 90 % intervals there: made 95 % ones.
_WIDER = 1.9623 / 1.6464


def _early(found: Figures) -> Estimate | None:
    """Callers who waited less than 20 s, whatever became of them, over those expected."""
    share, offered = found.total.service_level[ServiceLevel.EARLY_ABANDONS_SERVED.value], found.total.counts["offered"]
    if share is None or share.low is None:
        return None
    value = share.value * offered.value / _CALLCC_CALLS
    # Days with more calls have fewer of them in time: their published spread is that of the product.
    half = student(found.days - 1) * 0.169 / found.days**0.5
    return Estimate(value=value, low=value - half, high=value + half)


PUBLISHED: dict[str, tuple[str, tuple[Published, ...]]] = {
    "MMC": (
        mmc(),
        (
            Published("answered in 20 s", 0.902, 0.002, level(ServiceLevel.ANSWERED_ONLY)),
            Published("mean wait", 0.0993 * 60, 0.0028 * 60, lambda f: f.total.mean_wait_s),
            Published("occupancy", 0.695, 0.0015, lambda f: f.all_groups.occupancy),
            Published("answered in 20 s a day", 1816.158, 3.54, count("answered_in_threshold")),
            # Kolmogorov's equations for the day from its empty beginning, integrated numerically.
            Published("answered in 20 s, exactly", 0.900435, 0.0, level(ServiceLevel.ANSWERED_ONLY)),
            Published("mean wait, exactly", 0.100679 * 60, 0.0, lambda f: f.total.mean_wait_s),
            Published("occupancy, exactly", 0.696920, 0.0, lambda f: f.all_groups.occupancy),
        ),
    ),
    "MMCAb": (
        mmc(patience=", patience: {exponential: 60}"),
        (
            Published("abandoned a day", 58.609, 0.949, count("abandoned")),
            Published("answered in 20 s, of the answered", 0.975, 0.0007, level(ServiceLevel.ANSWERED_ONLY)),
            Published("answered in 20 s", 0.968, 0.0008, level(ServiceLevel.EARLY_ABANDONS_IGNORED)),
            Published("mean wait", 0.0237 * 60, 0.0005 * 60, lambda f: f.total.mean_wait_s),
            Published("occupancy", 0.675, 0.0015, lambda f: f.all_groups.occupancy),
        ),
    ),
    "MMCBlocked": (
        mmc(queue="max_waiting: 5"),
        (
            Published("turned away a day", 18.655, 0.61, count("queue_full")),
            Published("answered in 20 s", 0.929, 0.0015, level(ServiceLevel.ANSWERED_ONLY)),
            Published("mean wait", 0.060 * 60, 0.0012 * 60, lambda f: f.total.mean_wait_s),
            Published("occupancy", 0.689, 0.0015, lambda f: f.all_groups.occupancy),
        ),
    ),
    "MMCClrQ": (
        mmc(after_close="clear"),
        (
            Published("sent away at closing time, a day", 0.433, 0.105, count("left")),
            Published("answered in 20 s", 0.902, 0.002, level(ServiceLevel.ANSWERED_ONLY)),
        ),
    ),
    "CallCC": (
        CALLCC,
        (
            Published("calls a day", 1639.507, 26.718 * _WIDER, count("offered")),
            Published("hung up, of those expected", 0.0342, 0.0032 * _WIDER, count("abandoned", _CALLCC_CALLS)),
            Published("waited less than 20 s, of those expected", 0.853, 0.009 * _WIDER, _early),
        ),
    ),
}
