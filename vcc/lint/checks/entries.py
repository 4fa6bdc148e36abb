"""Numbers and dial codes lead to flows that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy.codes import flows
from tenancy.names import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.document import Path
    from core.errors import Problem
    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each flow that a number or a code names is there."""
    for digits, tenant, number in numbers(scope.platform):
        path: Path = ("tenants", tenant.id, "numbers", digits, "flow")
        where = f"tenants/{tenant.id}/flows"
        yield from scope.reference(path, number.flow, "flow", scope.flows_of(tenant.id), where=where)
    for tenant in scope.platform.tenants.values():
        own = {code: value for code, value in tenant.codes.items() if value is not None}
        for code, flow in flows(own).items():
            path = ("tenants", tenant.id, "codes", code)
            yield from scope.reference(path, flow, "flow", scope.flows_of(""), where="flows")
    for code, flow in flows(scope.platform.codes).items():
        yield from scope.reference(("codes", code), flow, "flow", scope.flows_of(""), where="flows")
