"""Brings records back in line with the facts: after a crash, and when the definition of a record has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import StoreError
from core.facts import ContactEnded
from vcc.storage import json_text
from vcc.storage.history_rows import RECORD_COLUMNS, RecordRow, clean, rows_of_contact
from vcc.storage.reasons import SQL_ERRORS, reason
from vcc.storage.schema import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from vcc.storage.database import Database
    from vcc.storage.history_reads import HistoryReads

_CONTACTS_AT_ONCE = 100
_LOOK_BACK_S = 2 * 86_400.0


class HistoryRepair:
    """Works on the tables beside the writer, in short transactions."""

    def __init__(self, database: Database, reads: HistoryReads) -> None:
        """Read by `reads`, write into `database`."""
        self._database = database
        self._reads = reads

    async def missing_records(self) -> list[str]:
        """Write the records of contacts that are over; returns those of the last days that are not, oldest first."""
        return await self._compute(await self._reads.without_record(_LOOK_BACK_S))

    async def recompute(self, since: float, until: float) -> int:
        """Compute all records of a time anew; returns of how many contacts."""
        contacts = await self._reads.arrived(since, until)
        await self._compute(contacts)
        return len(contacts)

    async def _compute(self, contacts: Sequence[str]) -> list[str]:
        """Write the records of those of `contacts` that are over, and return the others."""
        going_on: list[str] = []
        for start in range(0, len(contacts), _CONTACTS_AT_ONCE):
            rows: dict[str, list[RecordRow]] = {}
            for contact in contacts[start : start + _CONTACTS_AT_ONCE]:
                facts = await self._reads.facts(contact)
                if not any(isinstance(fact, ContactEnded) for fact in facts):
                    going_on.append(contact)
                    continue
                if found := rows_of_contact(facts):
                    rows[contact] = found
            await self._replace(rows)
        return going_on

    async def _replace(self, rows: dict[str, list[RecordRow]]) -> None:
        if not rows:
            return
        values = []
        for row in (row for one in rows.values() for row in one):
            value: dict[str, Any] = dict(zip(RECORD_COLUMNS, row, strict=True))
            value["data"] = json_text.decode(row[-1])  # SQLAlchemy makes JSON of it again
            values.append(value)

        def replace(connection: Connection) -> None:
            gone = records.c.contact.in_([clean(contact) for contact in rows])
            connection.execute(sa.delete(records).where(gone))
            connection.execute(sa.insert(records), values)

        try:
            await self._database.change(replace)
        except SQL_ERRORS as error:
            message = f"records cannot be written: {reason(error)}"
            raise StoreError(message) from error
