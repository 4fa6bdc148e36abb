"""The agent who has had the fewest conversations since sign-in; of several, who has been idle for the longest time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.protocol import AgentState
    from acd.strategies.strategy import Rank


def rank(agent: AgentState, _fit: int) -> Rank:
    """Order by the number of conversations."""
    return (float(agent.calls), agent.idle_since)
