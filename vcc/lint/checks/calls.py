"""Flows that call each other: their arguments, results and languages, and that no call leads back into its own flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import nearest, one_of
from ivr_flows.steps.call import RETURNED, Call
from ivr_flows.ways import reach
from tenancy import codes
from tenancy.names import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.flow import Flow, Node
    from vcc.lint.scope import Scope

Key = tuple[str, str]


def check(scope: Scope) -> Iterator[Problem]:
    """Every call, and every flow with arguments that nobody gives it."""
    calls = {key: list(_calls(flow)) for key, flow in scope.flows.items()}
    leads = {_name(key): [_name((key[0], step.flow)) for _, step in found] for key, found in calls.items()}
    for key, found in calls.items():
        for node, step in found:
            other = scope.flows.get((key[0], step.flow))
            if other is not None:
                yield from _against(scope.flows[key], node, step, other)
            if _name(key) in reach(leads, [_name((key[0], step.flow))]):
                message = f"calling '{step.flow}' leads back into this flow, without end"
                expected = "'goto' for what is done again"
                yield scope.flows[key].document.problem(node.place(("flow",)), message, expected=expected)
    yield from _too_deep(scope, leads)
    yield from _without_arguments(scope)


def _calls(flow: Flow) -> Iterator[tuple[Node, Call]]:
    return ((node, node.step) for node in flow.nodes.values() if isinstance(node.step, Call))


def _name(key: Key) -> str:
    return "/".join(key)


def _against(flow: Flow, node: Node, step: Call, other: Flow) -> Iterator[Problem]:
    """One call against the flow that it calls."""
    wanted, results = other.settings.arguments, (*other.settings.results, RETURNED)
    for name in step.arguments:
        if name not in wanted:
            path = (*node.path, "with", name)
            message = f"'{step.flow}' takes no '{name}'"
            yield flow.document.problem(path, message, expected=one_of(wanted), hint=nearest(name, wanted), key=True)
    if missing := [name for name in wanted if name not in step.arguments]:
        message = f"'{step.flow}' needs {' and '.join(map(repr, missing))}"
        yield flow.document.problem(node.path, message, expected=f"with: {{{missing[0]}: …}}", key=True)
    for variable, result in step.into.items():
        if result not in results:
            message = f"'{step.flow}' has no result '{result}'"
            path = (*node.path, "into", variable)
            yield flow.document.problem(path, message, expected=one_of(results), hint=nearest(result, results))
    spoken = other.settings.languages
    for language in flow.settings.languages:
        if spoken and language not in spoken:
            message = f"'{step.flow}' does not speak {language}"
            yield flow.document.problem(
                node.path, message, expected=f"one that speaks {' and '.join(flow.settings.languages)}"
            )


def _too_deep(scope: Scope, leads: dict[str, list[str]]) -> Iterator[Problem]:
    most = scope.platform.limits.flow_calls
    for key, flow in scope.flows.items():
        level, depth = {_name(key)}, 0
        while level and depth <= most:
            level = {after for name in level for after in leads.get(name, ())}
            depth += bool(level)
        if depth > most and _name(key) not in reach(leads, leads[_name(key)]):
            node = next(node for node, _ in _calls(flow))
            message = "flows call each other too deep from here"
            yield flow.document.problem(node.path, message, expected=f"at most {most} calls in each other", key=True)


def _without_arguments(scope: Scope) -> Iterator[Problem]:
    entered: list[tuple[Path, Key]] = [
        (("tenants", tenant.id, "numbers", digits, "flow"), (tenant.id, number.flow))
        for digits, tenant, number in numbers(scope.platform)
    ]
    entered += [(("codes", code), ("", name)) for code, name in codes.flows(scope.platform.codes).items()]
    for path, key in entered:
        flow = scope.flows.get(key)
        if flow is not None and flow.settings.arguments:
            message = f"the flow '{key[1]}' has arguments: it can be called by a flow alone"
            yield scope.document.problem(path, message, expected="a flow without arguments")
