"""The agent who has been idle for the longest time, over all queues and tenants, gets the next call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.protocol import AgentState
    from acd.strategies.strategy import Rank


def rank(agent: AgentState, _fit: int) -> Rank:
    """Order by the moment since which the agent is idle."""
    return (agent.idle_since,)
