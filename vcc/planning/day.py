"""One day of a scenario, drawn: who calls when, how long each would talk and wait, and who is on duty.

Every call type has streams of its own for arrivals, conversations, patience and moods, each seeded by seed, day, type
and purpose. So a change of the rules or of the agents meets the same callers, and its effect is not drowned in chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter
from random import Random
from typing import TYPE_CHECKING

from vcc.planning.distributions import Column, Columns, Distribution, Sampler, by_period, sampler
from vcc.planning.floor import ABANDONED, Caller, Floor, House, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vcc.planning.scenario import CallType, Scenario
    from vcc.planning.world import World


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A scenario, its world, and the values of the columns that it names: all that a day is drawn from."""

    scenario: Scenario
    world: World
    columns: Columns


def run(plan: Plan, day: int, seed: int) -> Floor:
    """Let one day happen; the same day of the same seed is always the same."""
    scenario = plan.scenario
    people = _People(plan, day, seed)
    lines = {key: tenant.quotas.calls for key, tenant in plan.world.platform.tenants.items()}
    house = House(
        closes=scenario.closes_at,
        clears=scenario.after_close == "clear",
        lines=scenario.lines,
        lines_of={key: calls for key, calls in lines.items() if calls is not None},
    )
    floor = Floor(plan.world.rules, people if people.matter else None, house)
    floor.run(people.callers(), turns(plan))
    return floor


def turns(plan: Plan) -> Iterator[Turn]:
    """Who comes and who goes at the beginning of each period: the last of a group come last and go first."""
    scenario = plan.scenario
    for group, of in scenario.groups.items():
        counts = (of.agents,) if isinstance(of.agents, int) else of.agents
        before = 0
        for period, count in enumerate(counts):
            at = scenario.opens_at + period * scenario.period_s
            for index in range(min(before, count), max(before, count)):
                agent = plan.world.agents[group][index]
                yield Turn(at=at, agent=agent, on=count > before, serves=plan.world.serves[agent])
            before = count


class _People:
    """The callers and agents of one day, as `floor.Habits` and before."""

    def __init__(self, plan: Plan, day: int, seed: int) -> None:
        scenario = plan.scenario
        self._plan = plan
        self._name = f"{seed}/{day}"
        self._types = {name: _Type(self, name, call, plan) for name, call in scenario.calls.items()}
        self._group_of = {agent: group for group, agents in plan.world.agents.items() for agent in agents}
        self._rings = {
            group: (sampler(of.answer_s, _values(of.answer_s, plan.columns)), self.stream(f"rings/{group}"))
            for group, of in scenario.groups.items()
            if of.answer_s is not None
        }
        self._factors = {group: of.service_factor for group, of in scenario.groups.items() if of.service_factor}
        retries = any(call.retries for call in scenario.calls.values())
        #: False: nobody does anything that a floor does not know by itself
        self.matter = bool(self._rings or self._factors or retries)

    def stream(self, purpose: str) -> Random:
        """The randomness for one purpose."""
        return Random(f"{self._name}/{purpose}")  # noqa: S311 - a simulation, and no secret

    def callers(self) -> Iterator[Caller]:
        """Everybody who calls for the first time, in order of time."""
        busyness = self._plan.scenario.busyness
        factor = self.stream("busyness").gammavariate(busyness.gamma, 1 / busyness.gamma) if busyness else 1.0
        streams = [kind.callers(factor) for kind in self._types.values()]
        return streams[0] if len(streams) == 1 else merge(*streams, key=attrgetter("at"))

    def rings_s(self, agent: str) -> float:
        """How long the phone rings."""
        found = self._rings.get(self._group_of[agent])
        return found[0](found[1]) if found else 0.0

    def talks_s(self, caller: Caller, agent: str) -> float:
        """What was drawn, times what the agent's group makes of it."""
        factors = self._factors.get(self._group_of[agent]) if self._factors else None
        return caller.service_s * factors.get(caller.kind, 1.0) if factors else caller.service_s

    def calls_again(self, caller: Caller, now: float) -> Caller | None:
        """The next attempt of a share of those who were not served."""
        return self._types[caller.kind].again(caller, now)


class _Type:
    """The callers of one type on one day."""

    def __init__(self, people: _People, name: str, call: CallType, plan: Plan) -> None:
        scenario = plan.scenario
        self._name, self._call = name, call
        self._queue, self._skills = plan.world.queues[name], plan.world.skills[name] or None
        self._opens, self._period_s, self._periods = scenario.opens_at, scenario.period_s, scenario.periods
        bounds = [self._opens + period * self._period_s for period in range(1, self._periods)]
        self._service = by_period(_samplers(call.service, plan.columns), bounds)
        self._patience = by_period(_samplers(call.patience, plan.columns), bounds) if call.patience else None
        self._arrivals, self._services = people.stream(f"arrivals/{name}"), people.stream(f"service/{name}")
        self._patiences, self._moods = people.stream(f"patience/{name}"), people.stream(f"moods/{name}")
        retries = call.retries
        self._delay = sampler(retries.delay, _values(retries.delay, plan.columns)) if retries else None
        self._count = 0

    def callers(self, factor: float) -> Iterator[Caller]:
        """Poisson arrivals at the rates of the periods, times the day's factor."""
        if self._call.busyness is not None:
            factor *= self._arrivals.gammavariate(self._call.busyness.gamma, 1 / self._call.busyness.gamma)
        rates = self._call.per_hour
        for period in range(self._periods):
            rate = (rates[period] if isinstance(rates, tuple) else rates) * factor / 3_600
            if rate <= 0:
                continue
            at = self._opens + period * self._period_s
            ends, wait = at + self._period_s, self._arrivals.expovariate
            while (at := at + wait(rate)) < ends:
                yield self._caller(at, 1)

    def again(self, caller: Caller, now: float) -> Caller | None:
        """Whether and when somebody who was not served calls again."""
        retries = self._call.retries
        if retries is None or self._delay is None or caller.attempt > retries.most:
            return None
        if (caller.state != ABANDONED and not retries.busy) or self._moods.random() >= retries.share:
            return None
        return self._caller(now + self._delay(self._moods), caller.attempt + 1)

    def _caller(self, at: float, attempt: int) -> Caller:
        self._count += 1
        call = self._call
        return Caller(
            f"{self._name}.{self._count}",
            self._name,
            self._queue,
            at,
            service_s=self._service(self._services, at),
            patience_s=self._patience(self._patiences, at) if self._patience else math.inf,
            priority=call.priority,
            skills=self._skills,
            head_start_s=call.head_start_s,
            balks=call.balking > 0 and self._moods.random() < call.balking,
            attempt=attempt,
        )


def _samplers(timed: Distribution | tuple[Distribution, ...], columns: Columns) -> list[Sampler]:
    several = timed if isinstance(timed, tuple) else (timed,)
    return [sampler(one, _values(one, columns)) for one in several]


def _values(distribution: Distribution, columns: Columns) -> Sequence[float]:
    return columns[distribution.empirical.key] if isinstance(distribution.empirical, Column) else ()
