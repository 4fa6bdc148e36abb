"""Variables that nothing sets, names that vcc has itself, and secrets where they would be heard or recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.words import nearest, one_of
from ivr_flows.steps.base import Used

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow

#: What has a value in every flow.
OWN = ("argument", "caller", "language", "number", "phone")
#: What has a value in the announcements of a queue.
POSITION = "position"

_HOW = {"said": "said or copied", "compared": "branched on"}


class _Known(NamedTuple):
    """`all`: every variable that something sets; `sure`: there are no others."""

    all: frozenset[str]
    secret: frozenset[str]
    sure: bool


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """Where variables are set, then where they are used."""
    yield from _setting(flow)
    known = _known(flow, around)
    for path, used, in_queue in _uses(flow):
        if used.name in OWN or (used.name == POSITION and in_queue):
            continue
        if used.name == POSITION:
            yield flow.document.problem(
                path, "'position' is known in announcements of a queue alone", expected="another variable"
            )
        elif used.name in known.secret and used.how in _HOW:
            message = f"'{used.name}' is secret: it cannot be {_HOW[used.how]}"
            yield flow.document.problem(path, message, expected="its use in an action alone")
        elif used.name not in known.all and known.sure:
            names = [*known.all, *OWN]
            message = f"nothing sets the variable '{used.name}'"
            yield flow.document.problem(path, message, expected=one_of(names), hint=nearest(used.name, names))


def _setting(flow: Flow) -> Iterator[Problem]:
    hidden = {name for node in flow.nodes.values() for name in node.step.hides()}
    for node in flow.nodes.values():
        for name in node.step.gives():
            if name in (*OWN, POSITION):
                yield flow.document.problem(node.path, f"'{name}' is vcc's own variable", expected="another name")
            elif name in hidden and name not in node.step.hides():
                message = f"'{name}' is secret in another step"
                yield flow.document.problem(node.path, message, expected="another name, or 'secret: true' here")


def _known(flow: Flow, around: Surroundings) -> _Known:
    given: set[str] = set()
    secret: set[str] = set()
    sure = around.all_variables
    for node in flow.nodes.values():
        given.update(node.step.gives())
        secret.update(node.step.hides())
        for need in node.step.needs():
            if need.kind == "action":
                spec = (around.actions or {}).get(need.name)
                given.update(spec.values if spec else ())
                sure = sure and spec is not None
    return _Known(frozenset(given), frozenset(secret), sure)


def _uses(flow: Flow) -> Iterator[tuple[Path, Used, bool]]:
    """Every use of a variable, its place, and whether it is in an announcement of a queue."""
    for step, path, prompt in flow.prompts():
        in_queue = step in flow.nodes and flow.nodes[step].kind == "queue"
        for where, _, template in prompt.templates():
            for variable in template.variables:
                yield (*path, *where), Used(variable.name, "said", where), in_queue
    for node in flow.nodes.values():
        for used in node.step.uses():
            yield node.place(used.where), used, False
