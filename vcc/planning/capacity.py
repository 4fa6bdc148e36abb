"""Who was there and when, concluded from a log that has only calls.

An agent is on duty from the beginning of the first conversation of a day to the end of the last. Between two of them an
agent was not free as long as somebody waited: whoever waits is given to whoever is free. So the end of the last wait
between two conversations is the earliest moment at which the agent can have been free, and the time from the end of the
conversation to there is counted as time after the call. It belongs to the call and is taken again wherever that call is
replayed. Longer than an hour, it is a pause and stays at its time of day.

Where nobody waited, the log does not say how long the agent was busy afterwards: as long as one of those of whom it
is known, drawn among those that fit into what is known of this one. Who served a call without an agent's name is not
known, and adds no one.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vcc.planning.floor import ANSWERED, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from random import Random

    from vcc.planning.history import PastCall

PAUSE_S = 3_600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """The time of an agent from the end of a conversation to the next: not free before `free_at`, at the earliest.

    `exact`: there was always somebody waiting, so that the agent took the next caller as soon as that was possible.
    """

    contact: str
    agent: str
    ends: float
    free_at: float
    next_at: float
    exact: bool


class _Waiting:
    """When anybody waited."""

    def __init__(self, calls: Iterable[PastCall]) -> None:
        self._begins: list[float] = []
        self._ends: list[float] = []
        for begins, ends in sorted((call.at, call.served_at) for call in calls if call.waited_s > 0):
            if self._ends and begins <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], ends)
            else:
                self._begins.append(begins)
                self._ends.append(ends)

    def at(self, time: float) -> bool:
        """Whether somebody waits at this moment and after it."""
        found = bisect_right(self._begins, time) - 1
        return found >= 0 and self._ends[found] > time

    def last_before(self, time: float) -> float:
        """The latest moment not after `time` just before which somebody waited; minus infinity if there is none."""
        found = bisect_left(self._begins, time) - 1
        return min(time, self._ends[found]) if found >= 0 else float("-inf")


def gaps(calls: Sequence[PastCall]) -> Iterator[Gap]:
    """The gaps between the conversations of each agent, on one day."""
    waiting = _Waiting(calls)
    for served in _by_agent(calls).values():
        for call, following in itertools.pairwise(served):
            ends, next_at = _ends(call), following.served_at
            if next_at > ends:
                free_at = max(ends, waiting.last_before(next_at))
                exact = free_at >= next_at and waiting.at(ends)
                yield Gap(
                    contact=call.contact, agent=call.agent, ends=ends, free_at=free_at, next_at=next_at, exact=exact
                )


def known_after_s(days: Iterable[Sequence[PastCall]]) -> list[float]:
    """The times after calls of which the log says how long they were, in order."""
    return sorted(gap.next_at - gap.ends for calls in days for gap in gaps(calls) if gap.exact)


def infer(
    calls: Sequence[PastCall], serves: tuple[str, ...], known: Sequence[float], random: Random
) -> tuple[tuple[Turn, ...], Mapping[str, float]]:
    """Who came and went on a day, and the time after each call (by contact) in seconds."""
    turns: list[Turn] = []
    after: dict[str, float] = {}
    for agent, served in _by_agent(calls).items():
        turns.append(Turn(at=served[0].served_at, agent=agent, on=True, serves=serves))
        turns.append(Turn(at=max(map(_ends, served)), agent=agent, on=False))
        after.update((call.contact, 0.0) for call in served)
    for gap in gaps(calls):
        busy = gap.free_at - gap.ends
        if busy > PAUSE_S:
            turns.append(Turn(at=gap.ends, agent=gap.agent, on=False))
            turns.append(Turn(at=gap.free_at, agent=gap.agent, on=True, serves=serves))
        else:
            after[gap.contact] = busy if gap.exact else _as_others(gap, known, random)
    return tuple(sorted(turns, key=lambda turn: turn.at)), after


def _as_others(gap: Gap, known: Sequence[float], random: Random) -> float:
    """A time after the call that others needed, not shorter than this one's and not longer than it can have been."""
    least = gap.free_at - gap.ends
    first, last = bisect_left(known, least), bisect_right(known, min(gap.next_at - gap.ends, PAUSE_S))
    return known[random.randrange(first, last)] if last > first else least


def _by_agent(calls: Iterable[PastCall]) -> dict[str, list[PastCall]]:
    """The conversations of each agent whose name is known, in order of time."""
    found: dict[str, list[PastCall]] = defaultdict(list)
    for call in calls:
        if call.state == ANSWERED and call.agent:
            found[call.agent].append(call)
    for served in found.values():
        served.sort(key=lambda call: call.served_at)
    return found


def _ends(call: PastCall) -> float:
    return call.served_at + (call.service_s or 0.0)
