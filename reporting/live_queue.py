"""One queue's day: who waits, what was counted, and whose wait has crossed the service level's threshold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from reporting.measures import Tally, Target, crosses, crossing, real_time_service_level, service_level

if TYPE_CHECKING:
    from reporting.segments import Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSnapshot:
    """A queue's day at one moment."""

    queue: str
    waiting: int
    longest_wait_s: float
    counts: Tally
    target: Target
    service_level: float | None
    real_time_service_level: float | None


class LiveQueueDay:
    """The counts of one queue since the day began.

    A wait crosses the threshold without a fact, so the waits stand in a heap by their beginning, and those that have
    crossed are taken off it whenever somebody looks; entries of waits that are over are passed over then.
    """

    def __init__(self, target: Target, begins: float) -> None:
        """Count from `begins` on, by `target`."""
        self.target = target
        self.counts = Tally()
        self._begins = begins
        self._waiting: dict[str, Visit] = {}
        self._oldest: list[tuple[float, str]] = []  # not yet seen crossing
        self._crossed: set[str] = set()

    def began(self, contact: str, wait: Visit) -> None:
        """A contact waits."""
        self._waiting[contact] = wait
        heappush(self._oldest, (wait.since, contact))

    def ended(self, contact: str, visit: Visit) -> None:
        """Its wait is over."""
        self._waiting.pop(contact, None)
        left_at = visit.queued_at if visit.left_at is None else visit.left_at
        if contact not in self._crossed and crosses(visit, self.target, left_at):
            self._count_crossing(visit)
        self._crossed.discard(contact)
        if left_at >= self._begins:
            self.counts.count(visit, self.target)
        self._forget_stale()

    def begin_day(self, begins: float) -> None:
        """Count anew; who waits goes on waiting."""
        self._begins = begins
        self.counts = Tally()

    def snapshot(self, queue: str, now: float) -> QueueSnapshot:
        """The queue at `now`."""
        self._cross(now)
        oldest = min((wait.since for wait in self._waiting.values()), default=now)
        counts = replace(self.counts)
        return QueueSnapshot(
            queue=queue,
            waiting=len(self._waiting),
            longest_wait_s=max(0.0, now - oldest),
            counts=counts,
            target=self.target,
            service_level=service_level(counts),
            real_time_service_level=real_time_service_level(counts),
        )

    def _cross(self, now: float) -> None:
        heap = self._oldest
        while heap:
            since, contact = heap[0]
            wait = self._waiting.get(contact)
            current = wait is not None and wait.since == since
            if wait is not None and current and not crosses(wait, self.target, now):
                return
            heappop(heap)
            if wait is not None and current and contact not in self._crossed:
                self._crossed.add(contact)
                self._count_crossing(wait)

    def _count_crossing(self, wait: Visit) -> None:
        self.counts.crossed += crossing(wait, self.target) >= self._begins

    def _forget_stale(self) -> None:
        """Keep the heap from growing where nobody looks: build it again when most of it is over."""
        if len(self._oldest) > 64 + 2 * len(self._waiting):
            self._oldest = sorted((w.since, c) for c, w in self._waiting.items() if c not in self._crossed)
