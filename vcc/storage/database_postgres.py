"""PostgreSQL as the history's database, through asyncpg."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.ext.asyncio import create_async_engine

from vcc.storage import json_text
from vcc.storage.schema import ARRIVALS, IS_ARRIVAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection

T = TypeVar("T")

#: Seconds to connect, and for one statement.
_LIMITS = {"timeout": 5.0, "command_timeout": 30.0}


ARRIVALS.dialect_kwargs["postgresql_where"] = IS_ARRIVAL


class PostgresDatabase:
    """Fulfils `vcc.storage.database.Database`."""

    def __init__(self, url: URL) -> None:
        """Use the database at `url`."""
        self.url = url
        self._engine = create_async_engine(
            url, pool_pre_ping=True, pool_timeout=5.0, connect_args=_LIMITS, json_deserializer=json_text.decode
        )

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def change(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, its changes kept."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._engine.dispose()
