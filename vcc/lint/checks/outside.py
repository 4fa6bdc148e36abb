"""Calls to numbers outside that could never be made, though nothing in their settings is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from tenancy.model import Trunk
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each mobile seat has a way out, each ceiling has prices, each trunk that leads out can be used."""
    platform, document = scope.platform, scope.document
    out = {name: trunk for name, trunk in platform.trunks.items() if trunk.outgoing is not None}
    if out and platform.outside.country_code is None:
        place: Path = ("trunks", next(iter(out)), "outgoing")
        message = "nothing is dialled here, for it is not known in which country"
        yield document.problem(place, message, expected="outside: {country_code: …}", key=True)
    for name, phone in platform.phones.items():
        if phone.outside is not None and not any(trunk.node == phone.node for trunk in out.values()):
            message = f"no calls go out on the node '{phone.node}'"
            yield document.problem(
                ("phones", name, "outside"), message, expected="a trunk there with outgoing", key=True
            )
    yield from _ceilings(scope, list(out.values()))


def _ceilings(scope: Scope, out: list[Trunk]) -> Iterator[Problem]:
    """Under a ceiling nothing without a price is dialled."""
    if any(trunk.outgoing.rates for trunk in out if trunk.outgoing):
        return
    platform = scope.platform
    places: list[Path] = [("outside", "cost_per_day")] if platform.outside.cost_per_day is not None else []
    places += [
        ("tenants", tenant.id, "outside", "cost_per_day")
        for tenant in platform.tenants.values()
        if tenant.outside.cost_per_day is not None
    ]
    for place in places if out else ():
        message = "under a ceiling only numbers with a rate are dialled, and no trunk has rates"
        yield scope.document.problem(place, message, expected="outgoing: {rates: …} at a trunk", key=True)
