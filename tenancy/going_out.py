"""Mistakes about calls to numbers outside that no single value shows: trunks, tenants, the country."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tenancy.numbers import region_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from core.document import Path
    from core.errors import Problem
    from tenancy.checks import Scope
    from tenancy.model import Trunk


def calls_come_from(name: str, trunk: Trunk) -> Iterator[tuple[Path, str]]:
    """The addresses from which a trunk's calls come, with their places: those named, else where it registers (if that
    is no host's name).
    """
    for index, address in enumerate(trunk.from_addresses):
        yield ("trunks", name, "from_addresses", index), address
    if not trunk.from_addresses and trunk.outgoing is not None and trunk.outgoing.registration is not None:
        host = trunk.outgoing.server.rpartition(":")[0].strip("[]")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return
        yield ("trunks", name, "outgoing", "server"), host


def settings(scope: Scope) -> Iterator[Problem]:
    """Trunks, tenants and the country that calls to numbers outside need."""
    platform, tenants = scope.platform, scope.tenants()
    for name, trunk in platform.trunks.items():
        if trunk.tenant is not None:
            yield from scope.reference(("trunks", name, "tenant"), trunk.tenant, "tenant", tenants)
        for whose in trunk.outgoing.caller_ids if trunk.outgoing else ():
            path: Path = ("trunks", name, "outgoing", "caller_ids", whose)
            yield from scope.reference(path, whose, "tenant", tenants, key=True)
    code = platform.outside.country_code
    if code is not None and region_of(code) is None:
        path = ("outside", "country_code")
        yield scope.document.problem(path, f"there is no country code '{code}'", expected="a country code such as 86")
    seats = [name for name, phone in platform.phones.items() if phone.outside]
    if seats and code is None:
        message = "a number outside is dialled only where it is known in which country"
        yield scope.document.problem(
            ("phones", seats[0], "outside"), message, expected="outside: {country_code: …} in platform.yaml"
        )


def failover(scope: Scope) -> Iterator[Problem]:
    """The trunks that are named where calls go out."""
    platform, trunks = scope.platform, scope.known("trunks")
    for index, route in enumerate(platform.outside.routes):
        for place, name in enumerate(route.trunks):
            yield from _goes_out(scope, ("outside", "routes", index, "trunks", place), name, trunks)
    for tenant in platform.tenants.values():
        if tenant.id not in scope.unreadable:
            for place, name in enumerate(tenant.outside.trunks):
                yield from _goes_out(scope, ("tenants", tenant.id, "outside", "trunks", place), name, trunks, tenant.id)


def _goes_out(
    scope: Scope, path: Path, name: str, trunks: Collection[str], tenant: str | None = None
) -> Iterator[Problem]:
    """A trunk in an order of failover: it is there, calls go out on it, and it is no other tenant's."""
    yield from scope.reference(path, name, "trunk", trunks)
    trunk = scope.platform.trunks.get(name)
    if trunk is not None and trunk.outgoing is None:
        yield scope.document.problem(path, f"no calls go out on the trunk '{name}'", expected="a trunk with outgoing")
    if trunk is not None and tenant is not None and trunk.tenant not in (None, tenant):
        yield scope.document.problem(path, f"the trunk '{name}' is another tenant's", expected="a trunk of its own")
