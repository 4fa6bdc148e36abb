"""Finds out who asks: a bearer token, or the session of somebody who logged in to the pages."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from vcc.api.errors import ApiError, too_many, unauthorized
from vcc.api.login.guard import LoginGuard
from vcc.api.login.passwords import Passwords, PasswordsBusyError
from vcc.api.login.sessions import LIFE_S, Session, Sessions, still_fits

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from vcc.api.identity import Directory, Principal

_log = structlog.get_logger()

CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD"})
_TOKEN_LENGTH = 200


class Access:
    """Who may come in. One for the whole program; holds the open sessions and the count of failed logins."""

    def __init__(
        self,
        directory: Directory,
        sessions: Sessions,
        *,
        public_url: str | None,
        clock: Callable[[], float],
    ) -> None:
        """`public_url` is the address that browsers use, if it is not the one that vcc listens on."""
        self._directory = directory
        self._sessions = sessions
        self._clock = clock
        self._guard = LoginGuard()
        self._passwords = Passwords()
        self._origin = _origin(public_url) if public_url else None
        self._secure = bool(public_url and public_url.startswith("https:"))
        self.cookie_name = "__Host-vcc_session" if self._secure else "vcc_session"

    # --- requests -----------------------------------------------------------------------------------------------

    def principal(self, request: web.Request) -> Principal:
        """Who asks. Raises ApiError: 401 for nobody known, 403 for a command without the session's CSRF token."""
        if "Authorization" in request.headers:
            return self._by_token(request)
        found = self.session(request)
        if found is None:
            raise unauthorized("There is no access without a token or a login.")
        principal, session = found
        if request.method not in _SAFE:
            self.check_command(request, session, request.headers.get(CSRF_HEADER, ""))
        return principal

    def session(self, request: web.Request) -> tuple[Principal, Session] | None:
        """The session of the request's cookie, if it is open and its user is still one."""
        cookie = request.cookies.get(self.cookie_name)
        session = self._sessions.find(cookie) if cookie else None
        if cookie is None or session is None:
            return None
        user = self._directory.user(session.user)
        if user is None or not still_fits(session, cookie, user.password.get_secret_value()):
            return None
        return user.principal, session

    def check_command(self, request: web.Request, session: Session, csrf: str) -> None:
        """Refuse a command that another site had the browser send. Raises ApiError."""
        self.check_origin(request)
        if not hmac.compare_digest(csrf.encode(), session.csrf.encode()):
            raise ApiError(
                403,
                "csrf",
                "The session's CSRF token is missing or wrong.",
                advice=f"Send what GET /api/v1/me gives as 'csrf' in the header {CSRF_HEADER}, or use a bearer token.",
            )

    def check_origin(self, request: web.Request) -> None:
        """Refuse what a page of another site sent. Raises ApiError."""
        origin = request.headers.get("Origin")
        if origin is None and request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}:
            return
        own = {self._origin} if self._origin else {f"http://{request.host}", f"https://{request.host}"}
        if origin not in own:
            raise ApiError(403, "origin", "The request comes from another site.", advice="Use vcc's own pages.")

    def _by_token(self, request: web.Request) -> Principal:
        kind, _, token = request.headers["Authorization"].partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token or len(token) > _TOKEN_LENGTH:
            raise unauthorized("The header 'Authorization' holds no bearer token.")
        principal = self._directory.token(token)
        if principal is None:
            _log.warning("unknown token", address=request.remote, path=request.path)
            raise unauthorized("The token is not known, or no longer.")
        return principal

    # --- logins -------------------------------------------------------------------------------------------------

    async def log_in(self, name: str, password: str, address: str) -> str | None:
        """The cookie of a new session; None: user or password is wrong. Raises ApiError (429) after failures."""
        now = self._clock()
        if (wait_s := self._guard.wait_s(name, address, now)) > 0:
            _log.warning("login held back", user=name, address=address, wait_s=round(wait_s))
            raise too_many("There were too many failed logins.", wait_s)
        self._guard.failed(name, address, now)  # counted before the check: tries sent at once count each
        user = self._directory.user(name)
        try:
            fits = await self._passwords.fit(user.password if user else None, password)
        except PasswordsBusyError:
            raise ApiError(
                503, "busy", "Too many logins at once.", advice="Try again in a moment.", headers={"Retry-After": "5"}
            ) from None
        if user is None or not fits:
            _log.warning("login failed", user=name, address=address)
            return None
        self._guard.succeeded(name, address)
        cookie, _ = await self._sessions.open(name, user.password.get_secret_value())
        _log.info("logged in", user=name, address=address, role=user.principal.role)
        return cookie

    async def log_out(self, request: web.Request) -> None:
        """End the session of the request's cookie."""
        if cookie := request.cookies.get(self.cookie_name):
            await self._sessions.close(cookie)

    def set_cookie(self, response: web.StreamResponse, cookie: str) -> None:
        """Give the browser its session's cookie."""
        response.set_cookie(
            self.cookie_name,
            cookie,
            max_age=int(LIFE_S),
            httponly=True,
            samesite="Strict",
            secure=self._secure,
            path="/",
        )

    def delete_cookie(self, response: web.StreamResponse) -> None:
        """Take the cookie from the browser."""
        response.del_cookie(self.cookie_name, httponly=True, samesite="Strict", secure=self._secure, path="/")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
