"""Time that never goes back.

A machine's clock may be set back while calls wait. The router's time then stands still for no moment and goes on from
where it was: it is the clock's plus all that was ever set back (`ahead`). So nobody waits a negative time, who comes
later stands behind, and a lease lasts as long as it was meant to.

Events told in another order than their times are no clock that was set back: the late one happens now.
"""

from __future__ import annotations

#: A step back of less than this is events out of order, seconds: made up for, each would put the router's time ahead.
OUT_OF_ORDER_S = 1.0


class Timeline:
    """The router's time: POSIX seconds, `ahead` of the clock that it is told."""

    __slots__ = ("_last", "ahead")

    def __init__(self) -> None:
        """As the clock."""
        self.ahead = 0.0
        self._last = float("-inf")

    def at(self, now: float) -> float:
        """The router's time when the clock says `now`."""
        time = now + self.ahead
        if time >= self._last:
            self._last = time
        elif time < self._last - OUT_OF_ORDER_S:
            self.ahead += self._last - time
        return self._last

    def seen(self, now: float) -> float:
        """The router's time when the clock says `now`, to who only looks: nothing happens then."""
        return max(now + self.ahead, self._last)

    def told(self, time: float | None) -> float | None:
        """A time of the router as the clock will say it."""
        return None if time is None else time - self.ahead
