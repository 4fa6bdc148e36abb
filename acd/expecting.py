"""How long somebody may expect to wait, told from what is at hand: never by looking at who waits or who works.

    place in the queue x mean handling time / agents

*Agents* are those who want contacts and can take what the line asks for. One who is wanted in n queues at this moment
counts as 1/n: how many that are is taken from a few of those agents' profiles (`Line.some`; of a small centre that is
all of them). The *mean handling time* moves with the queue's conversations, ringing and wrap-up counted; it is stored
at each change, so that a restart does not forget what was learned.

Where nobody is there for what is asked for now, the next rung of the queue's ladder counts at which somebody is: the
wait is the same, and lasts until that rung at least.

Nobody is told that: see `ivr_flows/steps/queue.py` for what a caller hears, which never rises. This may.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from acd.sharing import FIRST_S

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from acd.index import Profile

#: How much each new conversation counts.
_NEWEST = 1.0 / 16.0


class Handling:
    """What conversations of each queue take of an agent's time, in seconds: a moving average."""

    __slots__ = ("_mean",)

    def __init__(self) -> None:
        """Nobody has talked yet."""
        self._mean: dict[str, float] = {}

    def took(self, queue: str, seconds: float) -> None:
        """A conversation is over; the first one tells more than what was taken for granted before."""
        before = self._mean.get(queue)
        self._mean[queue] = seconds if before is None else before + (seconds - before) * _NEWEST

    def mean(self, queue: str) -> float:
        """Seconds; FIRST_S where there was no conversation yet."""
        return self._mean.get(queue, FIRST_S)

    def forget_others(self, queues: Collection[str]) -> set[str]:
        """Keep what is known of these queues alone; returns those that are forgotten."""
        gone = {queue for queue in self._mean if queue not in queues}
        for queue in gone:
            del self._mean[queue]
        return gone

    def dump(self, queue: str) -> dict[str, Any] | None:
        """What is known of a queue as JSON values; None: nothing."""
        return {"queue": queue, "mean_s": self._mean[queue]} if queue in self._mean else None

    def load(self, data: Mapping[str, Any]) -> None:
        """Take what `dump` gave. Raises KeyError, ValueError or TypeError for what it cannot have given."""
        mean_s = float(data["mean_s"])
        if not (math.isfinite(mean_s) and mean_s >= 0.0):
            message = f"a mean handling time is a number of seconds from 0, not {mean_s}"
            raise ValueError(message)
        self._mean[str(data["queue"])] = mean_s


def agents(some: Iterable[Profile], staffed: int, queue: str, waits: Callable[[str], int]) -> float:
    """How many of `staffed` agents, of whom `some` profiles are looked at, work for a queue: fractions of them; 0.0:
    none is there. `waits`: how many wait in a queue.
    """
    whole, counted = 0, 0.0
    for profile in some:
        wanted = {name for other in profile.lines for name in other.queues if waits(name)}
        wanted.add(queue)
        whole += profile.staffed
        counted += profile.staffed / len(wanted)
    return staffed * counted / whole if whole else float(staffed)


def finite(expected_s: float | None) -> float | None:
    """An expected wait as it is recorded and shown: None where it has no end."""
    return None if expected_s is None or math.isinf(expected_s) else expected_s


def seconds(position: int, handling_s: float, counted: float) -> float:
    """The expected wait of whoever has this place, from 1; infinite where nobody is there to end it."""
    return position * handling_s / counted if counted > 0.0 else math.inf
