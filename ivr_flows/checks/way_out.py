"""Menus that lead nowhere but back to themselves, and rounds that a caller who presses nothing never leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.checks.ways import backwards, reach, ways
from ivr_flows.fields import KEYS
from ivr_flows.steps.base import END

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
        choices = [target for label, target in node.branches.items() if label in KEYS]
        if not choices or node.kind != "menu":
            continue
        if END not in reach(leads | {node.id: ()}, choices):
            yield flow.document.problem(
                node.path,
                "no choice of this menu leads out of it",
                expected="a choice that ends in a queue, a number, hang_up or after the menu",
            )


def _silence(flow: Flow) -> Iterator[Problem]:
    leads = ways(flow, silent=True)
    comes_from = backwards(leads)
    trapped = {step: None for step in leads if step not in reach(comes_from, [END])}
    while trapped:
        step = next((step for step in trapped if flow.nodes[step].step.asks), next(iter(trapped)))
        yield flow.document.problem(
            flow.nodes[step].path,
            "a caller who presses nothing never gets out of here",
            expected="'on_failure' or 'on_no_input' that leads to a queue, a number, hang_up or the end",
        )
        for known in reach(leads, [step]) | reach(comes_from, reach(leads, [step])):
            trapped.pop(known, None)
