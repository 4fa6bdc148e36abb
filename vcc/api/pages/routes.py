"""What the pages' addresses answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from aiohttp import web

from core.errors import NotFoundError
from vcc.api.errors import ApiError
from vcc.api.handling import scope_of
from vcc.api.pages.frame import STATIC, Frame, static_address, static_file
from vcc.api.pages.html import Html, data, fill, join
from vcc.api.pages.texts import TEXTS, pick
from vcc.api.parts import PARTS
from vcc.api.routing import read_body

if TYPE_CHECKING:
    from vcc.api.identity import Principal
    from vcc.api.login.sessions import Session
    from vcc.api.scope import Scope

_FORM_BYTES = 4_096
_FIGURES = ("calls_in", "waiting", "answered", "abandoned", "service_level", "utilisation")

#: What the login page says for the errors of a login.
_PROBLEMS = {"too_many": "login_locked", "busy": "login_busy"}

Login = tuple["Principal", "Session"]
Page = Callable[[Frame, Login], Awaitable[web.Response]]


def add_pages(app: web.Application) -> None:
    """Add the pages' addresses."""
    app.router.add_get("/", _for_users(tenants), name="pageTenants")
    app.router.add_get("/t/{tenant}", _for_users(board), name="pageBoard")
    app.router.add_get("/login", login_form, name="pageLogin")
    app.router.add_post("/login", log_in, name="logIn")
    app.router.add_post("/logout", log_out, name="logOut")
    app.router.add_get("/static/{file}", static, name="static")


def _for_users(page: Page) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A page for those who are logged in; others are led to the login and back."""

    @wraps(page)
    async def handle(request: web.Request) -> web.Response:
        login = request.app[PARTS].access.session(request)
        if login is None:
            chosen = request.query.get("lang")
            raise web.HTTPSeeOther(_login_address(request.path, chosen if chosen in TEXTS else None))
        frame = Frame.of(request)
        try:
            return await page(frame, login)
        except NotFoundError:
            return _message(frame, frame.say("not_found"), frame.say("not_found_text"), status=404)

    return handle


def _login_address(following: str, language: str | None = None) -> str:
    address = "/login" if following == "/" else f"/login?next={quote(following)}"
    if language is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def _scope(frame: Frame, login: Login) -> Scope:
    return scope_of(frame.request.app[PARTS], login[0])


async def tenants(frame: Frame, login: Login) -> web.Response:
    """List the tenants whose pages may be seen."""
    rows = [
        fill(
            "tenant.html",
            href=f"/t/{tenant.id}",
            name=pick(tenant.name, frame.language),
            numbers=" · ".join(sorted(tenant.numbers)),
        )
        for tenant in _scope(frame, login).tenants()
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


async def board(frame: Frame, login: Login) -> web.Response:
    """One tenant's live page, to be filled by its script."""
    tenant = _scope(frame, login).tenant(frame.request.match_info["tenant"])
    words = TEXTS[frame.language]
    name = pick(tenant.name, frame.language)
    body = fill(
        "board.html",
        **{
            key: words[key]
            for key in ("connecting", "no_script", "closed_banner", "today", "queues", "calls", "agents")
        },
        calls_none=words["calls_none"],
        agents_none=words["agents_none"],
        tenant=tenant.id,
        name=name,
        platform=frame.platform,
        bar=frame.bar(login),
        figures=join([fill("figure.html", key=key, label=words[key]) for key in _FIGURES]),
        words=data(words),
        script=static_address("board.js"),
        nonce=frame.nonce,
    )
    return frame.answer(body, name)


# --- login --------------------------------------------------------------------------------------------------------


async def login_form(request: web.Request) -> web.Response:
    """Ask for user and password."""
    return _login_page(Frame.of(request), following=request.query.get("next", "/"))


async def log_in(request: web.Request) -> web.Response:
    """Check user and password, give a session's cookie."""
    frame, access = Frame.of(request), request.app[PARTS].access
    access.check_origin(request)
    form = await _form(request)
    name, following = form.get("user", "")[:100].strip(), form.get("next", "/")
    try:
        cookie = await access.log_in(name, form.get("password", ""), request.remote or "")
    except ApiError as error:
        problem = frame.say(_PROBLEMS[error.answer.code], seconds=error.headers["Retry-After"])
        response = _login_page(frame, name, following, problem, error.status)
        response.headers["Retry-After"] = error.headers["Retry-After"]
        return response
    if cookie is None:
        return _login_page(frame, name, following, frame.say("wrong_login"), 403)
    response = web.Response(status=303, headers={"Location": _own_path(following)})
    access.set_cookie(response, cookie)
    return response


async def log_out(request: web.Request) -> web.Response:
    """End the session."""
    access = request.app[PARTS].access
    if (login := access.session(request)) is not None:
        access.check_command(request, login[1], (await _form(request)).get("csrf", ""))
        await access.log_out(request)
    response = web.Response(status=303, headers={"Location": "/login"})
    access.delete_cookie(response)
    return response


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise ApiError(415, "unsupported_media_type", "This is not a form.", advice="Use the page's own form.")
    text = (await read_body(request, _FORM_BYTES)).decode("utf-8", "replace")
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise ApiError(400, "bad_request", "The form has too many fields.", advice="Use the page's own form.") from None
    return {name: values[0] for name, values in fields.items()}


def _login_page(
    frame: Frame, user: str = "", following: str = "/", problem: str = "", status: int = 200
) -> web.Response:
    following = _own_path(following)
    body = fill(
        "login.html",
        platform=frame.platform,
        sign_in=frame.say("sign_in"),
        problem=fill("problem.html", text=problem) if problem else Html(""),
        next=following,
        user_label=frame.say("user"),
        user=user,
        password_label=frame.say("password"),
        bar=frame.bar(address=_login_address(following)),
    )
    return frame.answer(body, frame.say("sign_in"), status=status)


def _own_path(path: str) -> str:
    """A path of ours to go on to: never another site's address, never a line of a header."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


# --- the rest -----------------------------------------------------------------------------------------------------


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
