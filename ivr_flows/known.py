"""What the expressions of a flow may know: vcc's own names, and the variables that its steps set, each of its kind.

Variables are kept as texts. One that every step sets to a whole number is an int in expressions, and so on; where steps
differ it is a string.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.expressions import (
    ANY,
    BOOL,
    DOUBLE,
    INT,
    STRING,
    Expression,
    ExpressionError,
    Kind,
    bind,
    group,
    map_of,
    names_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.document import Document
    from core.errors import Problem
    from core.expressions import Path
    from ivr_flows.flow import Node
    from ivr_flows.formulas import Formula
    from ivr_flows.prompts import Location
    from ivr_flows.run import Run

#: What has a value in every flow.
OWN = ("argument", "caller", "language", "number", "phone", "trunk")
#: What is known besides, in expressions alone.
WORLD: Mapping[str, Kind] = {
    "callback": group(open=BOOL),
    "hours": map_of(BOOL),
    "now": group(
        date=STRING, day=INT, hour=INT, minute=INT, month=INT, time=STRING, weekday=STRING, year=INT,
    ),
    "queues": map_of(group(ready=INT, staffed=INT, wait=DOUBLE, waiting=INT)),
}  # fmt: skip
_BUILT_IN = dict.fromkeys(OWN, STRING) | dict(WORLD)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ROUNDS = 4  # a kind can become wider three times: int, double, string

#: Where an expression stands: the step's id, and the place in it.
Where = tuple[str, "Location"]


class Knowledge(NamedTuple):
    """`kinds` of the flow's variables, `expressions` bound to them, and what is wrong with those that could not be."""

    kinds: dict[str, Kind]
    expressions: dict[Where, Expression]
    problems: list[Problem]


def knowledge(nodes: Iterable[Node], document: Document, given: Iterable[str], *, sure: bool) -> Knowledge:
    """What a flow of these steps knows. `given`: variables that actions set; not `sure`: there may be others, so that
    an unknown name is no mistake.
    """
    nodes = list(nodes)
    formulas = [(node, *asked) for node in nodes for asked in node.step.formulas()]
    others = {} if sure else {word: ANY for _, _, formula, _ in formulas for word in names_in(formula.tree)}
    kinds = _kinds(nodes, others, dict.fromkeys(given, STRING))
    names = others | kinds | _BUILT_IN
    expressions: dict[Where, Expression] = {}
    problems: list[Problem] = []
    for node, where, formula, result in formulas:
        path = node.place(where)
        try:
            found = bind(formula.text, formula.tree, names, result)
        except ExpressionError as error:
            problems.append(_problem(document, path, error))
            continue
        expressions[node.id, where] = found
        problems += [_problem(document, path, error) for error in node.step.misfits(where, found.kind, node.branches)]
    return Knowledge(kinds, expressions, problems)


def _problem(document: Document, path: Location, error: ExpressionError) -> Problem:
    return document.problem(path, error.message, expected=error.expected, hint=error.hint, within=error.column)


def _kinds(nodes: list[Node], others: Mapping[str, Kind], kinds: dict[str, Kind]) -> dict[str, Kind]:
    """The kinds of all variables; what only comes of itself is any."""
    worked: list[tuple[str, Formula]] = []
    for node in nodes:
        for name, given in node.step.gives_kinds():
            if isinstance(given, Kind):
                kinds[name] = _wider(kinds.get(name), given)
            else:
                worked.append((name, given))
    for _ in range(_ROUNDS):
        for name, formula in worked:
            try:
                kind = bind(formula.text, formula.tree, {**others, **kinds, **_BUILT_IN}).kind
            except ExpressionError:
                continue  # it is told when it is bound for good
            kinds[name] = _wider(kinds.get(name), kind)
    return dict.fromkeys((name for name, _ in worked), ANY) | kinds


def _wider(one: Kind | None, other: Kind) -> Kind:
    if one is None or one == other:
        return other
    return DOUBLE if {one, other} == {INT, DOUBLE} else STRING


# --- values -----------------------------------------------------------------------------------------------------------


def as_text(value: object) -> str:
    """A value as it is kept in a variable, and compared with the cases of a switch."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, ".15g") if isinstance(value, float) else str(value)


def typed(text: str, kind: Kind) -> object:
    """The value of its kind that a variable's text stands for; None where it is none."""
    try:
        if kind == INT:
            return int(text)
        if kind == DOUBLE:
            return float(text)
    except ValueError:
        return None
    return text == "true" if kind == BOOL else text


def find(run: Run, path: Path) -> object:
    """What an expression reads; None where it has no value."""
    match path:
        case "now", member:
            return _clock(run, member)
        case "hours", name:
            return run.env.is_open(name, run.now)
        case "callback", "open":
            return run.env.has_callback()
        case "queues", name, member:
            queue = run.env.queue(name)
            return getattr(queue, member) if queue else None
        case (name,):
            return typed(run.value(name), run.flow.kinds.get(name, STRING))
    return None


def _clock(run: Run, member: str) -> object:
    local = run.env.local(run.now)
    match member:
        case "weekday":
            return _DAYS[local.weekday()]
        case "date":
            return local.date().isoformat()
        case "time":
            return local.strftime("%H:%M")
    return getattr(local, member)
