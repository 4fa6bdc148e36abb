"""Checks agents' PINs outside of the event loop: a hash is slow to check, on purpose."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog

from tenancy.secrets import Secrets, verify
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable

_log = structlog.get_logger()

#: Checks that may wait; beyond it nothing is compared, so that guessing cannot pile up work, and nobody has guessed.
_BOUND = 100


class SecretPins:
    """Fulfils the agents' desk's `Pins` port from the secrets."""

    def __init__(self, secrets: Secrets) -> None:
        """`secrets` holds the PINs, as they are or as hashes."""
        self._secrets = secrets
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pins")
        self._waiting = 0

    def replace(self, secrets: Secrets) -> None:
        """A reload: other PINs from now on."""
        self._secrets = secrets

    def check(self, agent: str, pin: str, done: Callable[[bool | None], None]) -> None:
        """Call `done` in the event loop, later; with None when too many are being checked."""
        spawn(self._check(agent, pin, done), name="check a PIN")

    async def _check(self, agent: str, pin: str, done: Callable[[bool | None], None]) -> None:
        stored = self._secrets.agents.get(agent)
        if stored is None:
            _log.warning("no PIN to compare with", agent=agent)
            done(False)
            return
        if self._waiting >= _BOUND:
            _log.warning("too many PINs to check at once", agent=agent, bound=_BOUND)
            done(None)
            return
        self._waiting += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(self._pool, verify, stored, pin)
        finally:
            self._waiting -= 1
        done(right)

    def close(self) -> None:
        """Let the thread go."""
        self._pool.shutdown(wait=False, cancel_futures=True)
