"""The history's database: what reads it and what changes it, one connection and one transaction each.

SQLite       SQLAlchemy's plain engine, in threads of this module's own
PostgreSQL   its asyncio engine (`database_postgres`), which is loaded only where it is used: it takes 8 MB
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

import sqlalchemy as sa

from vcc.storage import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection

T = TypeVar("T")

#: How many read an SQLite file at the same time; who comes later waits.
_READERS = 4


class Database(Protocol):
    """A database that is open; what it raises is in `reasons.SQL_ERRORS`."""

    @property
    def url(self) -> URL:
        """Where it is."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds; it changes nothing."""
        ...

    async def change(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, its changes kept; all are undone if it raises."""
        ...

    async def close(self) -> None:
        """Let go of all connections, when those who read have what they wanted."""
        ...


def open_database(url: URL, busy_s: float) -> Database:
    """The database at `url`, which is connected to when it is first used; `busy_s`: how long a transaction waits for
    another process that writes to the same SQLite file.
    """
    if url.get_backend_name() == "sqlite":
        return SqliteDatabase(url, busy_s)
    from vcc.storage.database_postgres import PostgresDatabase  # noqa: PLC0415 - only where it is used, see above

    return PostgresDatabase(url)


class SqliteDatabase:
    """Fulfils `Database` over a file."""

    def __init__(self, url: URL, busy_s: float = 5.0) -> None:
        """Use the file of `url`."""
        self.url = url
        self._threads = ThreadPoolExecutor(_READERS, "history")
        self._engine = sa.create_engine(
            url,
            pool_size=_READERS,
            pool_timeout=5.0,
            connect_args={"timeout": busy_s},
            json_deserializer=json_text.decode,
        )
        sa.event.listen(self._engine, "connect", _prepare)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds; it runs in a thread."""

        def reading() -> T:
            with self._engine.connect() as connection:
                return work(connection)

        return await self._in_thread(reading)

    async def change(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, its changes kept; it runs in a thread."""

        def changing() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await self._in_thread(changing)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()


def _prepare(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")  # readers and the writer do not wait for each other
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()
