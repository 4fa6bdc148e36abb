"""Steps that need a caller, where there is none any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.steps import STEPS
from ivr_flows.ways import reach, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """Each step that `on_hangup` comes to can do without."""
    del around
    after = reach(ways(flow), [flow.first_on_hangup]) if flow.first_on_hangup else set()
    for node in flow.nodes.values():
        if node.id in after and node.step.needs_caller:
            able = ", ".join(sorted(kind for kind, step in STEPS.items() if not step.needs_caller))
            message = f"'{node.kind}' in 'on_hangup': who has hung up hears and keys in nothing"
            yield flow.document.problem(node.path, message, expected=f"{able} alone", key=True)
        for name in node.step.useless_after(node.branches) if node.id in after else ():
            message = f"'{name}' of '{node.kind}' in 'on_hangup': nobody waits for what comes of it"
            yield flow.document.problem(node.path, message, expected=f"no '{name}' there", key=True)
