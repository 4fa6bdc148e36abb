"""Queues that no agent can serve: who waits there waits for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import one_of
from tenancy import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """For each queue there is an agent who serves its tenant and has all its skills, each well enough."""
    platform = scope.platform
    agents = {
        name: (names.serves(owner, agent), names.agent_skills(platform, owner, agent))
        for name, owner, agent in names.agents(platform)
    }
    for name, tenant, queue in names.queues(platform):
        serving = {agent: skills for agent, (serves, skills) in agents.items() if tenant.id in serves}
        wanted = names.queue_skills(platform, tenant, queue)
        if any(_able(skills, wanted) for skills in serving.values()):
            continue
        path = ("tenants", tenant.id, "queues", names.split(name)[1])
        message = f"no agent can serve the queue '{path[-1]}'"
        expected = _lack(wanted, serving) if serving else f"an agent who serves {tenant.id}"
        yield scope.document.problem(path, message, expected=expected, key=True)


def _able(skills: Mapping[str, int], wanted: Mapping[str, int]) -> bool:
    return all(skills.get(skill, 0) >= level for skill, level in wanted.items())


def _lack(wanted: Mapping[str, int], serving: Mapping[str, Mapping[str, int]]) -> str:
    """What would do: the skills that no agent has well enough, or all of them in one person."""
    short = []
    for skill, level in wanted.items():
        best = max(skills.get(skill, 0) for skills in serving.values())
        if best < level:
            short.append(f"{skill} at {level} (the best has {best})" if best else f"{skill} at {level}")
    if short:
        return f"an agent with {' and '.join(short)}"
    return f"one agent with {' and '.join(wanted)} together; {one_of(serving)}"
