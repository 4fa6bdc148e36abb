"""What came of simulated days: the measures of `reporting`, and how sure they are.

    Floor -> DayFigures: counts and waits of one day, by call type and by queue; agents' time by group
    DayFigures of many days -> Figures: each measure as an Estimate

Counts are those of `reporting.measures.Tally`, fed with one visit for each caller who was in a queue. Who found no line
or a full queue was never in one, and is counted apart.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reporting.measures import DEFAULT_TARGET, ServiceLevel, Tally, Target, service_level_parts
from reporting.segments import ABANDONED as WHY_ABANDONED
from reporting.segments import ANSWERED as WHY_ANSWERED
from reporting.segments import ENDED
from vcc.planning import floor, statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vcc.planning.floor import Caller, Floor, Work
    from vcc.planning.statistics import Estimate

PERCENTILES = (0.5, 0.9, 0.95, 0.99)
_WHY = {floor.ANSWERED: WHY_ANSWERED, floor.ABANDONED: WHY_ABANDONED, floor.LEFT: ENDED}


@dataclass(kw_only=True, slots=True)
class Counts:
    """Callers of one kind on one day. `waits`: of those answered; `wait_all_s`: of all who were in a queue."""

    offered: int = 0
    no_line: int = 0
    queue_full: int = 0
    again: int = 0
    tally: Tally = field(default_factory=Tally)
    wait_all_s: float = 0.0
    service_s: float = 0.0
    waits: array[float] = field(default_factory=lambda: array("d"))

    def include(self, other: Counts) -> None:
        """Add those of another kind, or another day."""
        self.offered += other.offered
        self.no_line += other.no_line
        self.queue_full += other.queue_full
        self.again += other.again
        self.tally.include(other.tally)
        self.wait_all_s += other.wait_all_s
        self.service_s += other.service_s
        self.waits.extend(other.waits)


@dataclass(kw_only=True, slots=True)
class Time:
    """The time of a group's agents on one day, in seconds."""

    duty_s: float = 0.0
    ring_s: float = 0.0
    wrap_s: float = 0.0
    talk_s: dict[str, float] = field(default_factory=dict)

    @property
    def handling_s(self) -> float:
        """Talking and in wrap-up."""
        return math.fsum(self.talk_s.values()) + self.wrap_s


@dataclass(frozen=True, kw_only=True, slots=True)
class DayFigures:
    """One day. `types` by call type and queue: every other sum is made of these."""

    types: Mapping[tuple[str, str], Counts]
    groups: Mapping[str, Time]


def of_day(day: Floor, targets: Mapping[str, Target], group_of: Mapping[str, str]) -> DayFigures:
    """The figures of a day; `targets` of the queues, and the group of each agent."""
    return of_floors((day,), targets, group_of)


def of_floors(floors: Iterable[Floor], targets: Mapping[str, Target], group_of: Mapping[str, str]) -> DayFigures:
    """The figures of several days as of one."""
    types: dict[tuple[str, str], Counts] = {}
    groups: dict[str, Time] = {group: Time() for group in group_of.values()}
    for floor_of_day in floors:
        _add(types, floor_of_day.callers, targets)
        for agent, work in floor_of_day.work.items():
            _work(groups[group_of[agent]], work)
    return DayFigures(types=types, groups=groups)


def of_callers(callers: Iterable[Caller], targets: Mapping[str, Target]) -> DayFigures:
    """The figures of callers of whom is known what became of them, and nothing of the agents."""
    types: dict[tuple[str, str], Counts] = {}
    _add(types, callers, targets)
    return DayFigures(types=types, groups={})


def _work(time: Time, work: Work) -> None:
    time.duty_s += work.duty_s
    time.ring_s += work.ring_s
    time.wrap_s += work.wrap_s
    for kind, talked in work.talk_s.items():
        time.talk_s[kind] = time.talk_s.get(kind, 0.0) + talked


def _add(types: dict[tuple[str, str], Counts], callers: Iterable[Caller], targets: Mapping[str, Target]) -> None:
    for caller in callers:
        key = (caller.kind, caller.queue)
        counts = types.get(key)
        if counts is None:
            counts = types[key] = Counts()
        _count(counts, caller, targets.get(caller.queue, DEFAULT_TARGET))


def _count(counts: Counts, caller: Caller, target: Target) -> None:
    counts.offered += 1
    counts.again += caller.attempt > 1
    why = _WHY.get(caller.state)
    if why is None:
        counts.no_line += caller.state == floor.NO_LINE
        counts.queue_full += caller.state == floor.QUEUE_FULL
        return
    counts.tally.ended(why, caller.waited_s, target)
    counts.wait_all_s += caller.waited_s
    if caller.state == floor.ANSWERED:
        counts.waits.append(caller.waited_s)
        counts.service_s += caller.service_s


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """Of a call type, a queue, a tenant or all. Counts are means of a day; None where nothing can be said."""

    counts: Mapping[str, Estimate]
    abandonment: Estimate | None
    service_level: Mapping[str, Estimate | None]
    mean_wait_s: Estimate | None
    mean_wait_all_s: Estimate | None
    mean_service_s: Estimate | None
    wait_percentiles_s: Mapping[str, Estimate | None]
    longest_wait_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupMeasures:
    """Of a group: the share of its time that it talked and wrapped up, that for each call type, hours on duty a day."""

    occupancy: Estimate | None
    by_type: Mapping[str, Estimate | None]
    utilisation: Estimate | None
    duty_h: Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Of all days."""

    days: int
    calls: int
    total: Measures
    types: Mapping[str, Measures]
    queues: Mapping[str, Measures]
    groups: Mapping[str, GroupMeasures]
    all_groups: GroupMeasures


def of_days(days: Sequence[DayFigures]) -> Figures:
    """Each measure over the days, with its interval."""
    keys = sorted({key for day in days for key in day.types})
    kinds = dict.fromkeys(kind for kind, _ in keys)
    queues = dict.fromkeys(queue for _, queue in keys)
    groups = list(dict.fromkeys(group for day in days for group in day.groups))
    total = [_sum(day.types.values()) for day in days]
    return Figures(
        days=len(days),
        calls=sum(counts.offered for counts in total),
        total=measures(total),
        types={kind: measures([_sum(c for k, c in d.types.items() if k[0] == kind) for d in days]) for kind in kinds},
        queues={name: measures([_sum(c for k, c in d.types.items() if k[1] == name) for d in days]) for name in queues},
        groups={group: _group([day.groups.get(group, Time()) for day in days]) for group in groups},
        all_groups=_group([_time(day.groups.values()) for day in days]),
    )


def _sum(parts: Iterable[Counts]) -> Counts:
    total = Counts()
    for part in parts:
        total.include(part)
    return total


def _time(parts: Iterable[Time]) -> Time:
    total = Time()
    for part in parts:
        total.duty_s += part.duty_s
        total.ring_s += part.ring_s
        total.wrap_s += part.wrap_s
        for kind, talked in part.talk_s.items():
            total.talk_s[kind] = total.talk_s.get(kind, 0.0) + talked
    return total


def measures(days: Sequence[Counts]) -> Measures:
    """The measures of one kind of callers, from its counts of each day."""
    tallies = [day.tally for day in days]
    answered, queued = [t.answered for t in tallies], [t.queued for t in tallies]
    levels = {variant.value: [service_level_parts(t, variant) for t in tallies] for variant in ServiceLevel}
    waits = [day.waits for day in days]
    counted: dict[str, Sequence[float]] = {
        "offered": [day.offered for day in days],
        "answered": answered,
        "abandoned": [t.abandoned for t in tallies],
        "answered_in_threshold": [t.answered_in_threshold for t in tallies],
        "left": [t.left for t in tallies],
        "no_line": [day.no_line for day in days],
        "queue_full": [day.queue_full for day in days],
        "calls_again": [day.again for day in days],
    }
    return Measures(
        counts={name: statistics.mean(values) for name, values in counted.items()},
        abandonment=statistics.ratio([t.abandoned for t in tallies], queued),
        service_level={
            name: statistics.ratio([met for met, _ in parts], [of for _, of in parts]) for name, parts in levels.items()
        },
        mean_wait_s=statistics.ratio([t.wait_s for t in tallies], answered),
        mean_wait_all_s=statistics.ratio([day.wait_all_s for day in days], queued),
        mean_service_s=statistics.ratio([day.service_s for day in days], answered),
        wait_percentiles_s={
            f"p{share * 100:.0f}": found
            for share, found in zip(PERCENTILES, statistics.percentiles(waits, PERCENTILES), strict=True)
        },
        longest_wait_s=max((max(day) for day in waits if day), default=0.0),
    )


def _group(days: Sequence[Time]) -> GroupMeasures:
    free = [time.duty_s - time.ring_s for time in days]
    kinds = sorted({kind for time in days for kind in time.talk_s})
    handling = [time.handling_s for time in days]
    return GroupMeasures(
        occupancy=statistics.ratio(handling, free),
        by_type={kind: statistics.ratio([t.talk_s.get(kind, 0.0) for t in days], free) for kind in kinds},
        utilisation=statistics.ratio(handling, [time.duty_s for time in days]),
        duty_h=statistics.mean([time.duty_s / 3_600 for time in days]),
    )
