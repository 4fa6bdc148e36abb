"""What the pages' addresses answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING

from aiohttp import web

from core.errors import NotFoundError
from tenancy.secrets import Role
from vcc.api.handling import scope_of
from vcc.api.pages import desk as of_agent
from vcc.api.pages import login as logins
from vcc.api.pages import tenant as of_tenant
from vcc.api.pages.frame import STATIC, Frame, static_file
from vcc.api.pages.html import Html, fill, join
from vcc.api.pages.texts import TEXTS, pick
from vcc.api.parts import PARTS
from vcc.api.scope import Scope

if TYPE_CHECKING:
    from vcc.api.identity import Principal
    from vcc.api.login.sessions import Session

Login = tuple["Principal", "Session"]
Page = Callable[[Frame, Login, Scope], Awaitable[web.Response]]


def add_pages(app: web.Application) -> None:
    """Add the pages' addresses."""
    app.router.add_get("/", _for_users(tenants), name="pageTenants")
    app.router.add_get("/desk", _for_users(of_agent.desk), name="pageDesk")
    app.router.add_get("/t/{tenant}", _for_users(of_tenant.board), name="pageBoard")
    app.router.add_get("/t/{tenant}/recordings", _for_users(of_tenant.recordings), name="pageRecordings")
    app.router.add_get("/t/{tenant}/attendance", _for_users(of_tenant.attendance), name="pageAttendance")
    app.router.add_get("/t/{tenant}/callbacks", _for_users(of_tenant.callbacks), name="pageCallbacks")
    app.router.add_get("/login", logins.login_form, name="pageLogin")
    app.router.add_post("/login", logins.log_in, name="logIn")
    app.router.add_post("/logout", logins.log_out, name="logOut")
    app.router.add_get("/static/{file}", static, name="static")


def _for_users(page: Page) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A page for those who are logged in; others are led to the login and back."""

    @wraps(page)
    async def handle(request: web.Request) -> web.Response:
        parts = request.app[PARTS]
        login = parts.access.session(request)
        if login is None:
            chosen = request.query.get("lang")
            raise web.HTTPSeeOther(logins.login_address(request.path, chosen if chosen in TEXTS else None))
        frame = Frame.of(request)
        try:
            return await page(frame, login, scope_of(parts, login[0]))
        except NotFoundError:
            return _message(frame, frame.say("not_found"), frame.say("not_found_text"), status=404)

    return handle


async def tenants(frame: Frame, login: Login, scope: Scope) -> web.Response:
    """List the tenants whose pages may be seen; an agent is led to its own page."""
    if login[0].role is Role.AGENT:
        raise web.HTTPSeeOther("/desk")
    rows = [
        fill(
            "tenant.html",
            href=f"/t/{tenant.id}",
            name=pick(tenant.name, frame.language),
            numbers=" · ".join(sorted(tenant.numbers)),
        )
        for tenant in scope.tenants()
    ]
    none = Html(f"<p class='muted'>{frame.say('tenants_none')}</p>")
    body = fill(
        "tenants.html",
        platform=frame.platform,
        tenants=frame.say("tenants"),
        bar=frame.bar(login),
        list=Html(f"<ul>{join(rows)}</ul>") if rows else none,
    )
    return frame.answer(body, frame.platform)


def _message(frame: Frame, heading: str, text: str, *, status: int) -> web.Response:
    body = fill("message.html", platform=frame.platform, heading=heading, text=text, back=frame.say("back"))
    return frame.answer(body, heading, status=status)


async def static(request: web.Request) -> web.Response:
    """A style, script or picture of the pages."""
    name = request.match_info["file"]
    if name not in STATIC:
        raise NotFoundError("There is no such file.")
    return web.Response(
        body=static_file(name),
        content_type=STATIC[name],
        charset="utf-8",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
