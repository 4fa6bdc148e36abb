"""What a flow asks for in a queue besides the queue's own skills, and no agent has: who waits so waits for ever."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tenancy import names
from vcc.lint.checks.staffing import able, lack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from ivr_flows.flow import Flow, Reference
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Every step that names a queue and skills, against the agents who serve that queue."""
    for (tenant, _), flow in scope.flows.items():
        if tenant:
            for queue, skills in _asked(flow):
                yield from _against(scope, tenant, queue, skills)


def _asked(flow: Flow) -> Iterator[tuple[Reference, list[tuple[Reference, int]]]]:
    """Each queue with the skills that the same step names, and their levels as written."""
    queues: dict[str, Reference] = {}
    skills: dict[str, list[tuple[Reference, int]]] = defaultdict(list)
    for reference in flow.references():
        if reference.kind == "queue":
            queues[reference.step] = reference
        elif reference.kind == "skill" and isinstance(level := flow.document.value(reference.path), int):
            skills[reference.step].append((reference, level))
    for step, asked in skills.items():
        if step in queues:
            yield queues[step], asked


def _against(scope: Scope, tenant: str, asked: Reference, skills: list[tuple[Reference, int]]) -> Iterator[Problem]:
    platform, owner = scope.platform, scope.platform.tenants[tenant]
    wanted = names.queue_skills(platform, owner, owner.queues[names.split(asked.name)[1]])
    for skill, level in skills:
        key = names.skill_key(platform, tenant, skill.name)
        wanted[key] = max(level, wanted.get(key, 0))
    serving = {
        name: names.agent_skills(platform, home, agent)
        for name, home, agent in names.agents(platform)
        if tenant in names.serves(home, agent)
    }
    if not any(able(agent, wanted) for agent in serving.values()):
        message = f"no agent can serve the queue '{asked.name}' with what is asked for here"
        yield skills[0][0].problem(message, expected=lack(wanted, serving))
