"""Live state in Redis, so that several processes can share a platform later: one hash per kind, JSON text by key.

A batch is one MULTI. While Redis is away the newest value of each key is kept here and written when it is back;
`healthy` tells. What survives a crash of Redis itself is Redis's own affair: run it with `appendonly yes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.errors import StoreError
from vcc.storage.inbox import LatestInbox
from vcc.storage.live_json import Encoded, decode, encode
from vcc.storage.progress import Progress
from vcc.storage.writers import TaskWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

_ERRORS = (RedisError, OSError, TimeoutError)
_SCAN = 500


class RedisLiveStore:
    """Fulfils `vcc.calls.ports.LiveStore`. `start` before use, `close` at the end."""

    def __init__(
        self,
        url: str,
        prefix: str = "vcc",
        *,
        bound: int = 100_000,
        gather_s: float = 0.01,
        timeout_s: float = 2.0,
        flush_timeout_s: float = 10.0,
    ) -> None:
        """Keep live state at `url` in hashes named `prefix:kind`; a request takes at most `timeout_s`."""
        self._prefix = prefix
        self._redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),  # retried here, with the newest values
        )
        at = self._redis.connection_pool.connection_kwargs
        self._name = f"Redis at {at.get('host', at.get('path', '?'))}:{at.get('port', '')}"
        self._progress = Progress("the live state", flush_timeout_s=flush_timeout_s)
        self._inbox = LatestInbox(self._progress, bound)
        self._writer = TaskWriter(
            self._progress, self._inbox, prepare=encode, write=self._write, errors=_ERRORS, gather_s=gather_s
        )

    @property
    def pending(self) -> int:
        """How much is waiting to be written."""
        return self._progress.pending

    @property
    def healthy(self) -> bool:
        """Whether the last write succeeded."""
        return self._progress.healthy

    async def start(self) -> None:
        """Connect. Raises StoreError if Redis does not answer."""
        try:
            await self._redis.ping()
        except _ERRORS as error:
            await self._redis.aclose()
            message = f"{self._name} does not answer ({error}): start it, or correct `storage.redis`"
            raise StoreError(message) from error
        self._writer.start()

    def put(self, kind: str, key: str, data: Mapping[str, Any]) -> None:
        """Keep `data` in place of what was there; it must not be changed any more. Raises StoreError at the bound."""
        self._inbox.add(kind, key, data)
        self._writer.note()

    def delete(self, kind: str, key: str) -> None:
        """Forget it; no error if it is not there. Raises StoreError at the bound."""
        self._inbox.add(kind, key, None)
        self._writer.note()

    async def flush(self) -> None:
        """Return when Redis has everything before. Raises StoreError if it does not take it."""
        await self._progress.flush()

    async def load(self, kind: str) -> dict[str, dict[str, Any]]:
        """All of a kind, by key. Raises StoreError."""
        await self.flush()
        try:
            rows = [row async for row in self._redis.hscan_iter(self._hash(kind), count=_SCAN)]
        except _ERRORS as error:
            message = f"{self._name} cannot be read: {error}"
            raise StoreError(message) from error
        return decode(kind, rows)

    async def close(self) -> None:
        """Write what is pending and disconnect. Raises StoreError if that failed."""
        try:
            await self._writer.close()
        finally:
            await self._redis.aclose()

    def _hash(self, kind: str) -> str:
        return f"{self._prefix}:{kind}"

    async def _write(self, encoded: Encoded) -> None:
        mappings: dict[str, dict[Any, Any]] = {}
        for kind, key, text in encoded.puts:
            mappings.setdefault(kind, {})[key] = text
        async with self._redis.pipeline(transaction=True) as transaction:
            for kind, mapping in mappings.items():
                transaction.hset(self._hash(kind), mapping=mapping)
            for kind, keys in encoded.deletes.items():
                transaction.hdel(self._hash(kind), *keys)
            await transaction.execute()
