"""How far a writer has come with what was handed to it, and who waits for that.

The event loop counts what is handed over (`given`); the writer, a task or a thread, says up to where it is `wrote`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

import structlog

from core.errors import StoreError
from vcc.storage.reasons import reason

_log = structlog.get_logger()
#: Pauses of a writer between two tries, in seconds: doubled from the first up to the last.
FIRST_PAUSE_S = 0.05
LAST_PAUSE_S = 2.0


class Progress:
    """One writer's progress. All methods but `wrote`, `failed` and `gave_up` belong to the event loop."""

    def __init__(self, name: str, *, flush_timeout_s: float) -> None:
        """`name` says in logs and errors what is written."""
        self.name = name
        self.given = 0
        self.alive = False
        self._written = 0
        self._flush_timeout_s = flush_timeout_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._error: Exception | None = None
        self._failing_since = 0.0

    def start(self) -> None:
        """The writer begins, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self.alive = True

    @property
    def healthy(self) -> bool:
        """Whether the writer lives and its last try succeeded."""
        return self.alive and self._error is None

    @property
    def pending(self) -> int:
        """How much was given and is not written yet."""
        return self.given - self._written

    @property
    def failure(self) -> str:
        """Why the last try failed; empty if it did not."""
        error = self._error
        return "" if error is None else reason(error)

    def check_alive(self) -> None:
        """Raises StoreError if nothing writes."""
        if not self.alive:
            message = f"{self.name} is not being written: it is not started, or closed, or its writer has died"
            raise StoreError(message)

    async def flush(self) -> None:
        """Return when everything given before is written. Raises StoreError if it is not within the time-out."""
        if self._written >= self.given:
            return
        self.check_alive()
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append((self.given, waiter))
        self._release()  # a thread may have finished before it could see that somebody waits
        try:
            async with asyncio.timeout(self._flush_timeout_s):
                await waiter
        except TimeoutError:
            why = self.failure or "the writer is too slow, or has died"
            message = f"{self.name} could not be written within {self._flush_timeout_s:g} s: {why}"
            raise StoreError(message) from self._error

    def _release(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._written:
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)

    # --- for the writer, whatever thread it is in ---

    def wrote(self, up_to: int) -> None:
        """Everything given up to this count is safe. Wakes the event loop only if somebody waits there."""
        self._written = up_to
        if self._error is not None:
            away_s = round(time.monotonic() - self._failing_since, 3)
            _log.info("store is written again", store=self.name, away_s=away_s)
            self._error = None
        if self._waiting and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._release)

    def failed(self, error: Exception) -> None:
        """A try failed and will be repeated."""
        if self._error is None:
            self._failing_since = time.monotonic()
            _log.warning("store cannot be written, trying again", store=self.name, error=reason(error))
        self._error = error

    def gave_up(self, error: Exception) -> None:
        """The writer has died of a defect."""
        _log.error("writer died", store=self.name, exc_info=error)
        self._error = error
        self.alive = False
