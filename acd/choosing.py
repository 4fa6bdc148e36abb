"""Which contact an agent who has come free is offered, of the first ones of all lines that the agent can serve.

1. Contacts of the tenants that lease the agent before those of others that the ladder lets in (guests).
2. Of several tenants the one that has had least of the agents whom they share, see `sharing.py`; of tenants that have
   had the same, whose contact came first.
3. Of the tenant's contacts the one of the highest priority, then the most urgent, then the one that came first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from acd.index import Desk, Index
    from acd.sharing import Sharing


class Head(NamedTuple):
    """The first contact of a line: minus the priority, minus the urgency, order of arrival, contact."""

    key: tuple[int, float, int, str]
    tenant: str
    guest: bool
    account: float


def heads(desk: Desk, index: Index, sharing: Sharing, now: float, full: Collection[str] = ()) -> list[Head]:
    """The first contacts of all lines that the agent can serve, but of the queues in `full`, which have all the agents
    that they may have.
    """
    pool, serves = desk.profile.pool if desk.profile else "", desk.state.serves
    found: list[Head] = []
    accounts: dict[str, float] = {}
    for line in index.lines_of(desk):
        if full and line.requirement.bounded in full:
            continue
        key, tenant = line.head(now), line.tenant
        if key is not None:
            account = accounts.get(tenant)
            if account is None:
                account = accounts[tenant] = sharing.account(pool, tenant) if pool else 0.0
            found.append(Head(key, tenant, tenant not in serves, account))
    return found


def best(found: list[Head]) -> Head:
    """The one that the agent is offered."""
    of_tenant: dict[str, Head] = {}
    for head in found:
        known = of_tenant.get(head.tenant)
        if known is None or head.key < known.key:
            of_tenant[head.tenant] = head
    return min(of_tenant.values(), key=lambda head: (head.guest, head.account, head.key[2]))
