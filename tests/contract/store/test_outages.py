"""A database that is away for a while: nothing is lost, nothing is doubled, and it can be seen."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection

from core.errors import StoreError
from core.facts import NodeChanged
from reporting.port import RecordQuery
from tests.contract.store.conftest import LogHome, postgres_database
from tests.contract.store.postgres import PostgresServer, programs
from tests.lab.redis import RedisServer
from tests.unit.reporting.story import Story
from vcc.storage.history import SqlEventLog, history_url
from vcc.storage.live_redis import RedisLiveStore
from vcc.storage.live_sqlite import SqliteLiveStore

if TYPE_CHECKING:
    from vcc.storage.progress import Progress

_TIMEOUT_S = 20.0


async def until_failing(store: RedisLiveStore | SqliteLiveStore | SqlEventLog) -> None:
    """Return when the store says that it could not write."""
    progress: Progress = store._progress
    async with asyncio.timeout(_TIMEOUT_S):
        while progress.healthy:  # noqa: ASYNC110 - the writer tells nobody but whoever asks
            await asyncio.sleep(0.01)


# --- Redis --------------------------------------------------------------------------------------------------------


@pytest.mark.redis
async def test_redis_goes_and_comes_back(tmp_path: Path) -> None:
    async with RedisServer(tmp_path, durable=True) as server:
        store = RedisLiveStore(server.url)
        await store.start()
        store.put("session", "c1", {"n": 1})
        store.put("session", "c2", {"n": 1})
        await store.flush()
        await server.kill()
        for n in range(2, 200):
            store.put("session", "c1", {"n": n})
        store.delete("session", "c2")
        await until_failing(store)
        store.put("session", "c1", {"n": 200})
        store.put("ticket", "c3", {"n": 3})
        with pytest.raises(StoreError, match=r"could not be written within 0.2 s: .*Error"):
            await flush_within(store, 0.2)
        await server.start()
        await store.flush()
        assert store.healthy
        assert await store.load("session") == {"c1": {"n": 200}}
        assert await store.load("ticket") == {"c3": {"n": 3}}
        await store.close()


async def flush_within(store: RedisLiveStore | SqlEventLog, timeout_s: float) -> None:
    progress: Progress = store._progress
    usual, progress._flush_timeout_s = progress._flush_timeout_s, timeout_s
    try:
        await store.flush()
    finally:
        progress._flush_timeout_s = usual


@pytest.mark.redis
async def test_while_redis_is_away_no_more_than_the_bound_is_kept(tmp_path: Path) -> None:
    async with RedisServer(tmp_path, durable=True) as server:
        store = RedisLiveStore(server.url, bound=100)
        await store.start()
        await server.kill()
        store.put("agent", "first", {"n": 0})
        await until_failing(store)  # what is being tried takes no more room
        for n in range(100):
            store.put("session", f"c{n}", {"n": n})
        await asyncio.sleep(0)
        with pytest.raises(StoreError, match=r"100 keys wait .*Connection"):
            store.put("session", "c100", {"n": 100})
        store.put("session", "c99", {"n": -1})  # waits already
        await server.start()
        await store.flush()
        assert (await store.load("session"))["c99"] == {"n": -1}
        await store.close()


@pytest.mark.redis
async def test_a_redis_that_cannot_be_reached_says_what_to_do(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server:
        port = server.port
    store = RedisLiveStore(f"redis://:hunter2@127.0.0.1:{port}/0", timeout_s=1.0)
    with pytest.raises(StoreError, match=rf"Redis at 127.0.0.1:{port} does not answer .*storage.redis") as raised:
        await store.start()
    assert "hunter2" not in str(raised.value)


@pytest.mark.redis
async def test_two_platforms_share_a_redis(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server:
        one, other = RedisLiveStore(server.url, "one"), RedisLiveStore(server.url, "other")
        await one.start()
        await other.start()
        one.put("session", "c1", {"n": 1})
        other.put("session", "c1", {"n": 2})
        assert await one.load("session") == {"c1": {"n": 1}}
        assert await other.load("session") == {"c1": {"n": 2}}
        await one.close()
        await other.close()


@pytest.mark.redis
async def test_a_batch_is_one_transaction_in_redis(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server:
        store = RedisLiveStore(server.url)
        await store.start()
        for n in range(10):
            store.put("session", f"c{n}", {})
            store.put("ticket", f"c{n}", {})
        store.delete("agent", "li")
        await store.flush()
        used = await store._redis.info("commandstats")
        assert {name: used[f"cmdstat_{name}"]["calls"] for name in ("multi", "exec", "hset", "hdel")} == {
            "multi": 1,
            "exec": 1,
            "hset": 2,
            "hdel": 1,
        }
        await store.close()


@pytest.mark.redis
async def test_closing_while_redis_is_away_says_that_something_is_lost(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server:
        store = RedisLiveStore(server.url, flush_timeout_s=0.2)
        await store.start()
        await server.kill()
        store.put("session", "c1", {"n": 1})
        with pytest.raises(StoreError, match="the live state could not be written"):
            await store.close()


# --- SQLite -------------------------------------------------------------------------------------------------------


async def test_a_history_that_another_process_locks(tmp_path: Path, migrated_sqlite: Path) -> None:
    file = tmp_path / "history.sqlite"
    file.write_bytes(migrated_sqlite.read_bytes())
    log = SqlEventLog(history_url("history.sqlite", tmp_path), busy_s=0.05, flush_timeout_s=_TIMEOUT_S)
    await log.start()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    facts = [NodeChanged(at=float(n), up=True) for n in range(2_000)]
    for fact in facts[:1_000]:
        log.append(fact)
    await until_failing(log)
    for fact in facts[1_000:]:
        log.append(fact)
    with pytest.raises(StoreError, match=r"within 0.1 s: OperationalError: database is locked"):
        await flush_within(log, 0.1)
    other.execute("ROLLBACK")
    other.close()
    assert [fact async for fact in log.scan(0, 1e6)] == facts
    assert log.healthy
    await log.close()


async def test_two_processes_cannot_use_the_same_live_state(tmp_path: Path) -> None:
    first, second = SqliteLiveStore(tmp_path / "live.sqlite"), SqliteLiveStore(tmp_path / "live.sqlite")
    await first.start()
    with pytest.raises(StoreError, match="in use by another process"):
        await second.start()
    await first.close()
    third = SqliteLiveStore(tmp_path / "live.sqlite")
    await third.start()
    await third.close()


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def own_postgres() -> AsyncIterator[PostgresServer]:
    """A server that a test may stop."""
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL programs here: install Debian's postgresql")
    server = PostgresServer(found)
    await asyncio.to_thread(server.__enter__)
    yield server
    await asyncio.to_thread(server.__exit__, None, None, None)


@pytest.mark.postgres
async def test_postgres_goes_and_comes_back(own_postgres: PostgresServer, tmp_path: Path) -> None:
    async with postgres_database(own_postgres.url) as database:
        home = LogHome(database, tmp_path)
        log = await home.open(flush_timeout_s=_TIMEOUT_S)
        facts = []

        def tell(first: int, last: int) -> None:
            for n in range(first, last):
                story = Story(f"c{n:04}").arrives(float(n)).flow(float(n)).ends(n + 0.5)
                for fact in story.facts:
                    log.append(fact)
                facts.extend(story.facts)

        tell(0, 100)
        await log.flush()
        tell(100, 150)
        await asyncio.to_thread(own_postgres.stop, at_once=True)
        tell(150, 300)
        await until_failing(log)
        with pytest.raises(StoreError, match="could not be written within"):
            await flush_within(log, 0.2)
        await asyncio.to_thread(own_postgres.start)
        assert [fact async for fact in log.scan(0, 1e6)] == facts
        assert len(await log.records(RecordQuery(limit=1_000))) == 300
        assert log.healthy
        await home.close()


@pytest.mark.postgres
@pytest.mark.parametrize("history_kind", ["postgres"], indirect=True)
@pytest.mark.parametrize("committed", [True, False])
async def test_a_commit_whose_answer_was_lost_is_not_repeated(
    history: LogHome, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    """The connection breaks at the COMMIT: once after the server has done it, once before."""
    from asyncpg.transaction import Transaction  # type: ignore[import-untyped]  # noqa: PLC0415

    log = await history.open(flush_timeout_s=_TIMEOUT_S)
    commit, breaks = Transaction.commit, [True]

    async def break_at_commit(self: Transaction) -> None:
        if breaks and log._progress.given:
            breaks.clear()
            if committed:
                await commit(self)
            self._connection.terminate()
            raise ConnectionResetError("the network is gone")
        await commit(self)

    monkeypatch.setattr(Transaction, "commit", break_at_commit)
    facts = [NodeChanged(at=float(n), up=True) for n in range(3)]
    for fact in facts:
        log.append(fact)
    assert [fact async for fact in log.scan(0, 1e6)] == facts
    assert not breaks


@pytest.mark.postgres
async def test_a_database_that_cannot_hold_every_text_is_refused(postgres_url: str, tmp_path: Path) -> None:
    options = "template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    async with postgres_database(postgres_url, template=options) as database:
        log = SqlEventLog(history_url(database, tmp_path))
        with pytest.raises(StoreError, match=r"has the encoding LATIN1, .*: make one with ENCODING 'UTF8'"):
            await log.start()


async def test_a_row_that_the_database_refuses_does_not_stop_the_others(history: LogHome) -> None:
    log = await history.open()
    contact = Story("c1").arrives(1.0).flow(1.0)
    for fact in contact.facts:
        log.append(fact)
    await log.flush()

    def refuse(connection: Connection) -> None:  # a database that refuses something, whatever the reason
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON facts WHEN NEW.node = 'bad'"
                " BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        else:
            connection.exec_driver_sql("ALTER TABLE facts ADD CHECK (node <> 'bad')")

    await log._database.change(refuse)
    for fact in (
        NodeChanged(at=2.0, node="n1", up=True),
        NodeChanged(at=3.0, node="bad", up=True),
        *Story("c1").ends(4.0).facts,
    ):
        log.append(fact)
    assert [fact.at async for fact in log.scan(2, 1e6)] == [2.0, 4.0]
    (record,) = await log.records(RecordQuery())
    assert record.complete
    assert log.healthy
