"""The event log over SQLite or PostgreSQL: what `reporting.port.EventLog` asks for, put together.

    append -> inbox -> writer (history_sqlite, history_postgres): facts, and records of the contacts that have ended
    facts, scan, records -> history_reads
    start: migrate; then repair: records that are missing, contacts whose end nobody has told

Reading sees everything that was appended before.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from core.errors import StoreError
from vcc.storage.database import open_database
from vcc.storage.history_reads import HistoryReads
from vcc.storage.history_repair import HistoryRepair
from vcc.storage.history_sqlite import SqliteHistoryWriter
from vcc.storage.inbox import OrderedInbox
from vcc.storage.migrate import migrate, migrate_apart
from vcc.storage.open_contacts import OpenContacts
from vcc.storage.progress import Progress
from vcc.storage.reasons import SQL_ERRORS, reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlalchemy import URL

    from core.facts import Fact
    from reporting.port import RecordQuery
    from reporting.record import ContactRecord
    from vcc.storage.history_postgres import PostgresHistoryWriter

_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
#: Rows per transaction: what the event loop or a thread is busy with at a time.
_AT_ONCE = 500


def history_url(setting: str, folder: Path) -> URL:
    """Where the history is: `setting` is a database's URL, or a file relative to `folder`. Raises StoreError."""
    if "://" not in setting:
        return sa.URL.create("sqlite", database=str(folder / setting))
    try:
        url = sa.make_url(setting)
        return url.set(drivername=_DRIVERS[url.drivername])
    except (ArgumentError, KeyError, ValueError):
        message = "storage.history is neither a file name nor a URL like postgresql://user@host/database"
        raise StoreError(message) from None


class SqlEventLog:
    """Fulfils `reporting.port.EventLog`. `start` before use, `close` at the end."""

    def __init__(
        self,
        url: URL,
        *,
        bound: int = 100_000,
        gather_s: float = 0.05,
        flush_timeout_s: float = 10.0,
        busy_s: float = 5.0,
        migrate_apart: bool = False,
    ) -> None:
        """Keep the log at `url` (see `history_url`); at most `bound` facts may wait to be written.

        `gather_s`: how long facts are gathered between two transactions, each of which costs a wake-up, and in
        PostgreSQL round trips. `busy_s`: how long a transaction waits for another process that writes to the same
        SQLite file. `migrate_apart`: a new schema is made by a process of its own.
        """
        self._url = url
        self._migrate_apart = migrate_apart
        self._database = open_database(url, busy_s)
        self._reads = HistoryReads(self._database)
        self._repair = HistoryRepair(self._database, self._reads)
        self._progress = Progress("the event log", flush_timeout_s=flush_timeout_s)
        self._inbox: OrderedInbox[Fact] = OrderedInbox(self._progress, bound=bound, at_once=_AT_ONCE)
        self._writer = self._make_writer(gather_s, busy_s)

    def _make_writer(self, gather_s: float, busy_s: float) -> SqliteHistoryWriter | PostgresHistoryWriter:
        contacts = OpenContacts()
        if self._url.get_backend_name() == "sqlite":
            path = str(self._url.database)
            return SqliteHistoryWriter(path, self._progress, self._inbox, contacts, gather_s=gather_s, busy_s=busy_s)
        from vcc.storage.history_postgres import PostgresHistoryWriter  # noqa: PLC0415 - asyncpg only where it is used

        return PostgresHistoryWriter(self._url, self._progress, self._inbox, contacts, gather_s=gather_s)

    @property
    def pending(self) -> int:
        """How much is waiting to be written."""
        return self._progress.pending

    @property
    def healthy(self) -> bool:
        """Whether it is written, and the last write succeeded."""
        return self._progress.healthy

    async def start(self) -> None:
        """Open the database and bring its tables up to date. Raises StoreError if it cannot be used."""
        try:
            if self._url.get_backend_name() == "sqlite":
                _make_file(Path(str(self._url.database)))
            else:
                await self._check_encoding()
            if self._migrate_apart:
                await migrate_apart(self._database)
            await migrate(self._database)
        except SQL_ERRORS as error:
            await self._database.close()
            where = self._url.render_as_string(hide_password=True)
            message = (
                f"the history at {where} cannot be opened: {reason(error)}; check `storage.history`, rights and disk"
            )
            raise StoreError(message) from error
        except BaseException:
            await self._database.close()
            raise
        self._writer.start()

    async def _check_encoding(self) -> None:
        encoding = await self._database.read(lambda its: its.exec_driver_sql("SHOW server_encoding").scalar())
        if encoding != "UTF8":
            message = (
                f"the database {self._url.database} has the encoding {encoding}, in which not every caller's name can "
                "be written: make one with ENCODING 'UTF8'"
            )
            raise StoreError(message)

    def append(self, fact: Fact) -> None:
        """Take a fact; it is written in order within milliseconds. Raises StoreError at the bound."""
        self._inbox.add(fact)
        self._writer.note()

    async def flush(self) -> None:
        """Return when all that was appended is written. Raises StoreError if it cannot be."""
        await self._progress.flush()

    async def facts(self, contact: str) -> Sequence[Fact]:
        """All facts of a contact, in the order appended; none if it is not known. Raises StoreError."""
        await self.flush()
        return await self._reads.facts(contact)

    async def scan(self, since: float, until: float, *, names: frozenset[str] | None = None) -> AsyncIterator[Fact]:
        """All facts with since <= at < until, in order of time; only those of `names`. Raises StoreError."""
        await self.flush()
        async for fact in self._reads.scan(since, until, names):
            yield fact

    async def records(self, query: RecordQuery) -> Sequence[ContactRecord]:
        """The records that the query asks for. Raises NotFoundError for an unknown `before`, StoreError."""
        await self.flush()
        return await self._reads.records(query)

    async def repair(self) -> Sequence[str]:
        """Write the records that are missing though their contacts are over; tell, oldest first, the contacts of the
        last days whose end is not on record: each goes on still, or its `ContactEnded` was lost and has to be
        appended. Call once after `start`. Raises StoreError.
        """
        await self.flush()
        return await self._repair.missing_records()

    async def recompute(self, since: float, until: float) -> int:
        """Compute the records of all contacts that arrived in [since, until) anew, as when a definition has changed;
        returns how many contacts that were. Raises StoreError.
        """
        await self.flush()
        return await self._repair.recompute(since, until)

    async def close(self) -> None:
        """Write what is pending and let go. Raises StoreError if that failed: what was pending is lost then."""
        try:
            await self._writer.close()
        finally:
            await self._database.close()


def _make_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # it holds personal data
