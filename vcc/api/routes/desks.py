"""An agent's own page as data: no name in the path, it is always the asking agent's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotFoundError
from tenancy.secrets import Role
from vcc.api import snapshots
from vcc.api.models_desk import Desk, DeskColleague, DeskPhone, DeskPhones, DeskQueue, DeskTargets
from vcc.api.routing import Ask, Route

if TYPE_CHECKING:
    from aiohttp import web

AGENTS = frozenset({Role.AGENT})


async def desk(ask: Ask) -> Desk:
    """Show the agent's page."""
    return ask.desks.snapshot(ask.scope)


async def stream(ask: Ask) -> web.StreamResponse:
    """Send a snapshot at once, and another whenever it changed."""
    desks, scope, agent = ask.desks, ask.scope, ask.principal.agent
    try:
        return await snapshots.stream(ask, desks.snapshots, agent, "desk", lambda: desks.snapshot(scope))
    finally:
        desks.left(agent)


async def targets(ask: Ask) -> DeskTargets:
    """List to whom the agent's caller may be sent."""
    own = ask.scope.own.agent()
    call = ask.scope.own.conversation(own)
    tenant = ask.scope.own.tenants(own).get(call.tenant) if call else None
    if tenant is None:
        raise NotFoundError("You are in no conversation.")
    return DeskTargets(
        agents=tuple(DeskColleague.model_validate(agent) for agent in ask.scope.own.colleagues(tenant.id)),
        queues=tuple(DeskQueue(queue=f"{tenant.id}/{name}", name=queue.name) for name, queue in tenant.queues.items()),
    )


async def phones(ask: Ask) -> DeskPhones:
    """List the phones on which the agent could sign in."""
    found = ask.scope.own.phones(ask.scope.own.agent())
    return DeskPhones(phones=tuple(DeskPhone.model_validate(phone) for phone in found))


ROUTES = (
    Route(
        method="GET",
        path="/desk",
        name="getDesk",
        summary="What the asking agent's own page shows: its state, its call, what may be said of it.",
        roles=AGENTS,
        handler=desk,
        answer=Desk,
        tag="desk",
    ),
    Route(
        method="GET",
        path="/desk/events",
        name="streamDesk",
        summary="The same as server-sent events: 'desk' at once and whenever it changed, 'end' when access ends.",
        roles=AGENTS,
        handler=stream,
        tag="desk",
    ),
    Route(
        method="GET",
        path="/desk/targets",
        name="listDeskTargets",
        summary="Whom the asking agent could consult, or send its caller to, now.",
        roles=AGENTS,
        handler=targets,
        answer=DeskTargets,
        tag="desk",
    ),
    Route(
        method="GET",
        path="/desk/phones",
        name="listDeskPhones",
        summary="The phones on which the asking agent could sign in now.",
        roles=AGENTS,
        handler=phones,
        answer=DeskPhones,
        tag="desk",
    ),
)
