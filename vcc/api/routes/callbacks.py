"""Callers who are to be called back: who, when; and to call one of them back no more."""

from __future__ import annotations

from vcc.api.models import Done, OpenCallback, OpenCallbacks
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import VIEWERS, Ask, NoBody, Route


async def callbacks(ask: Ask) -> OpenCallbacks:
    """List the open callbacks."""
    within = ask.scope.narrowed(ask.query.tenant)
    return OpenCallbacks(
        callbacks=tuple(
            OpenCallback.model_validate(one) for one in ask.scope.callbacks() if within is None or one.tenant in within
        )
    )


async def cancel(ask: Ask) -> Done:
    """Cancel one."""
    ask.commands.cancel_callback(ask.path["callback"])
    return Done()


ROUTES = (
    Route(
        method="GET",
        path="/callbacks",
        name="listCallbacks",
        summary="Who is to be called back by the tenants in reach, in the order in which they asked.",
        roles=VIEWERS,
        handler=callbacks,
        query=OfTenant,
        answer=OpenCallbacks,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/callbacks/{callback}/cancel",
        name="cancelCallback",
        summary="Call somebody back no more: an attempt under way ends, a conversation goes on.",
        roles=VIEWERS,
        handler=cancel,
        body=NoBody,
        answer=Done,
        tag="calls",
    ),
)
