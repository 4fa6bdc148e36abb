"""The agent who has been idle for the longest time gets the next call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd.protocol import AgentState
    from acd.strategies import Rank


class LongestIdle:
    """Longest idle first, over all queues and tenants that the agent serves."""

    def rank(self, agent: AgentState) -> Rank:
        """Order by the moment since which the agent is idle."""
        return (agent.idle_since,)
