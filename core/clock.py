"""Time as an argument: the port through which the shells read it, and the one way to show it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(Protocol):
    """Where a shell gets the time from; the cores never hold one."""

    def now(self) -> float:
        """POSIX seconds, UTC."""
        ...


class TimerHandle(Protocol):
    """A timer that was set."""

    def cancel(self) -> None:
        """Forget it; harmless when it is over or was cancelled before."""
        ...


class Timers(Protocol):
    """Where a shell sets its timers: the event loop's in production, virtual time's in tests."""

    def call_at(self, when: float, callback: Callable[[], object]) -> TimerHandle:
        """Call back once at `when` (POSIX seconds), soon if that is past; never from within `call_at` itself.

        Timers of the same moment call back in the order in which they were set.
        """
        ...


def iso(at: float) -> str:
    """Show POSIX seconds as ISO 8601 in UTC with milliseconds: `2026-03-01T09:30:00.250Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
