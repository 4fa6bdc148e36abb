"""From a scenario to the platform that it describes, and to what the router has to know of it.

The way is the one of a real configuration: a `Platform`, and from it the rules, by the same code. So a key that the
router learns to obey can be used in a scenario without a change here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.errors import ConfigurationError
from core.validate import in_order
from core.words import nearest, one_of, quoted
from tenancy import names
from tenancy.model import Agent, Platform, Project, ProjectKind, Queue, Quotas, SimulatedNode, Tenant
from vcc.calls.directory import Directory
from vcc.planning.scenario import CENTRE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from acd.protocol import Rules
    from core.document import Document
    from core.errors import Problem
    from vcc.planning.scenario import Scenario, ScenarioQueue

_TEXT = {"en": "scenario"}


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What the floor is built of. `agents`: of each group by name, in the order in which they come and go.

    `queues`: the platform-wide queue of each call type, `skills`: what it asks for besides. `serves`: of each agent.
    """

    platform: Platform
    rules: Rules
    agents: Mapping[str, tuple[str, ...]]
    serves: Mapping[str, tuple[str, ...]]
    queues: Mapping[str, str]
    skills: Mapping[str, Mapping[str, int]]


def build(scenario: Scenario, document: Document, configured: Platform | None = None) -> World:
    """The world of a scenario that was written; `configured`: the platform that its `config` names. Raises
    ConfigurationError with whatever the scenario names and does not exist.
    """
    base = configured or _own_platform(scenario)
    problems = list(_problems(scenario, document, base))
    if problems:
        raise ConfigurationError(in_order(problems))
    return of(scenario, base)


def of(scenario: Scenario, base: Platform | None = None) -> World:
    """The world of a scenario in which all that is named exists; `base`: as in `build`, its own if it is not given."""
    base = base or _own_platform(scenario)
    tenants = tuple(base.tenants)
    members = {group: _members(group, _most(of.agents)) for group, of in scenario.groups.items()}
    leased = {
        key: Agent(**{field: getattr(of, field) for field in Agent.model_fields} | {"serves": of.serves or tenants})
        for group, of in scenario.groups.items()
        for key in members[group]
    }
    platform = base.model_copy(update={"agents": leased, "tenants": {k: _alone(t) for k, t in base.tenants.items()}})
    directory = Directory(platform)
    calls = {name: (_full(platform, call.queue), call) for name, call in scenario.calls.items()}
    return World(
        platform=platform,
        rules=directory.rules,
        agents=members,
        serves={key: directory.serves(key) for key in leased},
        queues={name: queue for name, (queue, _) in calls.items()},
        skills={
            name: names.skill_keys(platform, names.split(queue)[0], call.skills)
            for name, (queue, call) in calls.items()
        },
    )


def _alone(tenant: Tenant) -> Tenant:
    """A tenant without agents of its own: those of the groups are all there are."""
    return tenant.model_copy(update={"agents": {}})


def _most(agents: int | tuple[int, ...]) -> int:
    return agents if isinstance(agents, int) else max(agents)


def _members(group: str, count: int) -> tuple[str, ...]:
    width = len(str(count))
    return tuple(f"{group}-{number:0{width}}" for number in range(1, count + 1))


def _own_platform(scenario: Scenario) -> Platform:
    """A platform of nothing but the scenario's tenants; whatever skill somebody speaks of exists."""
    tenants = {name: (tenant.queues, tenant.quotas) for name, tenant in scenario.tenants.items()} or {
        CENTRE: (scenario.queues, Quotas())
    }
    asked = [skill for queues, _ in tenants.values() for queue in queues.values() for skill in queue.skills]
    asked += [skill for call in scenario.calls.values() for skill in call.skills]
    asked += [skill for group in scenario.groups.values() for skill in group.skills]
    return Platform(
        name=_TEXT,
        nodes={"simulated": SimulatedNode(kind="simulated")},
        skills={skill: _TEXT for skill in asked if "/" not in skill},
        tenants={name: _tenant(name, queues, quotas, asked) for name, (queues, quotas) in tenants.items()},
    )


def _tenant(name: str, queues: Mapping[str, ScenarioQueue], quotas: Quotas, asked: Iterable[str]) -> Tenant:
    return Tenant(
        id=name,
        name=_TEXT,
        projects={"all": Project(name=_TEXT, kind=ProjectKind.STAFFED, starts=date(2000, 1, 1))},
        queues={key: Queue(**{f: getattr(queue, f) for f in Queue.model_fields}) for key, queue in queues.items()},
        skills={names.split(skill)[1]: _TEXT for skill in asked if names.split(skill)[0] == name},
        quotas=quotas,
    )


def _full(platform: Platform, queue: str) -> str:
    """The platform-wide name of a queue: a short one is the only tenant's that has it."""
    known = [key for key, _, _ in names.queues(platform) if queue in (key, names.split(key)[1])]
    return known[0] if len(known) == 1 else queue


def _problems(scenario: Scenario, document: Document, base: Platform) -> Iterator[Problem]:
    known = {key for key, _, _ in names.queues(base)}
    for name, call in scenario.calls.items():
        if (queue := _full(base, call.queue)) not in known:
            message = f"there is no one queue {quoted(call.queue)}"
            short = {names.split(key)[1] for key in known}
            yield document.problem(
                ("calls", name, "queue"), message, expected=one_of(known), hint=nearest(call.queue, known | short)
            )
        for skill in call.skills:
            if names.find_skill(base, names.split(queue)[0], skill) is None:
                yield _no_skill(document, ("calls", name, "skills", skill), base)
    for name, group in scenario.groups.items():
        for index, tenant in enumerate(group.serves):
            if tenant not in base.tenants:
                path, message = ("groups", name, "serves", index), f"there is no tenant {quoted(tenant)}"
                yield document.problem(path, message, expected=one_of(base.tenants), hint=nearest(tenant, base.tenants))
        for skill in group.skills:
            if names.find_skill(base, "", skill) is None:
                yield _no_skill(document, ("groups", name, "skills", skill), base)


def _no_skill(document: Document, path: tuple[str, ...], base: Platform) -> Problem:
    known = [*base.skills, *(f"{tenant.id}/{skill}" for tenant in base.tenants.values() for skill in tenant.skills)]
    message = f"there is no skill {quoted(path[-1])}"
    return document.problem(path, message, expected=one_of(known), hint=nearest(path[-1], known), key=True)
