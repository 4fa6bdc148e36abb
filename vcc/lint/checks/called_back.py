"""Callbacks that can never be made: callers are told that they will be called back, and nobody can be dialled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_flows.steps.callback import Callback
from tenancy.dialling import shown_on, ways_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from tenancy.model import Tenant
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each callback step of a tenant's flows, against the tenant's trunks and what the tenant may dial."""
    for (owner, _), flow in scope.flows.items():
        if not owner or owner in scope.unreadable:
            continue
        steps = [node for node in flow.nodes.values() if isinstance(node.step, Callback)]
        fault = _fault(scope, scope.platform.tenants[owner]) if steps else None
        if fault is not None:
            why, expected = fault
            for node in steps:
                message = f"nobody can be called back: {why}"
                yield flow.document.problem(node.path, message, expected=expected, key=True)


def _fault(scope: Scope, tenant: Tenant) -> tuple[str, str] | None:
    """Why a tenant can call nobody, and what there should be; None: somebody can be called."""
    platform, outside = scope.platform, tenant.outside
    if platform.outside.country_code is None:
        return "it is not known in which country", "outside: {country_code: …} of the platform"
    ways = [trunk.outgoing for trunk in ways_out(platform, tenant).values() if trunk.outgoing is not None]
    if not ways:
        return f"no calls of '{tenant.id}' go out on any trunk", "a trunk with outgoing that the tenant may use"
    if not any(shown_on(outgoing, tenant) for outgoing in ways):
        return f"no trunk has a caller id for '{tenant.id}'", "outside: {caller_id: …} of the tenant"
    allowances = [("allow", outside.allow), ("callback", outside.callback)]
    for name, allowance in allowances:
        if allowance is not None and not allowance.kinds and not allowance.prefixes:
            return f"outside.{name} of '{tenant.id}' opens no number", "kinds or prefixes there"
    return None
