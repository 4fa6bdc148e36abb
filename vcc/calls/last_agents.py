"""Who talked with a caller last, for flows that prefer that agent (`prefers: last`).

    AgentConnected, as it happens  -> kept in memory, by tenant and caller's number
    the event log, after the start -> what was before, newest first, page by page, while calls come already

A tenant knows of its own conversations alone. At most `MOST` callers are remembered, and at most as many calls
are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.port import RecordQuery

if TYPE_CHECKING:
    from reporting.port import EventLog

MOST = 50_000
LONGEST_S = 30 * 86_400.0
#: Records are read by so many at once, so that nobody waits for a page.
_PAGE = 100


class LastAgents:
    """The last agent of each caller, and since when they talked (POSIX seconds)."""

    def __init__(self) -> None:
        """Nobody has talked."""
        self._last: dict[tuple[str, str], tuple[str, float]] = {}

    def talked(self, tenant: str, caller: str, agent: str, at: float) -> None:
        """An agent began to talk with a caller; one without a number is nobody."""
        key, known = (tenant, caller), self._last.get((tenant, caller))
        if not caller or not agent or (known is not None and known[1] > at):
            return
        self._last.pop(key, None)
        self._last[key] = (agent, at)
        if len(self._last) > MOST:
            del self._last[next(iter(self._last))]

    def of(self, tenant: str, caller: str, since: float) -> str:
        """The agent who talked last with a caller of the tenant, if that was after `since`; else empty."""
        agent, at = self._last.get((tenant, caller), ("", 0.0))
        return agent if at >= since else ""

    async def read(self, log: EventLog, now: float) -> None:
        """Learn what was before. Raises StoreError where the log cannot be read."""
        page = RecordQuery(since=now - LONGEST_S, limit=_PAGE)
        for _ in range(MOST // _PAGE):
            found = await log.records(page)
            for record in found:
                for talk in record.talks:
                    self.talked(talk.tenant, record.caller, talk.agent, talk.began_at)
            if len(found) < _PAGE:
                return
            page = RecordQuery(since=now - LONGEST_S, limit=_PAGE, before=found[-1].contact)
