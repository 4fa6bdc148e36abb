"""Queues: who waits, who could answer."""

from __future__ import annotations

from vcc.api.models import Queue, Queues
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import VIEWERS, Ask, Route


async def queues(ask: Ask) -> Queues:
    """List the queues in reach."""
    within = ask.scope.narrowed(ask.query.tenant)
    return Queues(
        queues=tuple(
            Queue.model_validate(queue) for queue in ask.scope.queues() if within is None or queue.tenant in within
        )
    )


ROUTES = (
    Route(
        method="GET",
        path="/queues",
        name="listQueues",
        summary="The queues of the tenants in reach: who waits, who could answer.",
        roles=VIEWERS,
        handler=queues,
        query=OfTenant,
        answer=Queues,
        tag="queues",
    ),
)
