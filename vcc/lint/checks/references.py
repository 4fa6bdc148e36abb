"""What a flow names exists: queues, hours, numbers, skills, sound files, music."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.words import nearest, one_of
from tenancy import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    known = kind.known(scope, tenant)
    if reference.name not in known:
        expected = one_of(known) if known else f"one of {kind.where}, but there is none"
        message = f"there is no {kind.what} '{reference.name}'"
        yield reference.problem(message, expected=expected, hint=nearest(reference.name, known))


class _Kind(NamedTuple):
    """What such a thing is called, the names of all of them for a tenant's flow, and where they stand."""

    what: str
    known: Callable[[Scope, str], list[str]]
    where: str


def _section(name: str) -> Callable[[Scope, str], list[str]]:
    """The names in a section of the tenant; the platform's own flows have none of these things."""
    return lambda scope, tenant: scope.known("tenants", tenant, name) if tenant else []


def _skills(scope: Scope, tenant: str) -> list[str]:
    own = scope.known("tenants", tenant, "skills") if tenant else []
    return [*own, *(names.qualify(tenant, skill) for skill in own), *scope.known("skills")]


_KINDS = {
    "hours": _Kind("set of hours", _section("hours"), "the hours of the tenant"),
    "music": _Kind("music class", _section("music"), "the music of the tenant"),
    "number": _Kind("number", lambda scope, _tenant: [n for n, _, _ in names.numbers(scope.platform)], "all numbers"),
    "queue": _Kind("queue", _section("queues"), "the queues of the tenant"),
    "skill": _Kind("skill", _skills, "the skills of the tenant or the platform"),
    "sound": _Kind("sound file", lambda scope, tenant: scope.prompts(tenant), "the files in the folder prompts"),
}
