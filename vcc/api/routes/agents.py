"""Agents: their states, and the command that changes one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from vcc.api.models import Agent, AgentQueue, Agents, AgentSkill, Assigned, Assignments
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import ANYONE, VIEWERS, Ask, Body, NoBody, Route, Time

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class Wish(StrEnum):
    """What an agent can want."""

    READY = "ready"
    NOT_READY = "not_ready"
    SIGNED_OUT = "signed_out"


class NewState(Body):
    """What the agent wants from now on; chosen during a call, `not_ready` takes effect when it ends."""

    wish: Annotated[Wish, Field(strict=False)]
    reason: Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field(
        default="", description="why not ready, such as meal; only with not_ready"
    )
    phone: Word | None = Field(default=None, description="the phone to sign in on; needed by who is signed out")

    @model_validator(mode="after")
    def _reason_belongs_to_not_ready(self) -> Self:
        if self.reason and self.wish is not Wish.NOT_READY:
            raise ValueError("a reason is given with the wish not_ready only")
        return self


class _Moved(Body):
    until: Time | None = Field(default=None, description="POSIX seconds; null: until it is taken back", gt=0)
    shift: bool = Field(default=False, description="until the end of the shift that the agent has now")
    reason: str = Field(default="", max_length=200, description="for the record")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.shift and self.until is not None:
            raise ValueError("until a time, or until the end of the shift, not both")
        return self


class QueueMove(_Moved):
    """Whether the agent shall take contacts of the queue, whatever it asks for; until when, and why."""

    queue: str = Field(max_length=100, description="as tenant/queue")
    on: bool | None = Field(description="null: as configured again")


class SkillLevel(_Moved):
    """How well the agent shall count as having the skill; until when, and why."""

    skill: str = Field(max_length=100, description="as in the files of the agent's tenant, or tenant/skill")
    level: int | None = Field(ge=0, le=10, description="0: not at all; null: as configured again")


async def work(ask: Ask) -> Assignments:
    """Show what an agent takes and can do."""
    found = ask.scope.agent(ask.path["agent"])
    said = {one.queue or f"skill {one.skill}": Assigned.model_validate(one) for one in found.assigned}
    return Assignments(
        agent=found.agent,
        queues=tuple(
            AgentQueue(
                queue=queue.queue,
                name=queue.name,
                takes=ask.scope.takes(found, queue.queue),
                assigned=said.get(queue.queue),
            )
            for queue in ask.scope.queues()
            if queue.tenant in found.serves
        ),
        skills=tuple(
            AgentSkill(skill=skill, name=name, level=found.skills.get(skill, 0), assigned=said.get(f"skill {skill}"))
            for skill, name in sorted(ask.scope.skills_for(found).items())
        ),
    )


async def assign_queue(ask: Ask) -> Agent:
    """Put an agent on a queue, or take the agent off it."""
    name, body = ask.path["agent"], ask.body
    ask.commands.assign_queue(name, body.queue, on=body.on, until=body.until, shift=body.shift, reason=body.reason)
    return Agent.model_validate(ask.scope.agent(name))


async def assign_skill(ask: Ask) -> Agent:
    """Say how well an agent has a skill."""
    name, body = ask.path["agent"], ask.body
    ask.commands.assign_skill(
        name, body.skill, level=body.level, until=body.until, shift=body.shift, reason=body.reason
    )
    return Agent.model_validate(ask.scope.agent(name))


async def agents(ask: Ask) -> Agents:
    """List the agents in reach."""
    tenant = ask.query.tenant
    if tenant is not None:
        ask.scope.tenant(tenant)
    return Agents(
        agents=tuple(
            Agent.model_validate(agent)
            for agent in ask.scope.agents()
            if tenant is None or tenant in {agent.tenant, *agent.serves}
        )
    )


async def agent(ask: Ask) -> Agent:
    """Show one agent."""
    return Agent.model_validate(ask.scope.agent(ask.path["agent"]))


async def set_state(ask: Ask) -> Agent:
    """Change what an agent wants."""
    name = ask.path["agent"]
    ask.commands.set_agent(name, ask.body.wish, reason=ask.body.reason, phone=ask.body.phone or "")
    return Agent.model_validate(ask.scope.agent(name))


async def extend(ask: Ask) -> Agent:
    """Give an agent in wrap-up more time."""
    name = ask.path["agent"]
    ask.commands.extend_wrap_up(name)
    return Agent.model_validate(ask.scope.agent(name))


ROUTES = (
    Route(
        method="GET",
        path="/agents",
        name="listAgents",
        summary="The agents of the tenants in reach, those leased to them included; an agent sees itself.",
        roles=ANYONE,
        handler=agents,
        query=OfTenant,
        answer=Agents,
        tag="agents",
    ),
    Route(
        method="GET",
        path="/agents/{agent}",
        name="getAgent",
        summary="One agent. A tenant's own agent is named tenant/agent.",
        roles=ANYONE,
        handler=agent,
        answer=Agent,
        tag="agents",
    ),
    Route(
        method="POST",
        path="/agents/{agent}/state",
        name="setAgentState",
        summary="Make an agent ready, not ready or signed out; a leased agent by the platform or itself only.",
        roles=ANYONE,
        handler=set_state,
        body=NewState,
        answer=Agent,
        tag="agents",
    ),
    Route(
        method="GET",
        path="/assignments/{agent}",
        name="getAssignments",
        summary="Which queues an agent takes contacts of, and its skills, with what supervisors have said of them.",
        roles=VIEWERS,
        handler=work,
        answer=Assignments,
        tag="agents",
    ),
    Route(
        method="POST",
        path="/agents/{agent}/queues",
        name="assignQueue",
        summary="Put an agent on a queue or take the agent off it at once, until a time, the end of the shift, or "
        "until it is taken back; leased agents too. Talks go on.",
        roles=VIEWERS,
        handler=assign_queue,
        body=QueueMove,
        answer=Agent,
        tag="agents",
    ),
    Route(
        method="POST",
        path="/agents/{agent}/skills",
        name="assignSkill",
        summary="Say at once how well an agent has a skill, by the same rules; of leased agents the tenant's own "
        "skills only.",
        roles=VIEWERS,
        handler=assign_skill,
        body=SkillLevel,
        answer=Agent,
        tag="agents",
    ),
    Route(
        method="POST",
        path="/agents/{agent}/wrap-up",
        name="extendWrapUp",
        summary="Give an agent in wrap-up the more time that the queue allows, once; ready ends it.",
        roles=ANYONE,
        handler=extend,
        body=NoBody,
        answer=Agent,
        tag="agents",
    ),
)
