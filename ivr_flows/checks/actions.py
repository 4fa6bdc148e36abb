"""Actions that the platform does not know, arguments and results that they do not have, and secrets that are not so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import nearest, one_of
from ivr_flows.steps.action import TIMEOUT, Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow, Node
    from ivr_flows.protocol import ActionSpec


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """Every action step against what the platform can do."""
    if around.actions is None:
        return
    for node in flow.nodes.values():
        if not isinstance(node.step, Action):
            continue
        spec = around.actions.get(node.step.name)
        if spec is None:
            hint = nearest(node.step.name, around.actions)
            message = f"there is no action '{node.step.name}'"
            yield flow.document.problem(node.place(("name",)), message, expected=one_of(around.actions), hint=hint)
        else:
            yield from _against(flow, node, node.step, spec)


def _against(flow: Flow, node: Node, step: Action, spec: ActionSpec) -> Iterator[Problem]:
    for name in step.arguments:
        if name not in spec.arguments:
            message = f"'{step.name}' takes no '{name}'"
            hint = nearest(name, spec.arguments)
            path = (*node.path, "with", name)
            yield flow.document.problem(path, message, expected=one_of(spec.arguments), hint=hint, key=True)
    hidden = {name for other in flow.nodes.values() for name in other.step.hides()}
    for name in spec.secrets & step.arguments.keys():
        for variable in step.arguments[name].variables:
            if variable.name not in hidden:
                message = f"'{step.name}' takes '{name}' from secret variables alone, for a PIN may be keyed in there"
                expected = f"'secret: true' where '{variable.name}' is collected"
                yield flow.document.problem((*node.path, "with", name), message, expected=expected)
    results = [*spec.results, TIMEOUT]
    for label in node.branches:
        if label != "else" and label not in results:
            message = f"'{step.name}' has no result '{label}'"
            path = (*node.path, "results", label)
            yield flow.document.problem(path, message, expected=one_of(results), hint=nearest(label, results), key=True)
