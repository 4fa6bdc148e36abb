"""The login page: a user's name and password become a session."""

from __future__ import annotations

from urllib.parse import parse_qs, quote

from aiohttp import web

from vcc.api.errors import ApiError
from vcc.api.pages.frame import Frame
from vcc.api.pages.html import Html, fill
from vcc.api.parts import PARTS
from vcc.api.routing import read_body

_FORM_BYTES = 4_096
#: What the login page says for the errors of a login.
_PROBLEMS = {"too_many": "login_locked", "busy": "login_busy"}


def login_address(following: str, language: str | None = None) -> str:
    """Where to log in and go on to `following`."""
    address = "/login" if following == "/" else f"/login?next={quote(following)}"
    if language is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


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
        bar=frame.bar(address=login_address(following)),
    )
    return frame.answer(body, frame.say("sign_in"), status=status)


def _own_path(path: str) -> str:
    """A path of ours to go on to: never another site's address, never a line of a header."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"
