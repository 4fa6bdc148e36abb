"""A breaker: who has failed too often in a row is left alone for a while, then asked once to see. Pure.

closed --- `failures` in a row ---> open --- `rest_s` later ---> half open: one question alone
   ^                                  ^---- it fails -------------+
   +----------------------------------------- it succeeds --------+
"""

from __future__ import annotations

from dataclasses import dataclass

#: A trial of which nothing was heard is over so long (s) after it began.
_TRIAL_S = 120.0


@dataclass(kw_only=True, slots=True)
class Breaker:
    """Times are seconds of any clock that does not go back. `open_until` None: closed."""

    failures: int
    rest_s: float
    in_a_row: int = 0
    open_until: float | None = None
    trial_until: float | None = None

    def lets(self, now: float) -> bool:
        """Whether it may be asked now; who is let has to say what came of it, or that nothing did."""
        if self.open_until is None:
            return True
        if now < self.open_until or (self.trial_until is not None and now < self.trial_until):
            return False
        self.trial_until = now + _TRIAL_S
        return True

    def succeeded(self) -> None:
        """It has answered."""
        self.in_a_row, self.open_until, self.trial_until = 0, None, None

    def failed(self, now: float) -> None:
        """It has not."""
        self.in_a_row += 1
        if self.trial_until is not None or (self.open_until is None and self.in_a_row >= self.failures):
            self.open_until, self.trial_until = now + self.rest_s, None

    def given_up(self) -> None:
        """Nobody waited for what would have come: that says nothing about it."""
        self.trial_until = None
