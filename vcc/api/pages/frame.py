"""What every page has around it: language, policy, the bar with language and logout."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from aiohttp import web

from vcc.api.pages.html import Html, data, fill, join
from vcc.api.pages.texts import LANGUAGES, TEXTS, choose, pick
from vcc.api.parts import PARTS

if TYPE_CHECKING:
    from vcc.api.identity import Principal
    from vcc.api.login.sessions import Session

#: The files of `static/` and what they are; nothing else is served.
STATIC = {
    "style.css": "text/css",
    "common.js": "text/javascript",
    "board.js": "text/javascript",
    "calls.js": "text/javascript",
    "moving.js": "text/javascript",
    "callbacks.js": "text/javascript",
    "recordings.js": "text/javascript",
    "attendance.js": "text/javascript",
    "desk.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_LANGUAGE_COOKIE = "vcc_language"
_YEAR_S = 365 * 86_400


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One answer to be: the request, its language and its nonce."""

    request: web.Request
    language: str
    nonce: str

    @classmethod
    def of(cls, request: web.Request) -> Frame:
        """Choose the language: by `?lang=`, else by the cookie that it left, else as the browser accepts."""
        wanted = request.query.get("lang") or request.cookies.get(_LANGUAGE_COOKIE)
        language = choose(wanted, request.headers.get("Accept-Language", ""))
        return cls(request=request, language=language, nonce=secrets.token_urlsafe(16))

    def say(self, key: str, **values: str) -> str:
        """Words in the page's language."""
        return TEXTS[self.language][key].format(**values)

    def words(self, **values: str) -> dict[str, str]:
        """Every word of the page's language, for a template, and these values besides."""
        return TEXTS[self.language] | values

    def scripts(self, *names: str) -> Html:
        """What runs in the page, in order, and the words that it shows."""
        words = fill("words.html", words=data(TEXTS[self.language]), nonce=self.nonce)
        scripts = [fill("script.html", address=static_address(name), nonce=self.nonce) for name in names]
        return join([words, *scripts])

    @property
    def platform(self) -> str:
        """The platform's own name."""
        return pick(self.request.app[PARTS].control.platform.name, self.language)

    def bar(self, login: tuple[Principal, Session] | None = None, *, address: str | None = None) -> Html:
        """The other language (at `address`, if not the page's own); with a login also who it is, and the way out."""
        address = address or self.request.path
        other = next(language for language in LANGUAGES if language != self.language)
        session = Html("")
        if login is not None:
            who = login[0].name.partition(":")[2]
            session = fill("session.html", csrf=login[1].csrf, who=who, sign_out=self.say("sign_out"))
        return fill(
            "bar.html",
            platform=self.platform,
            other_href=f"{address}{'&' if '?' in address else '?'}lang={other}",
            other_language=other,
            other_name=TEXTS[other]["language"],
            session=session,
        )

    def answer(self, body: Html, title: str, *, status: int = 200) -> web.Response:
        """The whole page."""
        page = fill(
            "layout.html",
            language=self.language,
            title=title,
            icon=static_address("icon.svg"),
            style=static_address("style.css"),
            nonce=self.nonce,
            skip=self.say("skip"),
            body=body,
        )
        response = web.Response(text=page, content_type="text/html", charset="utf-8", status=status)
        response.headers.update(_policy(self.nonce))
        if self.request.query.get("lang") == self.language:
            response.set_cookie(
                _LANGUAGE_COOKIE, self.language, max_age=_YEAR_S, samesite="Lax", path="/", httponly=True
            )
        return response


def _policy(nonce: str) -> dict[str, str]:
    rules = (
        "default-src 'none'",
        f"script-src 'nonce-{nonce}'",
        f"style-src 'nonce-{nonce}'",
        "connect-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(rules),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "X-Frame-Options": "DENY",
    }


@cache
def static_file(name: str) -> bytes:
    """The bytes of a file of `static/`."""
    return (files(__package__) / "static" / name).read_bytes()


@cache
def static_address(name: str) -> str:
    """Where a file is; another address when its content is another, so that browsers may keep it."""
    return f"/static/{name}?v={hashlib.sha256(static_file(name)).hexdigest()[:12]}"
