"""Loops in which a contact never waits: the engine would go round until a limit ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.checks.ways import reach, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """One step of each loop: a `goto` where there is one."""
    del around
    rushing = {step: after for step, after in ways(flow).items() if not flow.nodes[step].step.waits}
    within = {step: [after for after in following if after in rushing] for step, following in rushing.items()}
    circling = [step for step in within if step in reach(within, within[step])]
    circling.sort(key=lambda step: flow.nodes[step].kind != "goto")
    told: set[str] = set()
    for step in circling:
        loop = {other for other in reach(within, [step]) if step in reach(within, within[other])}
        if not loop & told:
            told |= loop
            yield flow.document.problem(
                flow.nodes[step].path,
                "this leads round and round without a wait",
                expected="a step in the loop that waits, such as a menu, or a way out of it",
            )
