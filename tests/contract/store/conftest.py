"""Every store that there is, made the same way: `await home.open()`, as often as one likes, on the same data."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.contract.store.postgres import PostgresServer, programs
from tests.lab.redis import RedisServer
from vcc.storage.history import SqlEventLog, history_url
from vcc.storage.live_memory import MemoryLiveStore
from vcc.storage.live_redis import RedisLiveStore
from vcc.storage.live_sqlite import SqliteLiveStore

LiveStores = MemoryLiveStore | SqliteLiveStore | RedisLiveStore
_numbers = count()


@dataclass
class LiveHome:
    """Where live state is; what was opened is closed at the end of the test."""

    kind: str
    path: Path
    redis: RedisServer | None = None
    opened: list[LiveStores] = field(default_factory=list)

    @property
    def lasting(self) -> bool:
        """Whether it is there after a restart."""
        return self.kind != "memory"

    async def open(self, **options: Any) -> LiveStores:
        """Open a store on it."""
        store: LiveStores
        if self.kind == "memory":
            store = MemoryLiveStore()
        elif self.redis is not None:
            store = RedisLiveStore(self.redis.url, **options)
        else:
            store = SqliteLiveStore(self.path / "state" / "live.sqlite", **options)
        await store.start()
        self.opened.append(store)
        return store

    async def close(self) -> None:
        """Close everything opened."""
        while self.opened:
            await self.opened.pop().close()


@pytest.fixture(params=["memory", "sqlite", pytest.param("redis", marks=pytest.mark.redis)])
async def live(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LiveHome]:
    """A place for live state, of every kind."""
    home = LiveHome(request.param, tmp_path)
    if request.param != "redis":
        yield home
        await home.close()
        return
    async with RedisServer(tmp_path / "redis", durable=True) as home.redis:
        yield home
        await home.close()


@dataclass
class LogHome:
    """Where the event log is."""

    setting: str
    path: Path
    opened: list[SqlEventLog] = field(default_factory=list)

    async def open(self, **options: Any) -> SqlEventLog:
        """Open a log on it."""
        log = SqlEventLog(history_url(self.setting, self.path), **options)
        await log.start()
        self.opened.append(log)
        return log

    async def close(self) -> None:
        """Close everything opened."""
        while self.opened:
            await self.opened.pop().close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL, without a database: VCC_TEST_POSTGRES, or one started here if the programs are there."""
    given, found = os.environ.get("VCC_TEST_POSTGRES"), programs()
    if given:
        yield given.rstrip("/")
    elif found:
        with asyncio.Runner() as runner:
            server = PostgresServer(found)
            runner.run(server.__aenter__())
            yield server.url
            runner.run(server.__aexit__(None, None, None))
    else:
        pytest.skip("no PostgreSQL: set VCC_TEST_POSTGRES to postgresql://user@host, or install Debian's postgresql")


async def new_database(url: str) -> str:
    """Make a database of its own for a test."""
    name = f"vcc_test_{os.getpid()}_{next(_numbers)}"
    connection = await asyncpg.connect(f"{url}/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"{url}/{name}"


async def drop_database(url: str) -> None:
    """Drop it."""
    server, _, name = url.rpartition("/")
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def history(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LogHome]:
    """A place for the event log, of every kind."""
    if request.param == "sqlite":
        home = LogHome("history.sqlite", tmp_path / "state")
        yield home
        await home.close()
        return
    database = await new_database(request.getfixturevalue("postgres_url"))
    home = LogHome(database, tmp_path)
    yield home
    await home.close()
    await drop_database(database)
