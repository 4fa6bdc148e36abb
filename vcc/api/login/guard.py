"""Makes guessing slow: after some failures each further one doubles the time until the next try is looked at.

Counted per user and per address. A user's count locks that user for strangers and owner alike, for five minutes at
most; an address has far more tries, since a whole office or a proxy may stand behind it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

#: A failure is forgotten when nothing failed for this long after it, in seconds.
FORGET_S = 900.0
#: The longest lock, in seconds.
LOCK_S = 300.0
#: Failures without consequence.
FREE_USER = 3
FREE_ADDRESS = 30
_KEPT = 10_000


@dataclass(kw_only=True, slots=True)
class _Count:
    failures: int = 0
    last: float = 0.0
    free: int


class LoginGuard:
    """Who may try to log in now. Bounded: the oldest of 10,000 counts is forgotten."""

    def __init__(self) -> None:
        """Start without failures."""
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def wait_s(self, user: str, address: str, now: float) -> float:
        """Seconds until a try of this user from this address will be looked at; 0: now."""
        return max(self._wait_s(key, now) for key, _ in _keys(user, address))

    def failed(self, user: str, address: str, now: float) -> None:
        """A try failed."""
        for key, free in _keys(user, address):
            count = self._counts.setdefault(key, _Count(free=free))
            if now - count.last > FORGET_S:
                count.failures = 0
            count.failures += 1
            count.last = now
            self._counts.move_to_end(key)
        while len(self._counts) > _KEPT:
            self._counts.popitem(last=False)

    def succeeded(self, user: str, address: str) -> None:
        """The try that was counted as failed went well. The address loses this one only, or one good password would
        buy more guesses.
        """
        self._counts.pop(f"user:{user}", None)
        if count := self._counts.get(f"address:{address}"):
            count.failures -= 1

    def _wait_s(self, key: str, now: float) -> float:
        count = self._counts.get(key)
        if count is None or count.failures < count.free or now - count.last > FORGET_S:
            return 0.0
        lock = min(LOCK_S, 2.0 ** min(count.failures - count.free, 20))
        return max(0.0, count.last + lock - now)


def _keys(user: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (f"user:{user}", FREE_USER), (f"address:{address}", FREE_ADDRESS)
