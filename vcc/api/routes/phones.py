"""Phones: where they are, whether they can be reached, who is signed in there."""

from __future__ import annotations

from pydantic import Field

from vcc.api.models import Phone, Phones
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import VIEWERS, Ask, Route


class PhoneFilter(OfTenant):
    """Which phones."""

    to_ring: bool = Field(
        default=False, description="those that a supervisor may have rung now: also the platform's, reachable ones only"
    )


async def phones(ask: Ask) -> Phones:
    """List the phones in reach."""
    within = ask.scope.narrowed(ask.query.tenant)
    found = ask.scope.phones_to_ring() if ask.query.to_ring else ask.scope.phones()
    shared = {""} if ask.query.to_ring else set()
    return Phones(
        phones=tuple(Phone.model_validate(one) for one in found if within is None or one.tenant in within | shared)
    )


ROUTES = (
    Route(
        method="GET",
        path="/phones",
        name="listPhones",
        summary="The phones of the tenants in reach, for the platform all: registered, reachable, who is signed in.",
        roles=VIEWERS,
        handler=phones,
        query=PhoneFilter,
        answer=Phones,
        tag="phones",
    ),
)
