"""Agents: their states, and the command that changes one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from vcc.api.models import Agent, Agents
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import ANYONE, Ask, Body, Route

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
)
