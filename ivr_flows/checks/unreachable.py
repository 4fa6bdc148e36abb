"""Steps and sections that no way leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.ways import reach, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow, Node


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """The first step of each part that is never reached; what follows it there goes without saying."""
    del around
    reached = reach(ways(flow), (flow.first, flow.first_on_error, flow.first_on_hangup))
    told: list[Path] = []
    for node in flow.nodes.values():
        item = _item(node)
        if node.id in reached or any(item[: len(path)] == path for path in told):
            continue
        if item[0] == "sections" and item[1] not in {path[1] for path in told if path[0] == "sections"}:
            name = item[1]
            if item[2:] in ((), (0,)):
                told.append(item[:2])
                message, expected = f"the section '{name}' is never reached", f"a 'goto: {name}' somewhere"
                yield flow.document.problem(item[:2], message, expected=expected, key=True)
                continue
        told.append(item[:-1])
        message = f"this step '{node.kind}' is never reached"
        yield flow.document.problem(item, message, expected="a way to it", hint="what stands before it never goes on")


def _item(node: Node) -> Path:
    """The place of the whole step in its list."""
    return node.path[:-1] if node.path[-1] == node.kind else node.path
