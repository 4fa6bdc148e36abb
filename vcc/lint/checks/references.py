"""What a flow names exists: queues, hours, numbers, skills, sound files, music."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.words import nearest, one_of
from tenancy import names

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from core.errors import Problem
    from ivr_flows.flow import Reference
    from vcc.lint.scope import Scope

#: The compiler is told the languages of the tenant and what the platform can do, and checks these.
CHECKED_BY_COMPILER = frozenset({"action", "language"})


def check(scope: Scope) -> Iterator[Problem]:
    """Each name in each flow means something."""
    for (tenant, _), flow in scope.flows.items():
        if tenant not in scope.unreadable:
            for reference in flow.references():
                if reference.kind not in CHECKED_BY_COMPILER:
                    yield from _check(scope, tenant, reference)


def _check(scope: Scope, tenant: str, reference: Reference) -> Iterator[Problem]:
    kind = _KINDS[reference.kind]
    if reference.kind == "column" and (tenant, reference.name.partition(".")[0]) not in scope.tables:
        return  # that there is no such table is told already
    known = kind.known(scope, tenant)
    if reference.name not in known:
        expected = one_of(known) if known else f"one of {kind.where}, but there is none"
        message = f"there is no {kind.what} '{reference.name}'"
        yield reference.problem(message, expected=expected, hint=nearest(reference.name, known))


class _Kind(NamedTuple):
    """What such a thing is called, the names of all of them for a tenant's flow, and where they stand."""

    what: str
    known: Callable[[Scope, str], Collection[str]]
    where: str


def _section(name: str) -> Callable[[Scope, str], list[str]]:
    """The names in a section of the tenant; the platform's own flows have none of these things."""
    return lambda scope, tenant: scope.known("tenants", tenant, name) if tenant else []


def _skills(scope: Scope, tenant: str) -> list[str]:
    own = scope.known("tenants", tenant, "skills") if tenant else []
    return [*own, *(names.qualify(tenant, skill) for skill in own), *scope.known("skills")]


def _agents(scope: Scope, tenant: str) -> list[str]:
    """Numbers and names of the agents who serve the tenant, as its flows may have them."""
    found = [agent for agent in names.agents(scope.platform) if tenant in names.serves(agent[1], agent[2])]
    of_names = {word for name, _, _ in found for word in (name, name.removeprefix(f"{tenant}/"))}
    return [*(who.number for *_, who in found), *sorted(of_names)]


def _tables(scope: Scope, tenant: str) -> list[str]:
    return sorted(name for owner, name in scope.tables if owner == tenant)


def _columns(scope: Scope, tenant: str) -> list[str]:
    """The columns of all tables: `customers.tier`."""
    return [f"{name}.{column}" for name in _tables(scope, tenant) for column in scope.tables[tenant, name].columns]


_KINDS = {
    "agent": _Kind("agent", _agents, "the agents of the tenant, or those who serve it"),
    "column": _Kind("column", _columns, "the columns of the table"),
    "flow": _Kind("flow", lambda scope, tenant: scope.flows_of(tenant), "the folder flows"),
    "hours": _Kind("set of hours", _section("hours"), "the hours of the tenant"),
    "music": _Kind("music class", _section("music"), "the music of the tenant"),
    "number": _Kind("number", lambda scope, _tenant: [n for n, _, _ in names.numbers(scope.platform)], "all numbers"),
    "queue": _Kind("queue", _section("queues"), "the queues of the tenant"),
    "skill": _Kind("skill", _skills, "the skills of the tenant or the platform"),
    "sound": _Kind("sound file", lambda scope, tenant: scope.prompts(tenant), "the files in the folder prompts"),
    "system": _Kind("system", _section("systems"), "the systems of the tenant"),
    "table": _Kind("table", _tables, "the files in the folder tables"),
}
