"""Checks over a whole flow, one module each: (flow, surroundings) -> problems.

`CHECKS` look at steps one by one, also where others could not be read; `CHECKS_OF_WHOLE` follow the ways through the
flow and would only be misled there. What needs queues, numbers and agents is checked outside, by `Flow.references`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.checks import actions, after_hang_up, credentials, languages, loops, unreachable, variables, way_out
from ivr_flows.checks.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.errors import Problem
    from ivr_flows.flow import Flow

    Check = Callable[[Flow, Surroundings], Iterator[Problem]]

CHECKS: tuple[Check, ...] = (languages.check, variables.check, actions.check, credentials.check)
CHECKS_OF_WHOLE: tuple[Check, ...] = (unreachable.check, after_hang_up.check, loops.check, way_out.check)

__all__ = ["CHECKS", "CHECKS_OF_WHOLE", "Surroundings"]
