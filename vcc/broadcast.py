"""Facts to everyone who listens: the event log first, then the day's figures, metrics and live streams."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import structlog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from core.facts import Fact

_log = structlog.get_logger()


class _Sink(Protocol):
    def append(self, fact: Fact) -> None: ...


class Broadcast:
    """Hands each fact to the log, then to synchronous listeners, then to subscribers' bounded queues."""

    def __init__(self, log: _Sink) -> None:
        """`log` gets every fact first."""
        self._log = log
        self._listeners: list[Callable[[Fact], None]] = []
        self._subscribers: set[asyncio.Queue[Fact | None]] = set()

    def listen(self, listener: Callable[[Fact], None]) -> None:
        """Call `listener` with every fact from now on; it must be quick and must not raise."""
        self._listeners.append(listener)

    def append(self, fact: Fact) -> None:
        """Take a fact; never waits."""
        self._log.append(fact)
        for listener in self._listeners:
            listener(fact)
        for queue in [q for q in self._subscribers if not _offer(q, fact)]:
            self._cut_off(queue)

    def _cut_off(self, queue: asyncio.Queue[Fact | None]) -> None:
        self._subscribers.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
        _log.warning("a live reader was too slow and was cut off")

    @asynccontextmanager
    async def subscribe(self, bound: int = 1_000) -> AsyncIterator[AsyncIterator[Fact]]:
        """Live facts from now on; a reader that falls `bound` facts behind is cut off: its iterator ends."""
        queue: asyncio.Queue[Fact | None] = asyncio.Queue(bound)
        self._subscribers.add(queue)
        try:
            yield _read(queue)
        finally:
            self._subscribers.discard(queue)

    def close(self) -> None:
        """End every reader."""
        for queue in list(self._subscribers):
            self._cut_off(queue)


def _offer(queue: asyncio.Queue[Fact | None], fact: Fact) -> bool:
    if queue.full():
        return False
    queue.put_nowait(fact)
    return True


async def _read(queue: asyncio.Queue[Fact | None]) -> AsyncIterator[Fact]:
    while (fact := await queue.get()) is not None:
        yield fact
