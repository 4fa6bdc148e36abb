"""Who asks."""

from __future__ import annotations

from vcc.api.access import CSRF_HEADER
from vcc.api.models import Me
from vcc.api.routing import ANYONE, Ask, Route


async def me(ask: Ask) -> Me:
    """Tell the asker's role and reach."""
    reach = ask.scope.reach
    return Me(
        name=ask.principal.name,
        role=ask.principal.role,
        tenants=None if reach is None else tuple(sorted(reach)),
        agent=ask.principal.agent,
        csrf=ask.csrf,
    )


ROUTES = (
    Route(
        method="GET",
        path="/me",
        name="getMe",
        summary=f"Who asks: role, tenants in reach; for a session's cookie also what to send as {CSRF_HEADER}.",
        roles=ANYONE,
        handler=me,
        answer=Me,
        tag="access",
    ),
)
