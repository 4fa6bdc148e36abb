"""What a phone bank remembers of its agents' calls, and what follows from it."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.lab.phone.address import SocketAddress


@dataclass(kw_only=True, slots=True)
class AgentCall:
    """One call at one agent. Times are time.monotonic() seconds, None until the thing happened (or when it never did).

    `freed_at` is when the agent was free for the next call: when BYE was sent, or came from the other side.
    """

    agent: int
    call_id: str
    invited_at: float
    answered_at: float | None = None
    acked_at: float | None = None
    bye_sent_at: float | None = None
    bye_answered_at: float | None = None
    freed_at: float | None = None
    status: int | None = None


def idle_gaps(calls: Iterable[AgentCall], since: float = -math.inf, until: float = math.inf) -> list[float]:
    """How long each agent was free between two calls, seconds: from the BYE to the next INVITE at the same phone.

    Only gaps that lie within `since` and `until` (time.monotonic(): when callers were waiting) and follow an answered
    call count; the list is in order of the INVITEs.
    """
    of_agent: dict[int, list[AgentCall]] = defaultdict(list)
    for call in calls:
        of_agent[call.agent].append(call)
    gaps: list[tuple[float, float]] = []
    for own in of_agent.values():
        own.sort(key=lambda call: call.invited_at)
        for before, after in pairwise(own):
            free = before.freed_at
            if before.acked_at is not None and free is not None and since <= free and after.invited_at <= until:
                gaps.append((after.invited_at, after.invited_at - free))
    return [gap for _, gap in sorted(gaps)]


@dataclass(kw_only=True, slots=True)
class _Unanswered:
    data: bytes
    to: SocketAddress
    due: float
    interval: float
    end: float
    give_up: Callable[[], None]


class Resender:
    """Sends again what was not answered: one look at all of it now and then instead of a timer for each."""

    LOOK_S = 0.25

    def __init__(self, send: Callable[[bytes, SocketAddress], None], *, t1: float = 0.5, t2: float = 4.0) -> None:
        """`t1` is the first interval, which doubles up to `t2`; after 64 `t1` it is given up."""
        self.resent = 0
        self._send = send
        self._t1 = t1
        self._t2 = t2
        self._waiting: dict[str, _Unanswered] = {}

    def send(self, key: str, data: bytes, to: SocketAddress, give_up: Callable[[], None]) -> None:
        """Send now, and again until `answered(key)`."""
        now = time.monotonic()
        self._waiting[key] = _Unanswered(
            data=data, to=to, due=now + self._t1, interval=self._t1, end=now + 64 * self._t1, give_up=give_up
        )
        self._send(data, to)

    def answered(self, key: str) -> bool:
        """The answer came; False when nobody waited for it."""
        return self._waiting.pop(key, None) is not None

    def look(self) -> None:
        """Send again what is due."""
        now = time.monotonic()
        for key, entry in list(self._waiting.items()):
            if now >= entry.end:
                del self._waiting[key]
                entry.give_up()
            elif now >= entry.due:
                self.resent += 1
                self._send(entry.data, entry.to)
                entry.interval = min(2 * entry.interval, self._t2)
                entry.due = now + entry.interval
