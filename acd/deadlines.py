"""Deadlines by name: at most one each, the next one always at hand.

Those that come next are a heap. Where there are many, those further off lie unsorted, by the second in which they are
due, until their second comes: so the heap stays small enough to be in the processor's cache, and the cost of a deadline
does not grow with how many there are. Where there are few, all of them are in the heap.

Deletion is lazy: a deadline that was moved or cleared stays behind until its turn comes, and all is made anew when more
than half of it is such leftovers.
"""

from __future__ import annotations

import heapq
import math

_SLACK = 64
#: The heap takes in whole seconds until it has so many, and gives some away where it has grown to more than that.
_FEW, _MANY = 256, 1_024
#: All times from here on (the year 33658) are one second: an infinite one has none of its own.
_LAST = 10**12


class Deadlines:
    """When something has to happen for whom, in POSIX seconds. Equal times come in the order of names."""

    __slots__ = ("_entries", "_far", "_horizon", "_near", "_seconds", "_spread_at", "_when")

    def __init__(self) -> None:
        """Begin with none. `_near` has all that are due before `_horizon`, `_far` the others by their second."""
        self._when: dict[str, float] = {}
        self._near: list[tuple[float, str]] = []
        self._far: dict[int, list[tuple[float, str]]] = {}
        self._seconds: list[int] = []  # the heap of the keys of `_far`
        self._horizon = math.inf
        self._entries = 0
        self._spread_at = _MANY

    def set(self, name: str, when: float) -> None:
        """Give `name` a deadline in place of the one it may have."""
        if self._when.get(name) == when:
            return
        self._when[name] = when
        self._entries += 1
        if when < self._horizon or self._horizon == math.inf:
            heapq.heappush(self._near, (when, name))
            if len(self._near) > self._spread_at:
                self._spread()
        else:
            self._put_off(when, name)
        if self._entries > 2 * len(self._when) + _SLACK:
            self._near = [(due, who) for who, due in self._when.items()]
            self._far, self._seconds, self._horizon = {}, [], math.inf
            self._spread()

    def clear(self, name: str) -> None:
        """Take the deadline of `name` away, if it has one."""
        self._when.pop(name, None)

    def next(self) -> float | None:
        """The earliest deadline; None if there is none."""
        near, when = self._near, self._when
        while True:
            while near and when.get(near[0][1]) != near[0][0]:
                heapq.heappop(near)
                self._entries -= 1
            if near:
                return near[0][0]
            if not self._seconds:
                self._horizon = math.inf
                return None
            self._come_near()

    def pop_due(self, now: float) -> str | None:
        """Take out the earliest deadline that is not later than `now`, and tell whose it is."""
        when = self.next()
        if when is None or when > now:
            return None
        self._entries -= 1
        name = heapq.heappop(self._near)[1]
        del self._when[name]
        return name

    def _put_off(self, when: float, name: str) -> None:
        second = int(when) if when < _LAST else _LAST
        there = self._far.get(second)
        if there is None:
            self._far[second] = [(when, name)]
            heapq.heappush(self._seconds, second)
        else:
            there.append((when, name))

    def _come_near(self) -> None:
        """The heap is empty: take in the next seconds."""
        near, when = self._near, self._when
        while self._seconds and len(near) < _FEW:
            second = heapq.heappop(self._seconds)
            there = self._far.pop(second)
            live = [entry for entry in there if when.get(entry[1]) == entry[0]]
            self._entries -= len(there) - len(live)
            near += live
            self._horizon = second + 1.0
        if not self._seconds:
            self._horizon = math.inf
        heapq.heapify(near)
        self._spread_at = max(_MANY, 2 * len(near))

    def _spread(self) -> None:
        """Keep the next ones in the heap, to the end of the second of the last of them; put the others off."""
        ordered = sorted(entry for entry in self._near if self._when.get(entry[1]) == entry[0])
        self._near, beyond = ordered, []
        if len(ordered) > _MANY:
            last = ordered[_FEW][0]
            if last < _LAST:
                self._horizon = math.floor(last) + 1.0
                self._near = [entry for entry in ordered if entry[0] < self._horizon]
                beyond = ordered[len(self._near) :]
        for when, name in beyond:
            self._put_off(when, name)
        self._entries = len(ordered) + sum(map(len, self._far.values())) - len(beyond)
        self._spread_at = max(_MANY, 2 * len(self._near))
