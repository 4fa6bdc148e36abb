"""Seats by date: tells the router how many each tenant has, whenever a lease begins or ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenancy import leases
from vcc.calls.routing_rules import leased

if TYPE_CHECKING:
    from core.clock import TimerHandle
    from vcc.calls.floor import Floor


class Leasing:
    """Of all tenants of a floor; one timer, for the next lease that begins or ends."""

    def __init__(self, floor: Floor) -> None:
        """Serve this floor."""
        self._floor = floor
        self._timer: TimerHandle | None = None

    def look(self) -> None:
        """Tell the router what holds now: at the start, with a new configuration, when a lease begins or ends."""
        floor, now = self._floor, self._floor.now()
        tenants = [t for t in floor.directory.platform.tenants.values() if leases.has_leases(t)]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not tenants:
            return
        seats, weights = leased(floor.directory.platform, now)
        floor.obey(floor.router.lease(seats, weights, now))
        due = [moment for tenant in tenants if (moment := leases.next_lease(tenant, now)) is not None]
        if due:
            self._timer = floor.timers.call_at(min(due), self._due)

    def _due(self) -> None:
        self._timer = None
        self.look()
        self._floor.settle()
