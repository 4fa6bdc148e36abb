"""Rungs of a queue's ladder that can never be met, or that change nothing: who waits gains nothing by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy import names
from vcc.calls.routing_rules import routing_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acd.protocol import AgentRules, QueueRules
    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each rung lets in an agent who was not able before, or raises the priority; dates of skills do not count."""
    rules = routing_rules(scope.platform)
    for queue in rules.queues.values():
        tenant, name = names.split(queue.queue)
        for index, rung in enumerate(queue.ladder):
            before, able = (_able(queue, taken, rules.agents) for taken in (index, index + 1))
            path = ("tenants", tenant, "queues", name, "ladder", index)
            if not able:
                message = f"from {rung.after_s:g} s on no agent can serve the queue '{name}'"
                yield scope.document.problem(path, message, expected="what some agent has")
            elif not able - before and not rung.raises:
                message = f"after {rung.after_s:g} s nobody more can serve the queue '{name}' than before"
                yield scope.document.problem(path, message, expected="a rung that lets somebody in, or raises")


def _able(queue: QueueRules, rung: int, agents: dict[str, AgentRules]) -> set[str]:
    return {
        name
        for name, agent in agents.items()
        if any(way.met_by(agent.serves, _ever(agent)) for way in queue.ways(rung))
    }


def _ever(agent: AgentRules) -> dict[str, int]:
    """The best level that an agent has of each skill, at one time or another."""
    skills = dict(agent.skills)
    for dated in agent.dated:
        skills[dated.skill] = max(skills.get(dated.skill, 0), dated.level)
    return skills
