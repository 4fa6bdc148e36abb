"""Legs that a phone has sent on, blind, and that are on their way here.

Many a phone ends its own call before they are: that end is told after the transfer, or it would look as if whoever sits
there had hung up on the other.

    expect(leg, by) -> told(leg)            the transfer was told, or the leg has ended
                    -> tell_end(by, …)      now, if none is expected; else then, and after WAIT_S at the latest
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: They are here within this time (s), or the switch has lost them.
WAIT_S = 3.0


class SentOn:
    """Those of a node."""

    def __init__(self) -> None:
        """None is on its way."""
        self._by: dict[str, str] = {}  # by the leg of the phone: the one that it has sent on
        self._ends: dict[str, Callable[[], None]] = {}

    def expect(self, leg: str, by: str) -> None:
        """The phone of the leg `by` has sent `leg` on."""
        self._by[by] = leg
        asyncio.get_running_loop().call_later(WAIT_S, self._let_end, by)

    def by(self, leg: str) -> str:
        """The leg whose phone has sent this one on; empty if it is not expected."""
        return next((by for by, sent in self._by.items() if sent == leg), "")

    def told(self, leg: str) -> None:
        """It is told that the leg was sent on, or the leg has ended."""
        while by := self.by(leg):
            self._let_end(by)

    def tell_end(self, leg: str, tell: Callable[[], None]) -> None:
        """A leg has ended, which `tell` tells."""
        if leg in self._by:
            self._ends[leg] = tell
        else:
            tell()

    def clear(self) -> None:
        """Nothing more is told."""
        self._by.clear()
        self._ends.clear()

    def _let_end(self, by: str) -> None:
        self._by.pop(by, None)
        if (tell := self._ends.pop(by, None)) is not None:
            tell()
