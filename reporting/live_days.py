"""All tenants' days together: each fact goes to the days that it concerns.

hub -> every fact -> LiveDays.apply -> LiveDay of the fact's tenant, and of those who had or get the contact
start: LiveDays.rebuild(log) reads the facts of the last day; what comes meanwhile is held, and taken afterwards
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.errors import NotFoundError
from core.facts import (
    AgentConnected,
    AgentLeft,
    AgentStateChanged,
    ContactArrived,
    ContactEnded,
    ContactQueued,
    Fact,
    NumberEntered,
    OfferMade,
    QueueLeft,
)
from reporting.live import DaySnapshot, LiveDay
from reporting.measures import Target

if TYPE_CHECKING:
    from reporting.port import EventLog
    from tenancy.model import Platform, Tenant

#: The facts that the days are made of; all others are passed over.
LIVE_FACTS: frozenset[type[Fact]] = frozenset(
    {
        AgentConnected,
        AgentLeft,
        AgentStateChanged,
        ContactArrived,
        ContactEnded,
        ContactQueued,
        NumberEntered,
        OfferMade,
        QueueLeft,
    }
)
#: How far back before the present day a rebuild reads, in seconds: for calls that go on, and shifts over midnight.
LOOK_BACK_S = 16 * 3_600.0


class LiveDays:
    """The days of all tenants of the platform."""

    def __init__(self, platform: Platform, now: float) -> None:
        """Begin with nothing known at `now`, for the tenants of the configuration."""
        self._days: dict[str, LiveDay] = {}
        self._parts: dict[str, frozenset[str]] = {}  # by contact that was led on: the tenants that had it
        self._duties: dict[str, frozenset[str]] = {}  # by agent: the tenants it was on duty for
        self._held: deque[Fact] | None = None
        self.configure(platform, now)

    def configure(self, platform: Platform, now: float) -> None:
        """Follow a new configuration: tenants come and go, thresholds change; what is counted stays."""
        for gone in self._days.keys() - platform.tenants.keys():
            del self._days[gone]
        for tenant in platform.tenants.values():
            zone, targets = ZoneInfo(tenant.time_zone), targets_of(tenant)
            if (day := self._days.get(tenant.id)) is None:
                self._days[tenant.id] = LiveDay(tenant=tenant.id, zone=zone, targets=targets, now=now)
            else:
                day.configure(zone=zone, targets=targets)

    def apply(self, fact: Fact) -> None:
        """Take the next fact."""
        if type(fact) not in LIVE_FACTS:
            return
        if self._held is not None:
            self._held.append(fact)
        else:
            self._take(fact)

    def snapshot(self, tenant: str, now: float) -> DaySnapshot:
        """A tenant's figures at `now`. Raises NotFoundError for a tenant that the configuration does not have."""
        day = self._days.get(tenant)
        if day is None:
            message = f"There is no tenant '{tenant}'."
            raise NotFoundError(message)
        return day.snapshot(now)

    async def rebuild(self, log: EventLog, now: float) -> None:
        """Take what the log has of the days that contain `now`; call once.

        It may take seconds on a busy platform and need not be waited for: facts that come meanwhile are held. An agent
        who has not changed state since LOOK_BACK_S before midnight is not found in the log: tell such states by
        `apply` first, from the live store. Raises StoreError; the days then go on from nothing.
        """
        begins = min((day.begins for day in self._days.values()), default=now)
        self._held = deque()
        try:
            names = frozenset(kind.__name__ for kind in LIVE_FACTS)
            async for fact in log.scan(begins - LOOK_BACK_S, now, names=names):
                self._take(fact)
        finally:
            held, self._held = self._held, None
            for fact in held:
                self._take(fact)

    def _take(self, fact: Fact) -> None:
        for tenant in self._concerned(fact):
            if (day := self._days.get(tenant)) is not None:
                day.apply(fact)

    def _concerned(self, fact: Fact) -> frozenset[str] | tuple[str, ...]:
        if isinstance(fact, AgentStateChanged):
            now_for = frozenset((fact.tenant, *fact.serves))
            concerned = now_for | self._duties.get(fact.agent, frozenset())
            self._duties[fact.agent] = now_for
            return concerned
        if isinstance(fact, NumberEntered):
            had = self._parts.get(fact.contact, frozenset())
            self._parts[fact.contact] = had | {fact.from_tenant, fact.tenant}
            return frozenset((fact.from_tenant, fact.tenant))
        if isinstance(fact, ContactEnded):
            return self._parts.pop(fact.contact, frozenset()) | {fact.tenant}
        return (fact.tenant,)


def targets_of(tenant: Tenant) -> dict[str, Target]:
    """What the tenant's queues are measured by, by the queue's name over the platform."""
    return {
        f"{tenant.id}/{name}": Target(threshold_s=queue.threshold_s, short_abandon_s=queue.short_abandon_s)
        for name, queue in tenant.queues.items()
    }
