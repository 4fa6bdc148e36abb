"""Tenants and their numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from vcc.api.models import WAITING, Closure, Number, Numbers, Tenant, TenantDetail, Tenants, Use
from vcc.api.routing import OWNERS, VIEWERS, Ask, Body, Query, Route

if TYPE_CHECKING:
    from tenancy.model import Tenant as ConfiguredTenant
    from vcc.api.scope import Scope


class OfTenant(Query):
    """What a list may be narrowed to."""

    tenant: str | None = Field(default=None, description="only what belongs to this tenant", max_length=100)


class Close(Body):
    """Whether the tenant is to be closed."""

    closed: bool


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
    ask.commands.close_hours(tenant_id, closed=ask.body.closed)
    return Closure(tenant=tenant_id, closed=ask.body.closed)


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
