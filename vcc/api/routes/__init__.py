"""The rows of the route table, one module per kind of thing.

A handler gets an `Ask`: the request as its row describes it, and the platform as the asker may see it (`ask.scope`),
command it (`ask.commands`) and look into its past (`ask.history`). It never holds the platform itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcc.api.routes import (
    agents,
    boards,
    callbacks,
    calls,
    conversations,
    desks,
    dispositions,
    events,
    flows,
    me,
    phones,
    platform,
    queues,
    recordings,
    records,
    shifts,
    surveys,
    tenants,
)

if TYPE_CHECKING:
    from vcc.api.routing import Route

#: Every route below /api/v1.
ROUTES: tuple[Route, ...] = (
    *me.ROUTES,
    *tenants.ROUTES,
    *queues.ROUTES,
    *agents.ROUTES,
    *phones.ROUTES,
    *calls.ROUTES,
    *callbacks.ROUTES,
    *records.ROUTES,
    *conversations.ROUTES,
    *dispositions.ROUTES,
    *recordings.ROUTES,
    *surveys.ROUTES,
    *shifts.ROUTES,
    *boards.ROUTES,
    *desks.ROUTES,
    *flows.ROUTES,
    *events.ROUTES,
    *platform.ROUTES,
)
