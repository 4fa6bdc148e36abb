"""Variables that nothing sets, names that vcc has itself, and secrets where they would be heard or recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.words import nearest, one_of
from ivr_flows.known import OWN, WORLD
from ivr_flows.steps.assign import Set
from ivr_flows.steps.base import Used

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from ivr_flows.checks.surroundings import Surroundings
    from ivr_flows.flow import Flow, Node

#: What has a value in the announcements of a queue.
IN_QUEUE = ("position", "wait_from", "wait_to")

_HOW = {
    "said": "said or copied",
    "compared": "branched on",
    "addressed": "part of an address or a header",
    "returned": "said or copied",
}


class _Known(NamedTuple):
    """`all`: every variable that something sets; `sure`: there are no others."""

    all: frozenset[str]
    secret: frozenset[str]
    private: frozenset[str]
    sure: bool


def check(flow: Flow, around: Surroundings) -> Iterator[Problem]:
    """Where variables are set, then where they are used."""
    yield from _setting(flow)
    known = _known(flow, around)
    for name in flow.settings.results:
        if name not in known.all and known.sure:
            message, hint = f"nothing sets the result '{name}'", nearest(name, known.all)
            yield flow.document.problem(("results",), message, expected=one_of(known.all), hint=hint)
    for path, used, in_queue in _uses(flow):
        if used.name in OWN or (used.name in IN_QUEUE and in_queue):
            continue
        if used.name in IN_QUEUE:
            yield flow.document.problem(
                path, f"'{used.name}' is known in announcements of a queue alone", expected="another variable"
            )
        elif used.name in known.secret and used.how in _HOW:
            message = f"'{used.name}' is secret: it cannot be {_HOW[used.how]}"
            yield flow.document.problem(path, message, expected="its use in an action alone")
        elif used.name in known.private and used.how == "returned":
            message = f"'{used.name}' comes of the tenant's own system: it leaves the call to nobody"
            yield flow.document.problem(path, message, expected="a value that the flow sets itself")
        elif used.name not in known.all and known.sure:
            names = [*known.all, *OWN]
            message = f"nothing sets the variable '{used.name}'"
            yield flow.document.problem(path, message, expected=one_of(names), hint=nearest(used.name, names))


def _setting(flow: Flow) -> Iterator[Problem]:
    for index, name in enumerate(flow.settings.arguments):
        if name in (*OWN, *WORLD, *IN_QUEUE):
            path = ("arguments", index)
            yield flow.document.problem(path, f"'{name}' is vcc's own variable", expected="another name")
    hidden = {name for node in flow.nodes.values() for name in node.step.hides()}
    for node in flow.nodes.values():
        for name in node.step.gives():
            if name in (*OWN, *WORLD, *IN_QUEUE):
                yield flow.document.problem(node.path, f"'{name}' is vcc's own variable", expected="another name")
            elif name in hidden and name not in node.step.hides():
                message = f"'{name}' is secret in another step"
                yield flow.document.problem(node.path, message, expected="another name, or 'secret: true' here")


def _known(flow: Flow, around: Surroundings) -> _Known:
    given: set[str] = set(flow.settings.arguments)
    secret: set[str] = set()
    private: set[str] = set()
    sure = around.all_variables
    for node in flow.nodes.values():
        given.update(node.step.gives())
        secret.update(node.step.hides())
        private.update(node.step.keeps())
        for need in node.step.needs():
            if need.kind == "action":
                spec = (around.actions or {}).get(need.name)
                given.update(spec.values if spec else ())
                sure = sure and spec is not None
    return _Known(frozenset(given), frozenset(secret), _with_copies(flow, private), sure)


def _with_copies(flow: Flow, private: set[str]) -> frozenset[str]:
    """These variables, and those that `set` makes of them."""
    copies = [
        (name, names) for node in flow.nodes.values() if isinstance(node.step, Set) for name, names in _made(flow, node)
    ]
    found = frozenset(private)
    while more := {copy for copy, sources in copies if sources & found} - found:
        found |= more
    return found


def _made(flow: Flow, node: Node) -> Iterator[tuple[str, set[str]]]:
    """What a `set` makes, and of which variables."""
    made: dict[str, set[str]] = {}
    for used in node.step.uses():
        made.setdefault(str(used.where[1]), set()).add(used.name)
    for where, _, _ in node.step.formulas():
        if expression := flow.expressions.get((node.id, where)):
            made.setdefault(str(where[1]), set()).update(path[0] for path in expression.reads)
    yield from made.items()


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
        for where, _, _ in node.step.formulas():
            expression = flow.expressions.get((node.id, where))
            for path in expression.reads if expression else ():
                if path[0] not in WORLD:
                    yield node.place(where), Used(path[0], "compared", where), False
