"""Opens the stores that the configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcc.storage.history import SqlEventLog, history_url
from vcc.storage.live_sqlite import SqliteLiveStore

if TYPE_CHECKING:
    from pathlib import Path

    from tenancy.model import Storage
    from vcc.storage.live_redis import RedisLiveStore


async def open_live_store(storage: Storage, state: Path) -> RedisLiveStore | SqliteLiveStore:
    """Live state: Redis where the configuration names one, else a file in the state folder. Raises StoreError."""
    store: RedisLiveStore | SqliteLiveStore
    if storage.redis:
        from vcc.storage.live_redis import RedisLiveStore  # noqa: PLC0415 - 6 MB that only a Redis needs

        store = RedisLiveStore(storage.redis)
    else:
        store = SqliteLiveStore(state / storage.live)
    await store.start()
    return store


async def open_event_log(storage: Storage, state: Path) -> SqlEventLog:
    """The event log: a database by URL, or a file in the state folder. Raises StoreError."""
    log = SqlEventLog(history_url(storage.history, state), migrate_apart=True)
    await log.start()
    return log
