"""What an asker may see of the past: facts and records out of the event log, cut to the asker's tenants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reporting.part import visible_to
from reporting.record import ContactRecord, compute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.facts import Fact
    from reporting.port import EventLog, RecordQuery
    from vcc.api.scope import Scope


class History:
    """The event log as the scope's principal may see it."""

    def __init__(self, scope: Scope, log: EventLog) -> None:
        """The past of the scope's tenants."""
        self._scope = scope
        self._log = log

    async def facts(self, contact: str) -> Sequence[Fact]:
        """The facts of a contact that may be seen, in order; none if there is no such contact."""
        facts = await self._log.facts(contact)
        reach = self._scope.reach
        if reach is None:
            return facts
        return [seen for fact in visible_to(facts, reach) if (seen := self._scope.fact(fact)) is not None]

    async def records(self, query: RecordQuery) -> tuple[Sequence[ContactRecord], str | None]:
        """One page of what the query asks for, and after which contact the next one goes on (None: there is none).

        `query.tenants` must come from the scope (`narrowed`). A page may be shorter than asked for: a contact that
        fits only by what another tenant did with it is left out.
        """
        if (reach := self._scope.reach) is not None:
            query = replace(query, tenants=reach if query.tenants is None else query.tenants & reach)
        found = await self._log.records(replace(query, limit=query.limit + 1))
        page = found[: query.limit]
        following = page[-1].contact if len(found) > query.limit else None
        if (own := query.tenants) is None:
            return page, following
        seen = [record if _within(record, own) else await self._part(record, own) for record in page]
        return [record for record in seen if record is not None and _fits(record, query)], following

    def record_of(self, facts: Sequence[Fact]) -> ContactRecord | None:
        """The record that these facts, of one contact, make; None for none."""
        return compute(facts) if facts else None

    async def _part(self, record: ContactRecord, tenants: frozenset[str]) -> ContactRecord | None:
        """The record of a contact that other tenants had a part in, made from the own part only."""
        return self.record_of(visible_to(await self._log.facts(record.contact), tenants))


def _within(record: ContactRecord, tenants: frozenset[str]) -> bool:
    """Whether nobody else had a part in the contact, as far as a record tells."""
    parts = {record.tenant, record.entry_tenant}
    parts.update(visit.tenant for visit in record.visits)
    parts.update(talk.tenant for talk in record.talks)
    return parts <= tenants


def _fits(record: ContactRecord, query: RecordQuery) -> bool:
    """Whether the visible part itself is what the query asks for."""
    return (query.agent is None or query.agent in record.agents) and (
        query.outcome is None or query.outcome == record.outcome
    )
