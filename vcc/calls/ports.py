"""What the sessions need of a store for live state: fulfilled in vcc.storage, by SQLite, Redis and (tests) memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Kinds of live state: a contact's session, a queue ticket, an agent, what tenants have had of the agents whom they
#: share, how long a queue's contacts take, a flow version that sessions still use, a publication of a flow, a tenant's
#: emergency closure, an overflow switch that is on, a day's shift table, when vcc was last alive, wrong PINs; legs to
#: numbers outside, the money of the day, and recordings that are not files yet.
KINDS = (
    "session",
    "ticket",
    "agent",
    "pool",
    "handling",
    "flow",
    "publication",
    "closure",
    "overflow",
    "shifts",
    "router",
    "guesses",
    "outside",
    "spent",
    "recording",
)


class LiveStore(Protocol):
    """Plain data by kind and key; written through in order, read back only at start.

    `put` and `delete` never wait: a writer takes them in order, many in one transaction, at once. A crash of the
    process loses at most what was not yet handed to the store: a few milliseconds. The bound of what is unwritten is a
    constructor's argument; reaching it raises StoreError.
    """

    def put(self, kind: str, key: str, data: Mapping[str, Any]) -> None:
        """Keep `data` (JSON values only) in place of what was there."""
        ...

    def delete(self, kind: str, key: str) -> None:
        """Forget it; no error if it is not there."""
        ...

    async def flush(self) -> None:
        """Return when everything before is safe. Raises StoreError if it cannot be."""
        ...

    async def load(self, kind: str) -> dict[str, dict[str, Any]]:
        """All of a kind, by key."""
        ...

    async def close(self) -> None:
        """Flush and let go."""
        ...
