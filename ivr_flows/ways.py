"""The ways through a flow, as a graph: from a step to all that can come next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ivr_flows.steps.base import END

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr_flows.flow import Flow

Ways = Mapping[str, tuple[str, ...]]


def ways(flow: Flow, *, silent: bool = False) -> Ways:
    """From each step to the ids of all that can come next (END: the flow is over); `silent`: nobody presses a key."""
    name = "ways of silence" if silent else "ways"
    known: Ways | None = flow.worked_out.get(name)
    if known is None:
        known = flow.worked_out[name] = {
            node.id: tuple(node.step.leads_silent(node) if silent else node.step.leads(node))
            for node in flow.nodes.values()
        }
    return known


def reach(steps: Mapping[str, Iterable[str]], begin: Iterable[str], goal: str | None = None) -> set[str]:
    """Everything that can be reached from `begin`, itself included; not more than needed once `goal` is found."""
    found: set[str] = set()
    waiting = list(begin)
    while waiting and goal not in found:
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


def circles(steps: Mapping[str, Iterable[str]]) -> Iterator[set[str]]:
    """The sets of steps that lie on ways round, each as large as can be (strongly connected)."""
    turned = backwards(steps)
    found: set[str] = set()
    for step in reversed(_last_left(steps)):
        if step in found:
            continue
        circle = {step}
        waiting = [step]
        while waiting:
            before = [other for other in turned.get(waiting.pop(), ()) if other not in found and other not in circle]
            circle.update(before)
            waiting += before
        found |= circle
        if len(circle) > 1 or step in steps[step]:
            yield circle


def _last_left(steps: Mapping[str, Iterable[str]]) -> list[str]:
    """Every step after all that it leads to, but for ways round: the order in which a walk leaves them for good."""
    left: list[str] = []
    seen: set[str] = set()
    for root in steps:
        trail = [(root, iter(steps[root]))] if root not in seen else []
        seen.add(root)
        while trail:
            step, following = trail[-1]
            after = next((other for other in following if other in steps and other not in seen), None)
            if after is None:
                left.append(step)
                trail.pop()
            else:
                seen.add(after)
                trail.append((after, iter(steps[after])))
    return left
