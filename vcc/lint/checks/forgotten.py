"""What nothing uses: flows that no number or code leads to, queues and hours that no flow names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import Problem
from tenancy import codes, layout
from tenancy.names import numbers, overflow_flows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vcc.lint.scope import Scope


def check(scope: Scope) -> Iterator[Problem]:
    """Each flow, queue and set of hours is used by something."""
    yield from _flows(scope)
    used = {
        (tenant, reference.kind, reference.name)
        for (tenant, _), flow in scope.flows.items()
        for reference in flow.references()
    }
    for tenant in scope.platform.tenants.values():
        for queue in tenant.queues:
            if (tenant.id, "queue", queue) not in used:
                place = ("tenants", tenant.id, "queues", queue)
                yield scope.document.problem(place, f"no flow leads into the queue '{queue}'", key=True)
        if tenant.open is not None and tenant.answers.closed is None:
            path = ("tenants", tenant.id, "open")
            message = "these hours close nothing: there is no answer for who calls outside of them"
            yield scope.document.problem(path, message, expected="answers: {closed: …}, or no key open", key=True)
        for hours in tenant.hours:
            if (tenant.id, "hours", hours) not in used and hours != tenant.open:
                place = ("tenants", tenant.id, "hours", hours)
                yield scope.document.problem(place, f"nothing goes by the hours '{hours}'", key=True)


def _flows(scope: Scope) -> Iterator[Problem]:
    entered = {(tenant.id, number.flow) for _, tenant, number in numbers(scope.platform)}
    entered |= {(tenant, name) for (tenant, _), flow in scope.flows.items() for name in flow.calls()}
    for tenant in scope.platform.tenants.values():
        entered |= {(tenant.id, flow) for _, flow in overflow_flows(tenant)}
    for owner in (None, *scope.platform.tenants.values()):
        entered |= {("", flow) for flow in codes.flows(codes.table(scope.platform, owner)).values()}
    for whose, name in sorted(scope.written_flows - entered):
        path = f"{layout.folder(whose)}flows/{name}.yaml"
        by = "number or call" if whose else "code or call"
        yield Problem(file=path, line=1, column=1, message=f"no {by} leads to this flow")
