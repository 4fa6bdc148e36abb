"""From the wire's thread to the event loop: in order, bounded, and without polling.

Events are kept as the bytes they came as, so that the bound on them is the bound on memory, and are parsed only when
their turn comes. What does not fit is not kept: at the place in the order where events are missing stands how many.
Answers to commands, which are bounded by the commands, always fit.
"""

from __future__ import annotations

import threading
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING

import structlog

from telephony.freeswitch.frames import EslFrameError, Event, parse_event

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

MAX_EVENTS = 100_000
MAX_EVENT_BYTES = 64 * 1024 * 1024
#: So long events are treated at a stretch; then others in the event loop have their turn.
SLICE_S = 0.005

_log = structlog.get_logger()


class _Lost:
    """Events that did not fit, at their place."""

    def __init__(self) -> None:
        self.count = 0


class Inbox:
    """A queue whose one end is in the wire's thread and whose other is in the event loop.

    `on_event` gets every event, `on_lost` how many could not be kept or read: what the switch did meanwhile is to be
    asked of it. Both are called in the event loop and must not wait.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_event: Callable[[Event], None], on_lost: Callable[[int], None]
    ) -> None:
        """An empty one."""
        self._loop, self._on_event, self._on_lost = loop, on_event, on_lost
        self._lock = threading.Lock()
        self._items: deque[bytes | _Lost | Callable[[], None]] = deque()
        self._events = self._bytes = 0
        self._losing: _Lost | None = None
        self._woken = self._closed = False

    # --- in the wire's thread

    def event(self, body: bytes) -> None:
        """Add an event. Raises RuntimeError when the event loop is closed."""
        with self._lock:
            if self._closed:
                return
            if self._losing is not None:
                self._losing.count += 1
                return
            if self._events >= MAX_EVENTS or self._bytes + len(body) > MAX_EVENT_BYTES:
                self._losing = _Lost()
                self._losing.count = 1
                self._items.append(self._losing)
            else:
                self._events += 1
                self._bytes += len(body)
                self._items.append(body)
        self._wake()

    def tell(self, what: Callable[[], None]) -> None:
        """Have `what` called in the event loop, after all that came before. Raises RuntimeError as `event` does."""
        with self._lock:
            self._items.append(what)
        self._wake()

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._drain)

    # --- in the event loop

    def close(self) -> None:
        """Forget the events that are there, and take no more; what is told comes still."""
        with self._lock:
            self._closed = True
            self._items = deque(item for item in self._items if not isinstance(item, bytes | _Lost))
            self._losing, self._events, self._bytes = None, 0, 0

    def _drain(self) -> None:
        self._woken = False  # before the first look: what comes during it wakes again
        until = perf_counter() + SLICE_S
        while (item := self._next()) is not None:
            try:
                self._treat(item)
            except Exception:  # noqa: BLE001 - one event must not take the wire down
                _log.exception("what the switch said could not be treated")
            if perf_counter() > until:
                self._woken = True
                self._loop.call_soon(self._drain)
                return

    def _next(self) -> bytes | _Lost | Callable[[], None] | None:
        with self._lock:
            if not self._items:
                return None
            item = self._items.popleft()
            if isinstance(item, bytes):
                self._events -= 1
                self._bytes -= len(item)
            elif item is self._losing:
                self._losing = None
            return item

    def _treat(self, item: bytes | _Lost | Callable[[], None]) -> None:
        if isinstance(item, _Lost):
            self._on_lost(item.count)
        elif isinstance(item, bytes):
            try:
                event = parse_event(item)
            except EslFrameError as error:
                _log.warning("an event of the switch could not be read", reason=str(error))
                self._on_lost(1)
            else:
                self._on_event(event)
        else:
            item()
