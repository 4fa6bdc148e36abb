"""Fair shares of agents whom several tenants lease together.

All agents who serve the same tenants are a pool. Each tenant has an account in it: the seconds of the pool's agents
that it has had, divided by its weight (what it leases). Of the tenants that have somebody waiting for an agent of the
pool, the one with the lowest account is served; so over any time in which two of them always have somebody waiting,
they get the agents in proportion to their weights, however many callers each of them has.

Who had nobody waiting cannot save that up: an account counts at least as much as the account of whoever was served
last had counted then (`floor`). A tenant that comes back is therefore served next, but no more often than its share,
and none waits for longer than it takes to serve each of the others its due once.

What an offer will cost is not known when it is made: the tenant's average is charged, and put right when the
conversation is over. An offer that comes to nothing is not charged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: What a conversation is taken to last before there was one, in seconds, and how much each new one counts.
FIRST_S = 180.0
_NEWEST = 1.0 / 16.0


class Pool:
    """The accounts of one set of tenants."""

    __slots__ = ("floor", "lasts", "used")

    def __init__(self) -> None:
        """Nobody has had anything."""
        self.floor = 0.0
        self.used: dict[str, float] = {}
        self.lasts: dict[str, float] = {}

    def account(self, tenant: str) -> float:
        """What counts when a tenant is compared with others, in seconds per weight."""
        return max(self.used.get(tenant, 0.0), self.floor)


class Sharing:
    """Every pool, by its tenants."""

    __slots__ = ("_pools", "_weights")

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Begin with nobody; `weights` by tenant, 1 where there is none."""
        self._pools: dict[str, Pool] = {}
        self._weights = weights

    def weigh(self, weights: Mapping[str, float], serves: Iterable[tuple[str, ...]]) -> set[str]:
        """Take new weights, and forget the pools that no agent is in any more: their names are returned."""
        self._weights = weights
        gone = self._pools.keys() - {name(tenants) for tenants in serves}
        for pool in gone:
            del self._pools[pool]
        return gone

    def account(self, pool: str, tenant: str) -> float:
        """As `Pool.account`; 0 for a pool in which nobody had anything yet."""
        known = self._pools.get(pool)
        return known.account(tenant) if known else 0.0

    def charge(self, pool: str, tenant: str) -> float:
        """An agent of the pool is reserved for the tenant: returns what that is charged with, in seconds."""
        known = self._pools.get(pool)
        if known is None:
            known = self._pools[pool] = Pool()
        seconds = known.lasts.get(tenant, FIRST_S)
        known.floor = known.account(tenant)
        known.used[tenant] = known.floor + seconds / self._weight(tenant)
        return seconds

    def put_right(self, pool: str, tenant: str, charged: float, seconds: float | None) -> None:
        """What was charged has lasted so many seconds; None: it came to nothing."""
        known = self._pools.get(pool)
        if known is None or tenant not in known.used:
            return
        known.used[tenant] += ((seconds or 0.0) - charged) / self._weight(tenant)
        if seconds is not None:
            before = known.lasts.get(tenant, FIRST_S)
            known.lasts[tenant] = before + (seconds - before) * _NEWEST

    def _weight(self, tenant: str) -> float:
        weight = self._weights.get(tenant, 1.0)
        return weight if weight > 0.0 else 1.0

    def dump(self, pool: str) -> dict[str, Any] | None:
        """A pool as JSON values; None where there is none."""
        known = self._pools.get(pool)
        if known is None:
            return None
        return {"pool": pool, "floor": known.floor, "used": dict(known.used), "lasts": dict(known.lasts)}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take what `dump` gave. Raises KeyError, ValueError or TypeError for what it cannot have given."""
        known = self._pools[str(data["pool"])] = Pool()
        known.floor = float(data["floor"])
        known.used = {str(tenant): float(had) for tenant, had in data["used"].items()}
        known.lasts = {str(tenant): float(lasts) for tenant, lasts in data["lasts"].items()}


def name(serves: tuple[str, ...]) -> str:
    """What the pool of agents who serve these tenants is called: empty for a single one, where nothing is shared."""
    return " ".join(sorted(serves)) if len(serves) > 1 else ""
