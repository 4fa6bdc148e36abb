"""Step types of other distributions: entry points of the group `vcc.flow_steps`, checked like vcc's own.

    [project.entry-points."vcc.flow_steps"]
    weather = "our_steps.weather:Weather"         # the name is the word in the flow, and the class's `kind`

They are looked for once, when vcc starts. One that cannot be used is left out; whoever uses its word is told why.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from ivr_flows.fields import NAME
from ivr_flows.steps.base import Step

if TYPE_CHECKING:
    from collections.abc import Container
    from importlib.metadata import EntryPoint

GROUP = "vcc.flow_steps"


def find(taken: Container[str]) -> tuple[dict[str, type[Step]], dict[str, str]]:
    """The step types that are installed by their words, and why others cannot be used; `taken`: vcc's own words."""
    steps: dict[str, type[Step]] = {}
    broken: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        step = _load(point, broken)
        if step is None:
            continue
        if reason := _unfit(point, step, taken, steps):
            broken[point.name] = reason
        else:
            steps[point.name] = step
    return steps, {word: reason for word, reason in broken.items() if word not in steps}


def _load(point: EntryPoint, broken: dict[str, str]) -> type[Step] | None:
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 - code that is not ours
        broken[point.name] = f"'{point.value}' cannot be loaded: {type(error).__name__}: {str(error)[:200]}"
        return None
    if not (isinstance(loaded, type) and issubclass(loaded, Step)):
        broken[point.name] = f"'{point.value}' is no subclass of ivr_flows.steps.base.Step"
        return None
    return loaded


def _unfit(point: EntryPoint, step: type[Step], taken: Container[str], others: Container[str]) -> str:
    """Why a class cannot be a step under this word; empty where it can."""
    if point.name in taken:
        return "the word is vcc's own"
    if point.name in others:
        return f"'{point.value}' is a second step of this name"
    if not NAME.fullmatch(point.name):
        return "a step's word is a lower-case letter, then at most 39 of a-z, 0-9, _ and -"
    return _unusable(point, step)


def _unusable(point: EntryPoint, step: type[Step]) -> str:
    """Why the class itself is no step."""
    if getattr(step, "kind", None) != point.name:
        return f"the kind of '{point.value}' is not '{point.name}'"
    if step.enter is Step.enter:
        return f"'{point.value}' has no 'enter'"
    branches = {*step.branch_names, *step.branch_maps}
    if both := sorted(branches & {info.alias or name for name, info in step.model_fields.items()}):
        return f"'{both[0]}' of '{point.value}' is a field and a branch"
    return ""
