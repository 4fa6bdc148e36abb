"""Phones: where they are, whether they can be reached, who is signed in there."""

from __future__ import annotations

from vcc.api.models import Phone, Phones
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import VIEWERS, Ask, Route


async def phones(ask: Ask) -> Phones:
    """List the phones in reach."""
    within = ask.scope.narrowed(ask.query.tenant)
    return Phones(
        phones=tuple(
            Phone.model_validate(phone) for phone in ask.scope.phones() if within is None or phone.tenant in within
        )
    )


ROUTES = (
    Route(
        method="GET",
        path="/phones",
        name="listPhones",
        summary="The phones of the tenants in reach, for the platform all: registered, reachable, who is signed in.",
        roles=VIEWERS,
        handler=phones,
        query=OfTenant,
        answer=Phones,
        tag="phones",
    ),
)
