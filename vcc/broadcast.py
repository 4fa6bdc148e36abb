"""Facts to everyone who listens: the event log first, then the day's figures, metrics and live streams."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import structlog

from core.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from core.facts import Fact

_log = structlog.get_logger()

#: Of the facts that are lost, each so many is told in the log.
_TELL_EVERY = 1_000


class _Sink(Protocol):
    def append(self, fact: Fact) -> None: ...


class _Reader:
    """One subscriber: what it has not read yet. Woken once for many facts."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._facts: deque[Fact] = deque()
        self._news = asyncio.Event()
        self._over = False

    def put(self, fact: Fact) -> bool:
        """Take a fact; False: the reader is too far behind."""
        if len(self._facts) >= self._bound:
            return False
        self._facts.append(fact)
        self._news.set()
        return True

    def end(self) -> None:
        """No more facts come, and those not read yet are given up."""
        self._facts.clear()
        self._over = True
        self._news.set()

    async def read(self) -> AsyncIterator[Fact]:
        """The facts, until the end."""
        while not self._over:
            await self._news.wait()
            self._news.clear()
            while self._facts:
                yield self._facts.popleft()


class Broadcast:
    """Hands each fact to the log, then to synchronous listeners, then to bounded subscribers."""

    def __init__(self, log: _Sink) -> None:
        """`log` gets every fact first."""
        self._log = log
        self._listeners: list[Callable[[Fact], None]] = []
        self._readers: set[_Reader] = set()
        self.lost = 0

    def listen(self, listener: Callable[[Fact], None]) -> None:
        """Call `listener` with every fact from now on; it must be quick and must not raise."""
        self._listeners.append(listener)

    def append(self, fact: Fact) -> None:
        """Take a fact; never waits."""
        self._write(fact)
        for listener in self._listeners:
            try:
                listener(fact)
            except Exception:  # noqa: BLE001 - what breaks a figure must not touch a call; logged with its trace
                _log.exception("a listener failed", fact=type(fact).__name__)
        slow = [reader for reader in self._readers if not reader.put(fact)]
        for reader in slow:
            self._readers.discard(reader)
            reader.end()
            _log.warning("a live reader was too slow and was cut off")

    def _write(self, fact: Fact) -> None:
        """Calls go on when the log can take no more: it says itself that it is not healthy; this counts the loss."""
        try:
            self._log.append(fact)
        except StoreError as error:
            self.lost += 1
            if self.lost == 1 or self.lost % _TELL_EVERY == 0:
                _log.critical("facts are lost", lost=self.lost, error=str(error))

    @asynccontextmanager
    async def subscribe(self, bound: int = 1_000) -> AsyncIterator[AsyncIterator[Fact]]:
        """Live facts from now on; a reader that falls `bound` facts behind is cut off: its iterator ends."""
        reader = _Reader(bound)
        self._readers.add(reader)
        try:
            yield reader.read()
        finally:
            self._readers.discard(reader)

    def close(self) -> None:
        """End every reader."""
        for reader in self._readers:
            reader.end()
        self._readers.clear()
