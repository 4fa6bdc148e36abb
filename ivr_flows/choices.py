"""What a menu may be answered with: one key, several digits, a range of numbers, or digits of which some are any.

7   120   1-4   200-299   6xxx      the more particular wins: digits before a range, a range before any
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

#: The most digits that a choice can have.
LONGEST = 20
EXPECTED = 'keys such as 1, "*" or 120, a range of numbers such as 1-4, or digits with x for any, such as 6xxx'

_PATTERN = re.compile(rf"[0-9*#x]{{1,{LONGEST}}}", re.ASCII)
_RANGE = re.compile(rf"([0-9]{{1,{LONGEST}}})-([0-9]{{1,{LONGEST}}})", re.ASCII)
_ANY = "x"


@dataclass(frozen=True, slots=True)
class Choice:
    """`length` keys that fit `pattern`, or a number from `low` to `high` where there is no pattern."""

    length: int
    pattern: str = ""
    low: int = 0
    high: int = -1

    @property
    def rank(self) -> int:
        """0: these keys alone, 1: a range, from 2 on: any digits, the more the higher."""
        return 1 if not self.pattern else self.pattern.count(_ANY) and 1 + self.pattern.count(_ANY)

    def begins(self, entry: str) -> bool:
        """Whether these keys are the beginning of it, or the whole."""
        left = self.length - len(entry)
        if left < 0:
            return False
        if self.pattern:
            return all(want == key or (want == _ANY and key.isdecimal()) for want, key in zip(self.pattern, entry))  # noqa: B905 - the entry may be shorter
        return entry.isdecimal() and self.low <= int(entry + "9" * left) and int(entry + "0" * left) <= self.high

    def meets(self, other: Choice) -> bool:
        """Whether some keys fit both, and neither is more particular."""
        if self.length != other.length or self.rank != other.rank:
            return False
        if not self.pattern:
            return self.low <= other.high and other.low <= self.high
        pairs = zip(self.pattern, other.pattern, strict=True)
        return all(one == two or (_ANY in {one, two} and not {one, two} & {"*", "#"}) for one, two in pairs)


@lru_cache(maxsize=4_096)
def choice(written: str) -> Choice | None:
    """What was written under a menu; None where it is no choice at all, or a range that has nothing in it."""
    if _PATTERN.fullmatch(written):
        return Choice(len(written), pattern=written)
    if match := _RANGE.fullmatch(written):
        low, high = match.groups()
        return Choice(len(low), low=int(low), high=int(high)) if len(low) == len(high) and low < high else None
    return None


def looks_like(written: str) -> bool:
    """Whether it was meant as a choice."""
    return bool(_PATTERN.fullmatch(written) or _RANGE.fullmatch(written))
