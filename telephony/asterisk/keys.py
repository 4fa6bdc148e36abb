"""Which of the switch's DTMF events are keys that somebody pressed. Pure.

Asterisk tells the end of a key (`DTMFEnd`) when it comes, and once more when it was put off: a key that follows another
within 45 ms, or that comes while another is being made up for the channel, is kept and read again. Its beginning
(`DTMFBegin`) is told once, but is missing where the packets of it were lost. So an end counts that has a beginning, or
that cannot be the second telling of one before.
"""

from __future__ import annotations

from collections import Counter

#: A key may be kept while those before it are made up for the channel, one after the other.
KEPT_S = 5.0


class Keys:
    """The keys of one leg."""

    __slots__ = ("_begun", "_told")

    def __init__(self) -> None:
        """None was pressed yet."""
        self._begun: Counter[str] = Counter()
        self._told: dict[str, float] = {}

    def begun(self, digit: str) -> None:
        """A key was pressed down."""
        self._begun[digit] += 1

    def ended(self, digit: str, now: float) -> bool:
        """Take the end of a key, told at `now` (POSIX seconds); whether it is one that was not told before."""
        if self._begun[digit]:
            self._begun[digit] -= 1
        elif now - self._told.get(digit, float("-inf")) < KEPT_S:
            return False
        self._told[digit] = now
        return True
