"""Menus that lead nowhere but back to themselves, and rounds that a caller who presses nothing never leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.steps.base import END
from ivr_flows.ways import backwards, reach, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """Both kinds of traps."""
    del around
    yield from _choices(flow)
    yield from _silence(flow)


def _choices(flow: Flow) -> Iterator[Problem]:
    leads = ways(flow)
    for node in flow.nodes.values():
        choices = [target for label, target in node.branches.items() if node.step.is_key(label)]
        if not choices or node.kind != "menu":
            continue
        if END not in reach({**leads, node.id: ()}, choices, END):
            yield flow.document.problem(
                node.path,
                "no choice of this menu leads out of it",
                expected="a choice that ends in a queue, a number, hang_up or after the menu",
            )


def _silence(flow: Flow) -> Iterator[Problem]:
    leads = ways(flow, silent=True)
    comes_from = backwards(leads)
    free = reach(comes_from, [END])
    trapped = dict.fromkeys(step for step in leads if step not in free)
    while trapped:
        steps = sorted((flow.nodes[step].step for step in trapped), key=lambda step: (not step.asks, not step.waits))
        step = next(step for step in trapped if flow.nodes[step].step is steps[0])
        if steps[0].waits:  # else it is a loop without a wait, which another check tells
            branch = "'on_failure' or 'on_no_input'" if steps[0].asks else "a way"
            yield flow.document.problem(
                flow.nodes[step].path,
                "a caller who presses nothing never gets out of here",
                expected=f"{branch} that leads to a queue, a number, hang_up or the end",
            )
        for known in reach(comes_from, reach(leads, [step])):
            trapped.pop(known, None)
