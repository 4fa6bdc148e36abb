"""Reads the event log: facts, records by many conditions, contacts that are not over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import NotFoundError, StoreError
from reporting import record as contact_record
from reporting.part import visible_to
from reporting.record import ContactRecord, compute
from vcc.storage.history_rows import FACT_COLUMNS, clean, facts_of
from vcc.storage.reasons import SQL_ERRORS, reason
from vcc.storage.schema import IS_ARRIVAL, facts, records

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from core.facts import Fact
    from reporting.port import RecordQuery
    from vcc.storage.database import Database

_PAGE = 250
_MOST = 1_000
_FACT = tuple(facts.c[name] for name in FACT_COLUMNS)


class HistoryReads:
    """Queries on a database; each takes a connection for itself. All raise StoreError."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        try:
            return await self._database.read(lambda connection: connection.execute(query).fetchall())
        except SQL_ERRORS as error:
            message = f"the event log cannot be read: {reason(error)}"
            raise StoreError(message) from error

    async def facts(self, contact: str) -> list[Fact]:
        """All facts of a contact, in the order appended."""
        query = sa.select(*_FACT).where(facts.c.contact == clean(contact)).order_by(facts.c.seq)
        return facts_of(await self._rows(query))

    async def scan(self, since: float, until: float, names: frozenset[str] | None) -> AsyncIterator[Fact]:
        """All facts of a time, page by page."""
        wanted = facts.c.at < until
        if names is not None:
            wanted &= facts.c.name.in_(sorted(names))
        query = sa.select(facts.c.seq, *_FACT).where(wanted).order_by(facts.c.at, facts.c.seq).limit(_PAGE)
        place = facts.c.at >= since
        while rows := await self._rows(query.where(place)):
            for fact in facts_of([row[1:] for row in rows]):
                yield fact
            place = sa.tuple_(facts.c.at, facts.c.seq) > sa.tuple_(sa.literal(rows[-1].at), sa.literal(rows[-1].seq))

    async def records(self, query: RecordQuery) -> list[ContactRecord]:
        """The records that the query asks for. Raises NotFoundError for an unknown `before`."""
        if query.tenants is not None and not query.tenants:
            return []
        wanted = await self._conditions(query)
        newest = (
            sa.select(records.c.contact, records.c.arrived)
            .where(*wanted)
            .distinct()
            .order_by(records.c.arrived.desc(), records.c.contact.desc())
            .limit(max(0, min(query.limit, _MOST)))
            .subquery()
        )
        rows = await self._rows(
            sa.select(records.c.contact, records.c.data)
            .join(newest, records.c.contact == newest.c.contact)
            .where(_scope(query))
            .order_by(records.c.arrived.desc(), records.c.contact.desc())
        )
        found: dict[str, list[Any]] = {}
        for contact, data in rows:
            found.setdefault(contact, []).append(data)
        return [await self._record(contact, parts, query) for contact, parts in found.items()]

    async def _record(self, contact: str, parts: list[Any], query: RecordQuery) -> ContactRecord:
        if len(parts) == 1 or query.tenants is None:
            return contact_record.load(parts[0])
        return compute(visible_to(await self.facts(contact), query.tenants))

    async def _conditions(self, query: RecordQuery) -> list[sa.ColumnElement[bool]]:
        wanted = [_scope(query)]
        if query.since is not None:
            wanted.append(records.c.arrived >= query.since)
        if query.until is not None:
            wanted.append(records.c.arrived < query.until)
        if query.caller is not None:
            wanted.append(records.c.caller == clean(query.caller))
        if query.outcome is not None:
            wanted.append(records.c.outcome == query.outcome)
        if query.agent is not None:
            wanted.append(records.c.agents.contains(f" {clean(query.agent)} ", autoescape=True))
        if query.before is not None:
            wanted.append(await self._after(query.before, query))
        return wanted

    async def _after(self, contact: str, query: RecordQuery) -> sa.ColumnElement[bool]:
        where = sa.select(records.c.arrived).where(_scope(query), records.c.contact == clean(contact)).limit(1)
        rows = await self._rows(where)
        if not rows:
            message = f"There is no record '{contact}' to go on after."
            raise NotFoundError(message)
        last = sa.tuple_(sa.literal(rows[0].arrived), sa.literal(clean(contact)))
        return sa.tuple_(records.c.arrived, records.c.contact) < last

    async def without_record(self, look_back_s: float) -> list[str]:
        """Contacts that arrived in the last `look_back_s` before the last fact and have no record, oldest first."""
        last = sa.select(sa.func.max(facts.c.at)).scalar_subquery()
        over = sa.exists().where(records.c.contact == facts.c.contact)
        rows = await self._rows(
            sa.select(facts.c.contact)
            .where(IS_ARRIVAL, facts.c.at >= last - look_back_s, ~over)
            .order_by(facts.c.at, facts.c.seq)
        )
        return list(dict.fromkeys(row.contact for row in rows))

    async def arrived(self, since: float, until: float) -> list[str]:
        """Contacts that arrived in a time, oldest first."""
        rows = await self._rows(
            sa.select(facts.c.contact)
            .where(IS_ARRIVAL, facts.c.at >= since, facts.c.at < until)
            .order_by(facts.c.at, facts.c.seq)
        )
        return list(dict.fromkeys(row.contact for row in rows))


def _scope(query: RecordQuery) -> sa.ColumnElement[bool]:
    if query.tenants is None:
        return records.c.whole.is_(sa.true())
    return records.c.tenant.in_(sorted(query.tenants)) & records.c.part.is_(sa.true())
