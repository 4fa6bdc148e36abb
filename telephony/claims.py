"""Legs on their way into a conversation: nobody else moves them until they are there."""

from __future__ import annotations

import asyncio
from typing import Protocol

from core.errors import SwitchError

#: A leg that was moved is back, and an event that an answer announces is there, within this time.
SETTLE_S = 3.0
#: So many talk with each other alone; where there are more, each can leave.
PAIR = 2


class NotBegunError(SwitchError):
    """A leg that was to be brought into a conversation, or with whom, is just being brought into another."""


class Claimable(Protocol):
    """A leg that one command at a time may move."""

    name: str
    claim: asyncio.Lock


class Claim:
    """Legs that are on their way into a conversation: nobody else moves them until they are there.

    Two `Bridge`s of the same leg at the same moment leave one of the two others alone in a bridge, for ever.
    """

    def __init__(self, *legs: Claimable) -> None:
        """Not claimed yet; always in the same order, so that no two wait for each other."""
        self._locks = [leg.claim for leg in sorted(legs, key=lambda leg: leg.name)]
        self._held: list[asyncio.Lock] = []

    async def take(self) -> None:
        """Wait until nobody else has them. Raises NotBegunError when that takes too long."""
        try:
            async with asyncio.timeout(SETTLE_S):
                for lock in self._locks:
                    await lock.acquire()
                    self._held.append(lock)
        except TimeoutError:
            self.release()
            raise NotBegunError("the leg, or the other one, is on its way into another conversation") from None

    def release(self) -> None:
        """They are there, or will not be."""
        while self._held:
            self._held.pop().release()
