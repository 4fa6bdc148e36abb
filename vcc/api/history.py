"""What an asker may see of the past: facts and records out of the event log, cut to the asker's tenants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.facts import AgentStateChanged
from reporting.by_version import OutcomesByVersion
from reporting.duty import agent_spans
from reporting.part import visible_to
from reporting.record import ContactRecord, compute

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.facts import Fact
    from reporting.by_version import VersionOutcomes
    from reporting.duty import AgentSpan
    from reporting.port import EventLog, RecordQuery
    from vcc.api.scope import Scope

#: The end of the year 9999.
_LAST = 253_402_300_799.0
#: How long before a time agents' states are looked for at first; then, for those of whom nothing was found, twice as
#: long again and again, up to the other length.
_LOOK_BACK_S = 86_400.0
_LOOK_BACK_MOST_S = 32 * _LOOK_BACK_S


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

    async def answers(self, since: float, until: float | None, tenants: frozenset[str] | None) -> Sequence[Fact]:
        """What callers of these tenants (None: of all in reach) answered to surveys in [since, until)."""
        end = _LAST if until is None else until
        found = self._log.scan(since, end, names=frozenset({"SurveyAnswered"}))
        reach = self._scope.reach
        within = tenants if reach is None else reach if tenants is None else tenants & reach
        return [fact async for fact in found if within is None or fact.tenant in within]

    async def agent_spans(self, since: float, until: float, agents: Collection[str]) -> list[AgentSpan]:
        """What these agents did in [since, until), and before that as far as it matters then: an agent may have been in
        one state for days. Who asks takes what is of the tenants in reach.
        """
        found = await self._changes(since - _LOOK_BACK_S, until, agents)
        missing = set(agents) - {change.agent for change in found if change.at <= since}
        begins, back = since - _LOOK_BACK_S, _LOOK_BACK_S
        while missing and back < _LOOK_BACK_MOST_S:
            older = await self._changes(begins - back, begins, missing)
            missing -= {change.agent for change in older}
            found, begins, back = [*older, *found], begins - back, 2 * back
        return agent_spans(found, until)

    async def _changes(self, since: float, until: float, agents: Collection[str]) -> list[AgentStateChanged]:
        """How these agents changed state in [since, until), in order of time."""
        facts = self._log.scan(since, until, names=frozenset({"AgentStateChanged"}))
        return [fact async for fact in facts if isinstance(fact, AgentStateChanged) and fact.agent in agents]

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

    async def outcomes(self, flow: str, since: float, until: float) -> list[VersionOutcomes]:
        """What came of the calls of a flow in reach (its platform-wide name), by version. Raises NotFoundError."""
        tenant, _, name = flow.rpartition("/")
        self._scope.tenant(tenant)
        found = OutcomesByVersion(tenant, name)
        async for fact in self._log.scan(since, until, names=found.NAMES):
            found.apply(fact)
        return found.versions()

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
