"""The live page of a tenant as data: once, or as a stream of snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcc.api import snapshots
from vcc.api.models_board import Board
from vcc.api.routing import VIEWERS, Ask, Route

if TYPE_CHECKING:
    from aiohttp import web


async def board(ask: Ask) -> Board:
    """Show the tenant's day."""
    tenant = ask.path["tenant"]
    return ask.boards.snapshot(ask.scope.of_tenant(tenant), tenant)


async def stream(ask: Ask) -> web.StreamResponse:
    """Send a snapshot at once, and another whenever it changed."""
    tenant = ask.path["tenant"]
    scope = ask.scope.of_tenant(tenant)
    boards = ask.boards
    return await snapshots.stream(ask, boards.snapshots, tenant, "board", lambda: boards.snapshot(scope, tenant))


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
