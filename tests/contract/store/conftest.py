"""Every store that there is, made the same way: `await home.open()`, as often as one likes, on the same data."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
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


LASTING = ["sqlite", pytest.param("redis", marks=pytest.mark.redis)]


@asynccontextmanager
async def live_home(kind: str, path: Path) -> AsyncIterator[LiveHome]:
    """A place for live state, empty."""
    home = LiveHome(kind, path)
    async with AsyncExitStack() as stack:
        if kind == "redis":
            home.redis = await stack.enter_async_context(RedisServer(path / "redis", durable=True))
        stack.push_async_callback(home.close)
        yield home


@pytest.fixture(params=["memory", *LASTING])
async def live(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LiveHome]:
    """A place for live state, of every kind."""
    async with live_home(request.param, tmp_path) as home:
        yield home


@pytest.fixture(params=LASTING)
async def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LiveHome]:
    """A place for live state that is there after a restart."""
    async with live_home(request.param, tmp_path) as home:
        yield home


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
        with PostgresServer(found) as server:
            yield server.url
    else:
        pytest.skip("no PostgreSQL: set VCC_TEST_POSTGRES to postgresql://user@host, or install Debian's postgresql")


async def _administer(url: str, command: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    await connection.execute(command)
    await connection.close()


@asynccontextmanager
async def postgres_database(url: str, *, template: str = "template1") -> AsyncIterator[str]:
    """A database of its own on the server at `url`, dropped at the end; its URL."""
    name = f"vcc_test_{os.getpid()}_{next(_numbers)}"
    await _administer(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield f"{url}/{name}"
    await _administer(url, f"DROP DATABASE {name} WITH (FORCE)")


async def _migrated(setting: str, folder: Path) -> None:
    log = SqlEventLog(history_url(setting, folder))
    await log.start()
    await log.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty history that has its tables, to be copied: migrations take longer than most tests."""
    folder = tmp_path_factory.mktemp("migrated")
    asyncio.run(_migrated("history.sqlite", folder))
    return folder / "history.sqlite"


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> str:
    """The name of an empty database that has its tables, to be copied."""
    name = f"vcc_test_{os.getpid()}_template"
    asyncio.run(_administer(postgres_url, f"CREATE DATABASE {name}"))
    asyncio.run(_migrated(f"{postgres_url}/{name}", Path()))
    return name


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def history_kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The kind of database, and what an empty history is copied from."""
    source = request.getfixturevalue(f"migrated_{request.param}")
    return request.param, str(source)


@pytest.fixture
async def history(
    history_kind: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[LogHome]:
    """A place for the event log, of every kind."""
    kind, source = history_kind
    async with AsyncExitStack() as stack:
        if kind == "sqlite":
            home = LogHome("history.sqlite", tmp_path)
            shutil.copy(source, tmp_path / "history.sqlite")
        else:
            server = request.getfixturevalue("postgres_url")
            home = LogHome(await stack.enter_async_context(postgres_database(server, template=source)), tmp_path)
        stack.push_async_callback(home.close)
        yield home
