"""Deadlines by name: at most one each, the next one always at hand.

A heap with lazy deletion: a deadline that was moved or cleared stays in the heap until it comes to the top,
and the heap is made anew when more than half of it is such leftovers. So every operation costs a logarithm.
"""

from __future__ import annotations

import heapq

_SLACK = 64


class Deadlines:
    """When something has to happen for whom, in POSIX seconds. Equal times come in the order of names."""

    __slots__ = ("_heap", "_when")

    def __init__(self) -> None:
        """Begin with none."""
        self._heap: list[tuple[float, str]] = []
        self._when: dict[str, float] = {}

    def set(self, name: str, when: float) -> None:
        """Give `name` a deadline in place of the one it may have."""
        if self._when.get(name) == when:
            return
        self._when[name] = when
        heapq.heappush(self._heap, (when, name))
        if len(self._heap) > 2 * len(self._when) + _SLACK:
            self._heap = [(due, who) for who, due in self._when.items()]
            heapq.heapify(self._heap)

    def clear(self, name: str) -> None:
        """Take the deadline of `name` away, if it has one."""
        self._when.pop(name, None)

    def next(self) -> float | None:
        """The earliest deadline; None if there is none."""
        heap = self._heap
        while heap and self._when.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: float) -> str | None:
        """Take out the earliest deadline that is not later than `now`, and tell whose it is."""
        when = self.next()
        if when is None or when > now:
            return None
        name = heapq.heappop(self._heap)[1]
        del self._when[name]
        return name
