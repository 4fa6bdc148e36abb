"""Loops in which a contact never waits: the engine would go round until a limit ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.ways import circles, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """One step of each loop: a `goto` where there is one."""
    del around
    leads = {step: after for step, after in ways(flow).items() if not flow.nodes[step].step.waits}
    for circle in circles(
        {step: [after for after in following if after in leads] for step, following in leads.items()}
    ):
        steps = [node for node in flow.nodes.values() if node.id in circle]
        yield flow.document.problem(
            next((node for node in steps if node.kind == "goto"), steps[0]).path,
            "this leads round and round without a wait",
            expected="a step in the loop that waits, such as a menu, or a way out of it",
        )
