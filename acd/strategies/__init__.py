"""How the agent is chosen among those who are free and able: one file a strategy.

A strategy gives each agent who becomes free a rank; the least rank is offered the call. Ranks are kept sorted
per requirement, so a choice costs a logarithm and never a look at every agent. To add a strategy is to add a
file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from acd.protocol import AgentState

#: What strategies order agents by; the agent's name breaks ties.
Rank = tuple[float, ...]


class AgentStrategy(Protocol):
    """Orders the agents who could take a call."""

    def rank(self, agent: AgentState) -> Rank:
        """The agent's rank, least first; it must stay what it is while the agent stays idle."""
        ...
