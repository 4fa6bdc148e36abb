"""Waiting for something to become true, woken by events, never by polling, and never for ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.lab.phone.errors import ExpectationError

if TYPE_CHECKING:
    from collections.abc import Callable


class Watch:
    """Wakes those who wait whenever something changed. `evidence` is told when a wait fails."""

    def __init__(self, evidence: Callable[[], str]) -> None:
        """`evidence()` is called only on failure."""
        self._evidence = evidence
        self._waiters: list[asyncio.Future[None]] = []

    def changed(self) -> None:
        """Let everybody who waits look again."""
        if not self._waiters:
            return
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(
        self,
        condition: Callable[[], bool],
        timeout: float,
        *,
        expected: str,
        found: Callable[[], str] | None = None,
        hopeless: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Return once `condition()` holds, at the latest after `timeout` seconds.

        `hopeless()` may say why it can never hold any more, which ends the wait at once; `found()` tells at the end of
        the time what was there instead. Raises ExpectationError.
        """
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    if (why := hopeless()) is not None:
                        raise self.failed(expected, why)
                    await self._next_change()
        except TimeoutError:
            instead = f": {found()}" if found else ""
            raise self.failed(f"{expected} within {timeout:g} s", f"it did not happen{instead}") from None

    def failed(self, expected: str, found: str) -> ExpectationError:
        """The error to raise, with the evidence."""
        return ExpectationError(expected, found, self._evidence())

    async def _next_change(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter
