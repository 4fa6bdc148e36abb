"""The live page of a tenant as data: once, or as a stream of snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotFoundError
from vcc.api.models_board import Board
from vcc.api.routing import VIEWERS, Ask, Route, json_text
from vcc.api.sse import EventStream, frame

if TYPE_CHECKING:
    from aiohttp import web

    from vcc.api.scope import Scope


async def board(ask: Ask) -> Board:
    """Show the tenant's day."""
    tenant = ask.path["tenant"]
    return ask.boards.snapshot(ask.scope.of_tenant(tenant), tenant)


async def stream(ask: Ask) -> web.StreamResponse:
    """Send a snapshot at once, and another whenever it changed."""
    tenant = ask.path["tenant"]
    scope = ask.scope.of_tenant(tenant)
    with ask.boards.watch(tenant):
        async with EventStream(ask.request) as events:
            why = await _show(ask, events, scope, tenant)
            await events.send(frame("end", json_text({"why": why})))
        return events.response


async def _show(ask: Ask, events: EventStream, scope: Scope, tenant: str) -> str:
    """Send snapshots until there is a reason to end, which is returned."""
    shown = ""
    while not ask.boards.closing:
        if not ask.still_allowed():
            return "no_access"
        try:
            shown = await ask.boards.next(scope, tenant, shown)
        except NotFoundError:  # the tenant is no longer in the configuration
            return "no_access"
        await events.send(frame("board", shown))
    return "closing"


ROUTES = (
    Route(
        method="GET",
        path="/tenants/{tenant}/board",
        name="getBoard",
        summary="What the tenant's live page shows now: the day's figures, agents on duty, calls going on.",
        roles=VIEWERS,
        handler=board,
        answer=Board,
        tag="boards",
    ),
    Route(
        method="GET",
        path="/tenants/{tenant}/board/events",
        name="streamBoard",
        summary="The same as server-sent events: 'board' at once and whenever it changed, 'end' when access ends.",
        roles=VIEWERS,
        handler=stream,
        tag="boards",
    ),
)
