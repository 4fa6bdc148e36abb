"""What a strategy is."""

from __future__ import annotations

from collections.abc import Callable

from acd.protocol import AgentState

#: What strategies order agents by, least first; the agent's name breaks ties.
Rank = tuple[float, ...]

#: Ranks an agent who has become free. It must stay what it is while the agent stays free. The number is how much the
#: agent knows of what is asked for: the levels of those skills together.
AgentStrategy = Callable[[AgentState, int], Rank]
