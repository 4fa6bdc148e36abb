"""Flows into which calls are led that go beyond a bound, or overflow, exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.names import overflow_flows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each flow that an answer or the overflow of a queue names is the tenant's."""
    for tenant in scope.platform.tenants.values():
        for place, flow in overflow_flows(tenant):
            path, where = ("tenants", tenant.id, *place), f"tenants/{tenant.id}/flows"
            yield from scope.reference(path, flow, "flow", scope.flows_of(tenant.id), where=where)
