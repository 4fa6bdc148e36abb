"""The pages of one tenant, to be filled by their scripts: what goes on, and the recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vcc.api.pages.html import Html, fill, join
from vcc.api.pages.texts import pick

if TYPE_CHECKING:
    from aiohttp import web

    from vcc.api.identity import Principal
    from vcc.api.login.sessions import Session
    from vcc.api.pages.frame import Frame
    from vcc.api.scope import Scope

    Login = tuple[Principal, Session]

_FIGURES = ("calls_in", "waiting", "answered", "abandoned", "service_level", "utilisation")
_CURRENT = Html(' aria-current="page"')


async def board(frame: Frame, login: Login, scope: Scope) -> web.Response:
    """What goes on."""
    tenant = scope.tenant(frame.request.match_info["tenant"])
    name = pick(tenant.name, frame.language)
    body = fill(
        "board.html",
        **frame.words(
            tenant=tenant.id,
            name=name,
            platform=frame.platform,
            bar=frame.bar(login),
            tabs=_tabs(frame, tenant.id, "live"),
            figures=join([fill("figure.html", key=key, label=frame.say(key)) for key in _FIGURES]),
            call=fill("call.html", **frame.words()),
            scripts=frame.scripts("common.js", "calls.js", "board.js"),
        ),
    )
    return frame.answer(body, name)


def _tabs(frame: Frame, tenant: str, current: str) -> Html:
    return fill(
        "tabs.html",
        **frame.words(
            live_href=f"/t/{tenant}",
            recordings_href=f"/t/{tenant}/recordings",
            live_current=_CURRENT if current == "live" else Html(""),
            recordings_current=_CURRENT if current == "recordings" else Html(""),
        ),
    )
