"""Time that goes on only when it is told to: a clock and its timers, the same on every run."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Protocol

from core.clock import Clock, Timers

if TYPE_CHECKING:
    from collections.abc import Callable

#: More timers within one moment than any honest program sets: a timer that sets itself again at once.
MAX_AT_ONCE = 1_000_000


class TimeSource(Clock, Timers, Protocol):
    """What tells the time and calls back."""


class _Timer:
    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Forget it."""
        self.callback = None


class VirtualClock:
    """A `core.clock.Clock` and `core.clock.Timers` whose time stands still between calls of `advance`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        """Begin at `now` (POSIX seconds)."""
        self._now = now
        self._timers: list[tuple[float, int, _Timer]] = []
        self._count = 0

    def now(self) -> float:
        """POSIX seconds."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], object]) -> _Timer:
        """Call back when time comes to `when`; what is past comes with the next `advance`."""
        self._count += 1
        timer = _Timer(callback)
        heapq.heappush(self._timers, (max(when, self._now), self._count, timer))
        return timer

    def next(self) -> float | None:
        """When the next timer is due; None if there is none."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def advance(self, seconds: float = 0.0) -> None:
        """Let time go on; timers that come due, also those set meanwhile, call back at their own times.

        Raises RuntimeError if they never come to an end.
        """
        until = self._now + seconds
        at_once = 0
        while (when := self.next()) is not None and when <= until:
            at_once = at_once + 1 if when == self._now else 0
            if at_once > MAX_AT_ONCE:
                message = f"more than {MAX_AT_ONCE} timers at the same moment: one sets itself again and again"
                raise RuntimeError(message)
            self._now = when
            callback = heapq.heappop(self._timers)[2].callback
            if callback is not None:
                callback()
        self._now = until

    def advance_until(self, happened: Callable[[], bool], limit_s: float) -> bool:
        """Let time go on, timer by timer, until `happened()`, for at most `limit_s`; whether it did."""
        until = self._now + limit_s
        self.advance()
        while not happened():
            when = self.next()
            if when is None or when > until:
                self.advance(until - self._now)
                return happened()
            self.advance(when - self._now)
        return True
