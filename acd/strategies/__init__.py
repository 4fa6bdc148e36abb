"""How the agent is chosen among those who are free and able: one file a strategy.

A strategy gives each agent who becomes free a rank; the least rank is offered the call. Ranks are kept sorted
per line, so a choice costs a logarithm and never a look at every agent. To add a strategy is to add a file, and
its name below.
"""

from __future__ import annotations

from acd.strategies import (
    fewest_calls,
    least_occupied,
    least_skilled,
    longest_idle,
    most_skilled,
    round_robin,
)
from acd.strategies.strategy import AgentStrategy, Rank

__all__ = ["BY_FIT", "STRATEGIES", "AgentStrategy", "Rank"]

#: Every strategy by the name that stands in the configuration.
STRATEGIES: dict[str, AgentStrategy] = {
    "longest_idle": longest_idle.rank,
    "least_occupied": least_occupied.rank,
    "fewest_calls": fewest_calls.rank,
    "most_skilled": most_skilled.rank,
    "least_skilled": least_skilled.rank,
    "round_robin": round_robin.rank,
}
#: Those for which it counts how well an agent fits; for the others all fit alike.
BY_FIT = frozenset({"most_skilled", "least_skilled"})
