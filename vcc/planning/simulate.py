"""Many days of a scenario, on as many processors as there are.

Days do not know each other, and each is drawn from seeds of its own: so they may be shared out in any way, and the
figures of a seed are the same on one processor and on many.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting.measures import Target
from tenancy import names
from vcc.planning import day, figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tenancy.model import Platform
    from vcc.planning.day import Plan
    from vcc.planning.figures import DayFigures, Figures

#: So many days are handed out at once: a fraction of a second of work.
_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Job:
    """A plan that can be sent to another process, and done there day by day."""

    plan: Plan
    seed: int

    def __call__(self, number: int) -> DayFigures:
        """One day."""
        world = self.plan.world
        group_of = {agent: group for group, agents in world.agents.items() for agent in agents}
        return figures.of_day(day.run(self.plan, number, self.seed), targets(world.platform), group_of)


def targets(platform: Platform) -> Mapping[str, Target]:
    """What each queue is measured by."""
    return {
        key: Target(threshold_s=queue.threshold_s, short_abandon_s=queue.short_abandon_s)
        for key, _, queue in names.queues(platform)
    }


def simulate(
    plan: Plan, *, days: int, seed: int, processes: int = 1, done: Callable[[int], None] = lambda days: None
) -> Figures:
    """The figures of `days` days; `done` is told how many are."""
    found: list[DayFigures] = []
    for one in _each(Job(plan=plan, seed=seed), range(days), processes):
        found.append(one)
        done(len(found))
    return figures.of_days(found)


def _each(job: Job, numbers: Iterable[int], processes: int) -> Iterator[DayFigures]:
    if processes <= 1:
        yield from map(job, numbers)
        return
    # A fresh process each: a fork would inherit whatever threads and locks there are.
    with multiprocessing.get_context("spawn").Pool(processes, _take, (job,)) as pool:
        yield from pool.imap(_do, numbers, chunksize=_AT_ONCE)


_job: Job | None = None


def _take(job: Job) -> None:
    global _job  # noqa: PLW0603 - what a worker is given once, at its start
    _job = job


def _do(number: int) -> DayFigures:
    assert _job is not None  # noqa: S101 - `_take` comes first
    return _job(number)
