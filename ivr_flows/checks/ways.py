"""The ways through a flow, as a graph: from a step to all that can come next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.steps.base import END

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ivr_flows.flow import Flow

Ways = dict[str, tuple[str, ...]]


def ways(flow: Flow, *, silent: bool = False) -> Ways:
    """From each step to the ids of all that can come next (END: the flow is over); `silent`: nobody presses a key."""
    return {
        node.id: tuple(node.step.leads_silent(node) if silent else node.step.leads(node))
        for node in flow.nodes.values()
    }


def reach(steps: Mapping[str, Iterable[str]], begin: Iterable[str]) -> set[str]:
    """Everything that can be reached from `begin`, itself included."""
    found: set[str] = set()
    waiting = list(begin)
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting.extend(steps.get(step, ()))
    return found


def backwards(steps: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The same ways, from what comes next to what it comes from."""
    turned: dict[str, list[str]] = {END: []}
    for step, following in steps.items():
        for after in following:
            turned.setdefault(after, []).append(step)
    return turned
