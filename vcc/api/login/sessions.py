"""What a session cookie stands for: kept on the server, by a digest of the cookie, in memory and in one file.

The file (mode 0600) is written at each login and logout and read at start, so that a wall display goes on showing its
page over a restart of vcc. It holds no password and no cookie.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import structlog

from vcc.api.local import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = structlog.get_logger()

#: A session ends this long after the login, in seconds.
LIFE_S = 12 * 3_600.0
#: Sessions kept; the oldest ends when there is one more.
KEPT = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A login. `csrf` has to be sent with commands; `seal` tells whether the user's password is still the same."""

    user: str
    csrf: str
    seal: str
    until: float


class Sessions:
    """Open sessions by the digest of their cookie."""

    def __init__(self, file: Path | None, clock: Callable[[], float]) -> None:
        """Read `file` if it is there; None: sessions end with the process."""
        self._file = file
        self._clock = clock
        self._writing = asyncio.Lock()
        self._sessions: dict[str, Session] = _read(file) if file else {}

    async def open(self, user: str, password: str) -> tuple[str, Session]:
        """Start a session; the cookie's value and what it stands for. `password` as it is stored."""
        cookie = secrets.token_urlsafe(32)
        session = Session(
            user=user,
            csrf=secrets.token_urlsafe(32),
            seal=_seal(cookie, password),
            until=self._clock() + LIFE_S,
        )
        self._forget_old()
        self._sessions[_digest(cookie)] = session
        await self._save()
        return cookie, session

    def find(self, cookie: str) -> Session | None:
        """What a cookie stands for, unless it has ended."""
        session = self._sessions.get(_digest(cookie))
        return session if session is not None and session.until > self._clock() else None

    async def close(self, cookie: str) -> None:
        """End a session."""
        if self._sessions.pop(_digest(cookie), None) is not None:
            await self._save()

    def _forget_old(self) -> None:
        now = self._clock()
        for key in [key for key, session in self._sessions.items() if session.until <= now]:
            del self._sessions[key]
        while len(self._sessions) >= KEPT:
            del self._sessions[next(iter(self._sessions))]

    async def _save(self) -> None:
        if self._file is None:
            return
        async with self._writing:
            text = json.dumps({key: asdict(session) for key, session in self._sessions.items()})
            try:
                await asyncio.to_thread(write_private, self._file, text)
            except OSError as error:
                _log.warning("sessions cannot be kept over a restart", file=str(self._file), error=str(error))


def still_fits(session: Session, cookie: str, password: str) -> bool:
    """Whether the user's password, as it is stored, is still the one of the login."""
    return hmac.compare_digest(session.seal, _seal(cookie, password))


def _seal(cookie: str, password: str) -> str:
    """A digest of the password that tells nothing without the cookie, which is not kept here."""
    return hmac.new(cookie.encode(), password.encode(), "sha256").hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(file: Path) -> dict[str, Session]:
    try:
        return {str(key): Session(**value) for key, value in json.loads(file.read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        _log.warning("the file of sessions cannot be read; everybody logs in again", file=str(file), error=str(error))
        return {}
