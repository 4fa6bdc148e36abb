"""The real clock, and timers of the event loop: what stands behind the ports of `core.clock` in production."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class WallClock:
    """The machine's clock."""

    def now(self) -> float:
        """POSIX seconds, UTC."""
        return time.time()


class LoopTimers:
    """Timers of an event loop, set for a time of day."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: WallClock) -> None:
        """`clock` is the one by which callers choose `when`."""
        self._loop = loop
        self._clock = clock

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Call back at `when`, soon if that is past."""
        return self._loop.call_later(max(0.0, when - self._clock.now()), callback)
