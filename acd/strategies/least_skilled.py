"""The agent who knows just enough of what is asked for, so that experts stay free for those who need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.protocol import AgentState
    from acd.strategies.strategy import Rank


def rank(agent: AgentState, fit: int) -> Rank:
    """Order by the levels of the skills asked for, the lowest first; then who has been idle for the longest time."""
    return (float(fit), agent.idle_since)
