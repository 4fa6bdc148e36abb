"""Time as an argument: the port through which the shells read it, and the one way to show it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where a shell gets the time from; the cores never hold one."""

    def now(self) -> float:
        """POSIX seconds, UTC."""
        ...


def iso(at: float) -> str:
    """Show POSIX seconds as ISO 8601 in UTC with milliseconds: `2026-03-01T09:30:00.250Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
