"""How many agents, in each interval of a day, answer a share of the callers within so many seconds.

Three answers, from the same forecast: Erlang C (nobody gives up), Erlang A (exponential patience), and the floor
itself, which knows how long conversations really were and that a queue does not end with its interval. All are judged
by the same service level: callers who left within the short-abandon limit play no part (`reporting.measures`, the
default).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date as day
from functools import partial
from typing import TYPE_CHECKING

from reporting.measures import DEFAULT_SERVICE_LEVEL, DEFAULT_TARGET, Tally, Target, service_level
from vcc.planning import simulate, world
from vcc.planning.day import Plan
from vcc.planning.distributions import Distribution
from vcc.planning.erlang import ErlangA, ErlangC
from vcc.planning.floor import ABANDONED
from vcc.planning.scenario import CallType, Group, Scenario, ScenarioQueue
from vcc.planning.survival import exponential_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vcc.planning.forecast import Days
    from vcc.planning.history import Past, PastCall

DAY_MIN = 1_440
_MOST_AGENTS = 5_000
_MANY = 1_000_000_000
#: How often the floor's staffing is tried and corrected, and how many conversations of the log it draws from.
ROUNDS = 12
_SAMPLE = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """A share of the callers, answered within the target's threshold."""

    level: float = 0.8
    target: Target = DEFAULT_TARGET


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """What the log says of conversations, time after them included, and of patience. Seconds; infinite: for ever."""

    handle_s: float
    handles: tuple[float, ...]
    patience_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """Agents in each interval, and the service level that they are expected to give."""

    agents: tuple[int, ...]
    levels: tuple[float | None, ...]


def arrivals(past: Past, interval_min: int, queues: frozenset[str] | None = None) -> Days:
    """The callers who came in each interval of each day, to these queues or all."""
    found: Days = {}
    for one in past.days:
        counts = [0.0] * (DAY_MIN // interval_min)
        for call in _of(one.calls, queues):
            # The day on which summer time ends has an hour more: what comes in it counts in the last interval.
            counts[min(int((call.at - one.midnight) // (interval_min * 60)), len(counts) - 1)] += 1
        found[day.fromisoformat(one.name)] = tuple(counts)
    return found


def habits(past: Past, queues: frozenset[str] | None = None) -> Habits:
    """What the calls to these queues, or all, say. Raises ValueError where nobody was ever answered."""
    handles, waits = [], []
    for call in (call for one in past.days for call in _of(one.calls, queues)):
        if call.service_s is not None:
            handles.append(call.service_s + past.wrap_up_s)
        if call.waited_s > 0:
            waits.append((call.waited_s, call.state == ABANDONED))
    if not handles:
        message = "no call was answered there, so that nothing is known of how long calls take"
        raise ValueError(message)
    mean = math.fsum(handles) / len(handles)
    return Habits(handle_s=mean, handles=tuple(handles), patience_s=exponential_mean(waits))


def _of(calls: Iterable[PastCall], queues: frozenset[str] | None) -> Iterator[PastCall]:
    return (call for call in calls if queues is None or call.queue in queues)


# --- the formulas ---------------------------------------------------------------------------------------------


def by_erlang_c(calls: Sequence[float], interval_min: int, known: Habits, goal: Goal) -> Need:
    """The least agents in each interval, if nobody gave up."""

    def level(load: float, agents: int) -> float:
        return ErlangC(load=load, agents=agents, service_s=known.handle_s).answered_within(goal.target.threshold_s)

    return _least(calls, interval_min, known, goal, level)


def by_erlang_a(calls: Sequence[float], interval_min: int, known: Habits, goal: Goal) -> Need:
    """The least agents in each interval, with exponential patience; as Erlang C where nobody ever gave up."""
    if math.isinf(known.patience_s):
        return by_erlang_c(calls, interval_min, known, goal)

    def level(load: float, agents: int) -> float:
        line = ErlangA(load=load, agents=agents, service_s=known.handle_s, patience_s=known.patience_s)
        return service_level(_tally(line, goal.target), DEFAULT_SERVICE_LEVEL) or 0.0

    return _least(calls, interval_min, known, goal, level)


def _tally(line: ErlangA, target: Target) -> Tally:
    """The shares of Erlang A as counts of very many callers, for the measures to be reporting's."""
    return Tally(
        answered=round(_MANY * (1 - line.abandonment)),
        answered_in_threshold=round(_MANY * line.answered_within(target.threshold_s)),
        abandoned=round(_MANY * line.abandonment),
        abandoned_in_threshold=round(_MANY * line.abandoned_within(target.threshold_s)),
        abandoned_short=round(_MANY * line.abandoned_within(target.short_abandon_s)),
    )


def _least(
    calls: Sequence[float], interval_min: int, known: Habits, goal: Goal, level: Callable[[float, int], float]
) -> Need:
    agents: list[int] = []
    levels: list[float | None] = []
    for expected in calls:
        load = expected * known.handle_s / (interval_min * 60)
        if load <= 0:
            agents.append(0)
            levels.append(None)
            continue
        found = _first(partial(_reaches, level, goal.level, load), start=max(1, int(load)))
        agents.append(found)
        levels.append(level(load, found))
    return Need(agents=tuple(agents), levels=tuple(levels))


def _reaches(level: Callable[[float, int], float], wanted: float, load: float, agents: int) -> bool:
    return level(load, agents) >= wanted


def _first(enough: Callable[[int], bool], start: int) -> int:
    """The least number that is enough; more is never less."""
    low, high = 0, max(start, 1)
    while not enough(high):
        low, high = high, high * 2
        if high > _MOST_AGENTS:
            message = f"more than {_MOST_AGENTS} agents would be needed"
            raise ValueError(message)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


# --- the floor ------------------------------------------------------------------------------------------------


class OnTheFloor:
    """Finds the agents of each interval by simulating the day, again and again, with the same callers."""

    def __init__(self, calls: Sequence[float], interval_min: int, known: Habits, goal: Goal) -> None:
        """A day with these callers in its intervals."""
        self._calls, self._interval_min, self._known, self._goal = calls, interval_min, known, goal
        step = max(1, len(known.handles) // _SAMPLE)
        self._talk = Distribution(empirical=tuple(sorted(known.handles)[step // 2 :: step]))
        patient = math.isinf(known.patience_s)
        self._patience = None if patient else Distribution(exponential=known.patience_s)

    def need(
        self, first: Sequence[int], *, days: int, seed: int, done: Callable[[int], None] = lambda rounds: None
    ) -> Need:
        """From a first guess to what the floor needs: one agent more where the goal is missed, one fewer where it may
        do without; the best of those that met it everywhere, or came nearest to it.
        """
        agents, floors = list(first), [0] * len(first)
        best: tuple[int, int, Need] | None = None
        for tried in range(ROUNDS):
            levels = self.levels(agents, days=days, seed=seed)
            missed = [i for i, level in enumerate(levels) if level is not None and level < self._goal.level]
            rank = (len(missed), sum(agents), Need(agents=tuple(agents), levels=tuple(levels)))
            best = rank if best is None or rank[:2] < best[:2] else best
            done(tried + 1)
            for index in missed:
                floors[index] = max(floors[index], agents[index] + 1)
            wanted = [
                count + 1 if index in missed else max(count - 1, floors[index], int(self._calls[index] > 0))
                for index, count in enumerate(agents)
            ]
            if wanted == agents:
                break
            agents = wanted
        assert best is not None  # noqa: S101 - there is at least one round
        return best[2]

    def levels(self, agents: Sequence[int], *, days: int, seed: int) -> list[float | None]:
        """The service level of those who call in each interval; None where nobody is expected."""
        scenario = self._scenario(agents)
        plan = Plan(scenario=scenario, world=world.of(scenario), columns={})
        found = simulate.simulate(plan, days=days, seed=seed).types
        levels: list[float | None] = []
        for index in range(len(agents)):
            measured = found.get(_type(index))
            level = measured.service_level[DEFAULT_SERVICE_LEVEL.value] if measured else None
            levels.append(level.value if level else None)
        return levels

    def _scenario(self, agents: Sequence[int]) -> Scenario:
        """The day, with the callers of each interval as a type of their own, so that they are measured apart."""
        width, target = self._interval_min, self._goal.target
        types = {
            _type(index): CallType(
                queue="all",
                per_hour=tuple(calls * 60 / width if index == at else 0.0 for at in range(len(agents))),
                service=self._talk,
                patience=self._patience,
            )
            for index, calls in enumerate(self._calls)
            if calls > 0
        }
        return Scenario(
            hours=DAY_MIN / 60,
            period_min=width,
            queues={"all": ScenarioQueue(threshold_s=target.threshold_s, short_abandon_s=target.short_abandon_s)},
            calls=types,
            groups={"agents": Group(agents=tuple(agents))},
        )


def _type(index: int) -> str:
    return f"i{index}"
