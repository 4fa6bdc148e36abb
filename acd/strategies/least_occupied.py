"""The agent who was occupied (conversations and wrap-up) for the least share of the time, the last hour above all.

The share is an average in which what happened an hour ago counts 1/e of what happens now. While agents are idle all
their shares fall by the same factor, so their order stays, and it can be told as a rank that does not change: the
share's logarithm, brought to one common moment.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.protocol import AgentState
    from acd.strategies.strategy import Rank

_HOUR = 3_600.0
_NEVER = -1e9  # less than any other, and a number that JSON has


def rank(agent: AgentState, _fit: int) -> Rank:
    """Order by the share; of several who were never occupied, who has been idle for the longest time."""
    load = math.log(agent.load) + agent.load_at / _HOUR if agent.load > 0.0 else _NEVER
    return (load, agent.idle_since)


def occupied(agent: AgentState, *, was: bool, now: float) -> None:
    """Bring an agent's share up to `now`; `was`: occupied until then, or not."""
    elapsed = now - agent.load_at
    fades = math.exp(-elapsed / _HOUR) if elapsed > 0.0 else 1.0
    agent.load = 1.0 - (1.0 - agent.load) * fades if was else agent.load * fades
    agent.load_at = now
