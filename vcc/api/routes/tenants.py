"""Tenants and their numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from tenancy.model import Texts  # noqa: TC001 - pydantic reads the annotation
from vcc.api.models import (
    WAITING,
    ClosedBy,
    Closure,
    Number,
    Numbers,
    Overflow,
    OverflowOn,
    Tenant,
    TenantDetail,
    Tenants,
    Use,
)
from vcc.api.routing import OWNERS, VIEWERS, Ask, Body, Query, Route

if TYPE_CHECKING:
    from tenancy.model import Tenant as ConfiguredTenant
    from vcc.api.scope import Scope


class OfTenant(Query):
    """What a list may be narrowed to."""

    tenant: str | None = Field(default=None, description="only what belongs to this tenant", max_length=100)


class Close(Body):
    """Whether the tenant is to be closed, or hours of it alone; why, and what callers hear meanwhile."""

    closed: bool
    hours: str = Field(default="", max_length=40, description="these hours alone; empty: the whole tenant")
    reason: str = Field(default="", max_length=200, description="for the record")
    say: Texts = Field(default={}, description="what callers hear, by language, in place of the tenant's own answer")


class Turn(Body):
    """Whether the overflow switch is to be on; of which queue, and why."""

    on: bool
    queue: str = Field(default="", max_length=40, description="of this queue alone (its short name); empty: of all")
    reason: str = Field(default="", max_length=200, description="for the record")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Uses:
    """What all tenants in a scope use now, counted in one pass."""

    calls: Counter[str]
    waiting: Counter[str]
    seats: Counter[str]

    def of(self, tenant: str) -> Use:
        return Use(calls=self.calls[tenant], waiting=self.waiting[tenant], seats=self.seats[tenant])


def _uses(scope: Scope) -> _Uses:
    calls = scope.calls()
    return _Uses(
        calls=Counter(call.tenant for call in calls),
        waiting=Counter(call.tenant for call in calls if call.state in WAITING),
        seats=Counter(tenant for agent in scope.agents() for tenant in agent.seated),
    )


def _tenant(scope: Scope, tenant: ConfiguredTenant, uses: _Uses) -> Tenant:
    return Tenant(
        id=tenant.id,
        name=tenant.name,
        languages=tenant.languages,
        time_zone=tenant.time_zone,
        numbers=tuple(sorted(tenant.numbers)),
        quotas=tenant.quotas,
        seats=scope.seats(tenant.id),
        use=uses.of(tenant.id),
        closed=scope.is_closed(tenant.id),
    )


async def tenants(ask: Ask) -> Tenants:
    """List the tenants in reach."""
    uses = _uses(ask.scope)
    return Tenants(tenants=tuple(_tenant(ask.scope, tenant, uses) for tenant in ask.scope.tenants()))


async def tenant(ask: Ask) -> TenantDetail:
    """Describe one tenant."""
    found = ask.scope.tenant(ask.path["tenant"])
    return TenantDetail(
        **dict(_tenant(ask.scope, found, _uses(ask.scope))),
        projects=found.projects,
        queues=tuple(queue.queue for queue in ask.scope.queues() if queue.tenant == found.id),
        skills=found.skills,
        dispositions=found.dispositions,
        closures=tuple(
            ClosedBy(hours=shut.hours, by=shut.by, at=shut.at, reason=shut.reason, say=shut.say)
            for shut in ask.scope.closures(found.id)
        ),
        overflow=tuple(
            OverflowOn(queue=switch.queue, by=switch.by, at=switch.at, reason=switch.reason)
            for switch in ask.scope.overflow_switches(found.id)
        ),
        agents=tuple(agent.agent for agent in ask.scope.agents() if found.id in {agent.tenant, *agent.serves}),
    )


async def numbers(ask: Ask) -> Numbers:
    """List the numbers of the tenants in reach."""
    within = ask.scope.narrowed(ask.query.tenant)
    found = [
        Number(number=digits, tenant=tenant.id, project=number.project, flow=number.flow)
        for tenant in ask.scope.tenants()
        if within is None or tenant.id in within
        for digits, number in tenant.numbers.items()
    ]
    return Numbers(numbers=tuple(sorted(found, key=lambda number: number.number)))


async def closure(ask: Ask) -> Closure:
    """Close a tenant, or end the closure."""
    tenant_id = ask.path["tenant"]
    body = ask.body
    ask.commands.close_hours(tenant_id, closed=body.closed, hours=body.hours, reason=body.reason, say=body.say)
    return Closure(tenant=tenant_id, closed=body.closed, hours=body.hours, reason=body.reason)


async def overflow(ask: Ask) -> Overflow:
    """Turn the overflow switch of a tenant or a queue."""
    tenant_id, body = ask.path["tenant"], ask.body
    ask.commands.turn_overflow(tenant_id, on=body.on, queue=body.queue, reason=body.reason)
    return Overflow(tenant=tenant_id, on=body.on, queue=body.queue, reason=body.reason)


ROUTES = (
    Route(
        method="GET",
        path="/tenants",
        name="listTenants",
        summary="The tenants in reach, with their quotas and how much of them is used now.",
        roles=VIEWERS,
        handler=tenants,
        answer=Tenants,
        tag="tenants",
    ),
    Route(
        method="GET",
        path="/tenants/{tenant}",
        name="getTenant",
        summary="One tenant with its projects, queues, skills and agents.",
        roles=VIEWERS,
        handler=tenant,
        answer=TenantDetail,
        tag="tenants",
    ),
    Route(
        method="POST",
        path="/tenants/{tenant}/closure",
        name="setClosure",
        summary="Close a tenant at once whatever its hours say, or end that; survives a restart.",
        roles=OWNERS,
        handler=closure,
        body=Close,
        answer=Closure,
        tag="tenants",
    ),
    Route(
        method="POST",
        path="/tenants/{tenant}/overflow",
        name="setOverflow",
        summary="Turn the overflow switch of a tenant, or of one of its queues, whose `overflow` says what happens "
        "then; survives a restart.",
        roles=VIEWERS,
        handler=overflow,
        body=Turn,
        answer=Overflow,
        tag="tenants",
    ),
    Route(
        method="GET",
        path="/numbers",
        name="listNumbers",
        summary="The numbers of the tenants in reach, and what each leads to.",
        roles=VIEWERS,
        handler=numbers,
        query=OfTenant,
        answer=Numbers,
        tag="tenants",
    ),
)
