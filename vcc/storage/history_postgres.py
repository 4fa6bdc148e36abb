"""Writes the event log into PostgreSQL: one transaction for everything pending, exactly once.

When the connection is lost during a commit nobody knows whether it happened. The transaction's id is asked for before,
so that the server can be asked afterwards what became of it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import asyncpg  # type: ignore[import-untyped]
import structlog
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from vcc.storage.history_rows import FACT_COLUMNS, RECORD_COLUMNS, facts_of
from vcc.storage.history_sql import postgres_statements
from vcc.storage.reasons import reason
from vcc.storage.writers import TaskWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import URL
    from sqlalchemy.engine import Dialect

    from core.facts import Fact
    from vcc.storage.inbox import OrderedInbox
    from vcc.storage.open_contacts import HistoryBatch, OpenContacts
    from vcc.storage.progress import Progress

_log = structlog.get_logger()
_CONNECT_S = 5.0
_COMMAND_S = 10.0
_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
#: What says that a row can never be written, whenever it is tried.
_REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


class PostgresHistoryWriter:
    """The writer's side of `SqlEventLog` for PostgreSQL."""

    def __init__(
        self,
        url: URL,
        progress: Progress,
        inbox: OrderedInbox[Fact],
        contacts: OpenContacts,
        *,
        gather_s: float,
    ) -> None:
        """Write to the database at `url`, which has its tables."""
        dialect: Dialect = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
        _, options = dialect.create_connect_args(url)
        self._options: dict[str, Any] = dict(options)
        self._contacts = contacts
        self._sql = postgres_statements()
        self._connection: asyncpg.Connection | None = None
        self._doubtful: str | None = None  # a transaction of which it is not known whether it was committed
        self._writer = TaskWriter(
            progress, inbox, prepare=contacts.prepare, write=self._write, errors=_ERRORS, gather_s=gather_s
        )

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    def note(self) -> None:
        """One more fact is in the inbox. Raises StoreError if nothing writes it."""
        self._writer.note()

    async def close(self) -> None:
        """Write what is left and disconnect. Raises StoreError if that failed."""
        try:
            await self._writer.close()
        finally:
            await self._disconnect()

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(**self._options, timeout=_CONNECT_S, command_timeout=_COMMAND_S)
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*_ERRORS):
                await connection.close(timeout=_CONNECT_S)

    async def _write(self, batch: HistoryBatch) -> None:
        try:
            if not await self._was_committed():
                await self._transact(batch)
        except _REFUSED:
            await self._write_singly(batch)
        except _ERRORS:
            await self._disconnect()
            raise

    async def _write_singly(self, batch: HistoryBatch) -> None:
        for one in batch.singly():
            try:
                await self._transact(one)
            except _REFUSED as error:
                _log.error("row refused by the database and lost", row=one.what, error=reason(error))

    async def _transact(self, batch: HistoryBatch) -> None:
        connection = await self._connected()
        transaction = connection.transaction()
        await transaction.start()
        try:
            number = await self._fill(connection, batch)
        except BaseException:
            with contextlib.suppress(*_ERRORS):
                await transaction.rollback()
            raise
        self._doubtful = number
        await transaction.commit()
        self._doubtful = None

    async def _fill(self, connection: asyncpg.Connection, batch: HistoryBatch) -> str:
        """Write all of a batch; returns the transaction's id."""
        sql = self._sql
        number: str = await connection.fetchval(
            sql.write, *_by_column(batch.facts, FACT_COLUMNS), *_by_column(batch.records, RECORD_COLUMNS)
        )
        for contact in batch.unknown:
            rows = await connection.fetch(sql.select_facts, contact)
            found = self._contacts.read_back(contact, facts_of(rows))
            if found:
                await connection.execute(sql.delete_records, contact)
                nothing = _by_column((), FACT_COLUMNS)
                await connection.fetchval(sql.write, *nothing, *_by_column(found, RECORD_COLUMNS))
        return number

    async def _was_committed(self) -> bool:
        """Whether the doubtful transaction was committed after all. Raises TimeoutError while that is still open."""
        if self._doubtful is None:
            return False
        connection = await self._connected()
        state = await connection.fetchval("SELECT pg_xact_status($1::text::xid8)", self._doubtful)
        if state == "in progress":
            message = "a commit is under way whose connection was lost"
            raise TimeoutError(message)
        self._doubtful = None
        return bool(state == "committed")


def _by_column(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in names]
