"""Shift tables: each day's is a fact in the log, and kept here so that nobody has to look for it there.

vcc shifts load · POST /tenants/{tenant}/shifts --> plan --> ShiftsPlanned (log), store
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import structlog

from core.facts import ShiftsPlanned, dump
from reporting.attendance import shifts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tenancy.shifts import Shift
    from vcc.calls.floor import Floor
    from vcc.calls.ports import LiveStore

_log = structlog.get_logger()

#: So long a day's table is kept here; the log has it for ever.
KEPT = timedelta(days=400)


class Shifts:
    """The tables in force, by tenant and day."""

    def __init__(self, floor: Floor) -> None:
        """None yet; see `restore`."""
        self._floor = floor
        self._plans: dict[tuple[str, str], ShiftsPlanned] = {}

    async def restore(self, store: LiveStore) -> None:
        """Take back what the store holds."""
        for key, data in (await store.load("shifts")).items():
            try:
                plan = ShiftsPlanned(**{**data, "shifts": tuple(data["shifts"])})
            except (KeyError, TypeError, ValueError):
                _log.exception("a stored shift table cannot be read", shifts=key)
                continue
            self._plans[plan.tenant, plan.day] = plan

    def plan(self, tenant: str, days: Mapping[date, tuple[Shift, ...]], *, who: str) -> None:
        """Replace the tables of these days."""
        floor, now = self._floor, self._floor.now()
        for day, shifts in days.items():
            rows = tuple(f"{shift.agent} {shift.begins} {shift.ends}" for shift in shifts)
            plan = ShiftsPlanned(at=now, tenant=tenant, day=day.isoformat(), shifts=rows, who=who)
            floor.record(plan)
            self._plans[tenant, plan.day] = plan
            floor.store.put("shifts", f"{tenant}/{plan.day}", dump(plan))
        self._forget(floor.directory.local(tenant, now).date() - KEPT)

    def _forget(self, before: date) -> None:
        for tenant, day in [key for key in self._plans if key[1] < before.isoformat()]:
            del self._plans[tenant, day]
            self._floor.store.delete("shifts", f"{tenant}/{day}")

    def end_of(self, agent: str, tenant: str) -> float | None:
        """When the shift ends that an agent has now by the tables of a tenant (POSIX seconds); None: there is none."""
        floor, now = self._floor, self._floor.now()
        today = floor.directory.local(tenant, now).date()
        shifts = [shift for plan in self.of(tenant, today - timedelta(days=1), today) for shift in shifts_of(plan)]
        return max((ends for who, begins, ends in shifts if who == agent and begins <= now < ends), default=None)

    def of(self, tenant: str, since: date, until: date) -> list[ShiftsPlanned]:
        """The tables of the days from `since` to `until`, both included, in order."""
        first, last = since.isoformat(), until.isoformat()
        found = [plan for (owner, day), plan in self._plans.items() if owner == tenant and first <= day <= last]
        return sorted(found, key=lambda plan: plan.day)
