"""One after the other: the agent whose last offer, from whichever queue and whatever came of it, is longest ago.

Among the same agents this is a fixed round. Unlike the longest idle, who has just come back from a break or has let
a call ring does not lose or win a turn by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.protocol import AgentState
    from acd.strategies.strategy import Rank


def rank(agent: AgentState, _fit: int) -> Rank:
    """Order by the time of the last offer."""
    return (agent.offered_at,)
