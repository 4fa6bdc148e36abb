"""Numbers that lead into each other without a way out, which the ways through one flow do not show.

A `number` step is a way out of its flow, so `ivr_flows.checks` is content with it. Here all flows are one graph, in
which such a step goes on at the beginning of that number's flow. No caller goes round for ever, for the numbers that
one call may enter are limited; but none is served either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.steps.base import END
from ivr_flows.steps.number import Number
from ivr_flows.ways import Ways, backwards, circles, reach, ways
from tenancy import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from ivr_flows.flow import Flow, Node
    from vcc.lint.scope import Scope

_WAY_OUT = "that ends in a queue, hang_up or the end of a flow"


def check(scope: Scope) -> Iterator[Problem]:
    """Numbers that lead only back, for everybody or for a caller who presses nothing; menus that lead only back."""
    leads, silent = _graph(scope), _graph(scope, silent=True)
    free, free_silent = reach(backwards(leads), [END]), reach(backwards(silent), [END])
    for flow, node, round_ in _rounds(scope, leads, free):
        how = "leads only back to itself" if len(round_) == 1 else "lead only to each other"
        yield flow.document.problem(node.path, f"{_listed(round_)} {how}", expected=f"a way {_WAY_OUT}")
    for flow, node, round_ in _rounds(scope, silent, free_silent | (leads.keys() - free)):
        message = f"a caller who presses nothing is led back to {_listed(round_)} again and again"
        expected = f"'on_failure' or 'on_no_input' {_WAY_OUT}"
        yield flow.document.problem(node.path, message, expected=expected)
    yield from _menus(scope, leads, free)


def _graph(scope: Scope, *, silent: bool = False) -> Ways:
    """From each step of each flow to all that can come next, over numbers, too; END: nothing more is asked."""
    begins = {digits: (tenant.id, number.flow) for digits, tenant, number in names.numbers(scope.platform)}
    graph: dict[str, tuple[str, ...]] = {}
    for place, flow in scope.flows.items():
        for step, following in ways(flow, silent=silent).items():
            if isinstance(led := flow.nodes[step].step, Number):
                other = begins.get(led.number, ("", ""))
                graph[_key(place, step)] = (_key(other, scope.flows[other].first) if other in scope.flows else END,)
            else:
                graph[_key(place, step)] = tuple(_key(place, after) for after in following)
    return graph


def _key(flow: tuple[str, str], step: str) -> str:
    return END if step == END else f"{flow[0]}/{flow[1]} {step}"


def _rounds(scope: Scope, leads: Ways, free: set[str]) -> Iterator[tuple[Flow, Node, list[str]]]:
    """Each way round outside of `free`: its first `number` step, and the numbers on it."""
    trapped = {step: [after for after in following if after not in free] for step, following in leads.items()}
    found = list(circles({step: after for step, after in trapped.items() if step not in free}))
    if not found:
        return
    steps = [(place, flow, node) for place, flow in scope.flows.items() for node in flow.nodes.values()]
    for circle in found:
        on_it = [(flow, node) for place, flow, node in steps if _key(place, node.id) in circle]
        led = [(flow, node, node.step.number) for flow, node in on_it if isinstance(node.step, Number)]
        if led:
            yield led[0][0], led[0][1], sorted({number for _, _, number in led})


def _menus(scope: Scope, leads: Ways, free: set[str]) -> Iterator[Problem]:
    """Menus of which each choice comes back to the menu, though it goes through a number."""
    for place, flow in scope.flows.items():
        leaves = {node.id for node in flow.nodes.values() if isinstance(node.step, Number)}
        within = {step: () if step in leaves else after for step, after in ways(flow).items()}
        for node in flow.nodes.values():
            choices = [target for label, target in node.branches.items() if node.step.is_key(label)]
            menu = _key(place, node.id)
            if node.kind != "menu" or not choices or menu not in free:
                continue
            if END in reach({**within, node.id: ()}, choices, END):
                continue
            if END not in reach({**leads, menu: ()}, [_key(place, target) for target in choices], END):
                yield flow.document.problem(
                    node.path,
                    "each choice of this menu leads only back to it",
                    expected=f"a choice {_WAY_OUT}",
                )


def _listed(numbers: list[str]) -> str:
    *others, last = numbers
    return f"{', '.join(others)} and {last}" if others else last
