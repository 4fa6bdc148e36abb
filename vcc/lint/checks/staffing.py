"""Queues that no agent can serve: who waits there waits for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words import one_of
from tenancy import names
from vcc.calls.routing_rules import routing_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.errors import Problem
    from tenancy.model import Agent, Platform
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """For each queue there is an agent who serves its tenant and has all its skills, each well enough."""
    platform = scope.platform
    agents = {
        name: (names.serves(owner, agent), _ever(platform, owner, agent))
        for name, owner, agent in names.agents(platform)
    }
    rules = routing_rules(platform)
    for name, tenant, queue in names.queues(platform):
        serving = {agent: skills for agent, (serves, skills) in agents.items() if tenant.id in serves}
        wanted = names.queue_skills(platform, tenant, queue)
        path = ("tenants", tenant.id, "queues", names.split(name)[1])
        message = f"no agent can serve the queue '{path[-1]}'"
        if fit := [skills for skills in serving.values() if able(skills, wanted)]:
            condition = rules.queues[name].condition
            if condition is not None and not any(condition.met_by(skills) for skills in fit):
                expected = f"an agent for whom this is true: {queue.requires}"
                yield scope.document.problem((*path, "requires"), message, expected=expected)
            continue
        expected = lack(wanted, serving) if serving else f"an agent who serves {tenant.id}"
        yield scope.document.problem(path, message, expected=expected, key=True)


def _ever(platform: Platform, owner: str, agent: Agent) -> dict[str, int]:
    """An agent's skills, with those that are for a time."""
    skills = names.agent_skills(platform, owner, agent)
    for training in agent.trained:
        key = names.skill_key(platform, owner, training.skill)
        skills[key] = max(skills.get(key, 0), training.level)
    return skills


def able(skills: Mapping[str, int], wanted: Mapping[str, int]) -> bool:
    """Whether somebody has all of these, each well enough."""
    return all(skills.get(skill, 0) >= level for skill, level in wanted.items())


def lack(wanted: Mapping[str, int], serving: Mapping[str, Mapping[str, int]]) -> str:
    """What would do: the skills that no agent has well enough, or all of them in one person."""
    short = []
    for skill, level in wanted.items():
        best = max(skills.get(skill, 0) for skills in serving.values())
        if best < level:
            short.append(f"{skill} at {level} (the best has {best})" if best else f"{skill} at {level}")
    if short:
        return f"an agent with {' and '.join(short)}"
    return f"one agent with {' and '.join(wanted)} together; {one_of(serving)}"
