"""How many calls may be there at once, and wait: which bound a contact meets, and what it gets then.

The narrowest is told: a number's own before its tenant's. What callers get is a treatment, or a flow of the tenant that
leads them elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.facts import Outcome
from tenancy.model import Beyond
from vcc.calls.session import Stage

if TYPE_CHECKING:
    from tenancy.model import Number, Tenant
    from vcc.calls.floor import Floor
    from vcc.calls.session import ContactSession

BUSY = Beyond(busy=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """What a contact has met. `why` is that of `CallOverflowed`; `beyond`: it counts for no quota of calls."""

    why: str
    outcome: Outcome
    answer: Beyond
    detail: str
    beyond: bool = False


def calls(floor: Floor, session: ContactSession, tenant: Tenant) -> Bound | None:
    """The bound of calls at once that a contact meets which is to be let in; None: there is room."""
    number, quotas = tenant.numbers[session.number], tenant.quotas
    most = floor.directory.platform.limits.calls
    if len(floor.sessions) > most:
        return Bound(why="calls", outcome=Outcome.TENANT_BUSY, answer=_said(tenant), detail=f"{most} of the platform")
    here = len(floor.on_number.get(session.number, ()))
    if number.calls is not None and here >= number.calls:
        answer = number.busy or tenant.answers.tenant_busy
        return _busy(floor, tenant, "number_calls", answer, f"{number.calls} of {session.number}")
    if quotas.calls is not None and floor.admitted_calls(tenant.id) >= quotas.calls:
        return _busy(floor, tenant, "calls", tenant.answers.tenant_busy, f"{quotas.calls} of {tenant.id}")
    return None


def _busy(floor: Floor, tenant: Tenant, why: str, answer: Beyond, detail: str) -> Bound:
    if answer.flow is not None and len(floor.beyond.get(tenant.id, ())) >= tenant.quotas.beyond:
        answer = BUSY
    return Bound(why=why, outcome=Outcome.TENANT_BUSY, answer=answer, detail=detail, beyond=answer.flow is not None)


def _said(tenant: Tenant) -> Beyond:
    """What is said where nothing can be led elsewhere."""
    return BUSY if tenant.answers.tenant_busy.flow is not None else tenant.answers.tenant_busy


def number_full(floor: Floor, session: ContactSession) -> bool:
    """Whether nobody more of this contact's number may wait, besides what tenant and queue allow."""
    number = _number(floor, session)
    if number is None or number.waiting is None:
        return False
    contacts = floor.on_number.get(session.number, set()) - {session.contact}
    waiting = sum(floor.sessions[c].stage is Stage.WAITING for c in contacts if c in floor.sessions)
    return waiting >= number.waiting


def full(floor: Floor, session: ContactSession) -> Bound:
    """The bound of a contact that may not wait, and whose flow has no other way."""
    number, tenant = _number(floor, session), floor.directory.platform.tenants[session.tenant]
    if number is not None and number_full(floor, session):
        answer = number.full or tenant.answers.queue_full
        detail = f"{number.waiting} of {session.number}"
        return Bound(why="number_full", outcome=Outcome.QUEUE_FULL, answer=answer, detail=detail)
    return Bound(why="full", outcome=Outcome.QUEUE_FULL, answer=tenant.answers.queue_full, detail="")


def _number(floor: Floor, session: ContactSession) -> Number | None:
    tenant = floor.directory.platform.tenants.get(session.tenant)
    return tenant.numbers.get(session.number) if tenant else None


def answer_to(floor: Floor, session: ContactSession) -> Beyond:
    """What a contact was being told that had met a bound, after a crash in the midst of it."""
    tenant, number = floor.directory.platform.tenants[session.tenant], _number(floor, session)
    if session.outcome is Outcome.TENANT_BUSY:
        own, of_tenant = number.busy if number else None, tenant.answers.tenant_busy
    else:
        own, of_tenant = number.full if number else None, tenant.answers.queue_full
    return next((answer for answer in (own, of_tenant) if answer is not None and answer.flow is None), BUSY)
