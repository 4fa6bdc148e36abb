"""Writes the event log into an SQLite file, in a thread of its own: one transaction for everything pending."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import structlog

from vcc.storage.history_rows import facts_of
from vcc.storage.history_sql import SqliteStatements
from vcc.storage.reasons import reason
from vcc.storage.sqlite_rows import IN_MEMORY, execute_rows
from vcc.storage.writers import ThreadWriter

if TYPE_CHECKING:
    from core.facts import Fact
    from vcc.storage.inbox import OrderedInbox
    from vcc.storage.open_contacts import HistoryBatch, OpenContacts
    from vcc.storage.progress import Progress

_log = structlog.get_logger()
#: What says that a row can never be written, whenever it is tried.
_REFUSED = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, OverflowError, UnicodeError)


class SqliteHistoryWriter:
    """The writer's side of `SqlEventLog` for an SQLite file."""

    def __init__(
        self,
        path: str,
        progress: Progress,
        inbox: OrderedInbox[Fact],
        contacts: OpenContacts,
        *,
        gather_s: float,
        busy_s: float,
    ) -> None:
        """Write to the file `path`, which has its tables; wait at most `busy_s` for another writer's transaction."""
        self._path = path
        self._busy_s = busy_s
        self._contacts = contacts
        self._sql = SqliteStatements()
        self._connection: sqlite3.Connection | None = None
        self._writer = ThreadWriter(
            progress,
            inbox,
            prepare=contacts.prepare,
            write=self._write,
            errors=(sqlite3.Error, OSError),
            gather_s=gather_s,
        )

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    def note(self) -> None:
        """One more fact is in the inbox. Raises StoreError if nothing writes it."""
        self._writer.note()

    async def close(self) -> None:
        """Write what is left and let go of the file. Raises StoreError if that failed."""
        try:
            await self._writer.close()
        finally:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # --- in the thread ---

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path, timeout=self._busy_s, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(IN_MEMORY)
        return self._connection

    def _write(self, batch: HistoryBatch) -> None:
        try:
            self._transact(batch)
        except _REFUSED:
            for one in batch.singly():
                try:
                    self._transact(one)
                except _REFUSED as error:
                    _log.error("row refused by the database and lost", row=one.what, error=reason(error))

    def _transact(self, batch: HistoryBatch) -> None:
        connection, sql = self._opened(), self._sql
        connection.execute("BEGIN IMMEDIATE")
        try:
            execute_rows(connection, sql.insert_facts, batch.facts)
            records = batch.records
            for contact in batch.unknown:
                rows = connection.execute(sql.select_facts, (contact,))
                found = self._contacts.read_back(contact, facts_of(rows))
                if found:
                    connection.execute(sql.delete_records, (contact,))
                    records = records + found
            execute_rows(connection, sql.insert_records, records, sql.replace_records)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
