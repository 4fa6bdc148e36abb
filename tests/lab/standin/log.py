"""An event log in memory: what `reporting.port.EventLog` promises, in lists."""

from collections.abc import AsyncIterator, Sequence

from core.errors import NotFoundError
from core.facts import ContactArrived, Fact
from reporting.port import RecordQuery
from reporting.record import ContactRecord, compute


class MemoryLog:
    """An event log in memory."""

    def __init__(self) -> None:
        self.all: list[Fact] = []

    def append(self, fact: Fact) -> None:
        self.all.append(fact)

    async def flush(self) -> None:
        """Nothing waits to be written."""

    async def facts(self, contact: str) -> Sequence[Fact]:
        return [fact for fact in self.all if fact.contact == contact]

    async def scan(self, since: float, until: float, *, names: frozenset[str] | None = None) -> AsyncIterator[Fact]:
        for fact in sorted(self.all, key=lambda one: one.at):
            if since <= fact.at < until and (names is None or type(fact).__name__ in names):
                yield fact

    async def records(self, query: RecordQuery) -> Sequence[ContactRecord]:
        contacts = {fact.contact for fact in self.all if isinstance(fact, ContactArrived)}
        found = []
        for contact in sorted(contacts, reverse=True):
            facts = await self.facts(contact)
            tenants = {fact.tenant for fact in facts}
            record = compute(facts)
            if (query.tenants is None or tenants & query.tenants) and _fits(record, query):
                found.append(record)
        if query.before is not None:
            contacts_found = [record.contact for record in found]
            if query.before not in contacts_found:
                message = f"there is no record of {query.before}"
                raise NotFoundError(message)
            found = found[contacts_found.index(query.before) + 1 :]
        return found[: query.limit]


def _fits(record: ContactRecord, query: RecordQuery) -> bool:
    return (
        (query.since is None or record.arrived >= query.since)
        and (query.until is None or record.arrived < query.until)
        and query.caller in {None, record.caller}
        and (query.agent is None or query.agent in record.agents)
        and query.outcome in {None, record.outcome}
    )
