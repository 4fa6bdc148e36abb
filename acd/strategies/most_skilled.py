"""The agent who knows most of what is asked for; of several, who has been idle for the longest time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.protocol import AgentState
    from acd.strategies.strategy import Rank


def rank(agent: AgentState, fit: int) -> Rank:
    """Order by the levels of the skills asked for, the highest first."""
    return (float(-fit), agent.idle_since)
