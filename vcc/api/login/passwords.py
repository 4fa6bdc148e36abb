"""Checks passwords with argon2, off the event loop, few at once."""

from __future__ import annotations

import asyncio
from functools import cache

from pwdlib.exceptions import PwdlibError
from pydantic import SecretStr

from tenancy.secrets import password_hash, verify

#: Hashes computed at once; each takes 64 MB and a core.
AT_ONCE = 2
#: Checks that may wait for their turn.
WAITING = 16
#: The longest password that is looked at, in characters.
LENGTH = 256


class PasswordsBusyError(Exception):
    """Too many passwords wait to be checked."""


class Passwords:
    """Checks passwords; one of a user who does not exist takes as long as any other."""

    def __init__(self) -> None:
        """Nothing is computed until the first check."""
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def fit(self, stored: SecretStr | None, given: str) -> bool:
        """Whether `given` is the stored password; None: there is no such user, never fits.

        Raises PasswordsBusyError.
        """
        if self._waiting >= WAITING:
            raise PasswordsBusyError
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(fits, stored, given)
        finally:
            self._waiting -= 1


def fits(stored: SecretStr | None, given: str) -> bool:
    """The same, computed here and now: one argon2 hash, whatever is stored."""
    given = given[:LENGTH]
    try:
        if stored is None or not stored.get_secret_value().startswith("$argon2"):
            verify(_nobodys(), given)
        return stored is not None and verify(stored, given)
    except PwdlibError:
        return False


@cache
def _nobodys() -> SecretStr:
    return SecretStr(password_hash(SecretStr("nobody has this password")))
