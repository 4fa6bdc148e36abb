"""The pages of one tenant, to be filled by their scripts: what goes on, the recordings, who is to be called back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vcc.api.pages.html import Html, fill, join
from vcc.api.pages.texts import pick

if TYPE_CHECKING:
    from aiohttp import web

    from tenancy.model import Tenant
    from vcc.api.identity import Principal
    from vcc.api.login.sessions import Session
    from vcc.api.pages.frame import Frame
    from vcc.api.scope import Scope

    Login = tuple[Principal, Session]

_FIGURES = ("calls_in", "waiting", "answered", "abandoned", "service_level", "utilisation")
_ATTENDANCE = ("attendance_rate", "presence", "late", "early")
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
            moving=fill("moving.html", **frame.words()),
            scripts=frame.scripts("common.js", "calls.js", "moving.js", "board.js"),
        ),
    )
    return frame.answer(body, name)


async def recordings(frame: Frame, login: Login, scope: Scope) -> web.Response:
    """The recordings, to be searched and played."""
    tenant = scope.tenant(frame.request.match_info["tenant"])
    queues = [(f"{tenant.id}/{queue}", pick(one.name, frame.language)) for queue, one in tenant.queues.items()]
    agents = [(agent.agent, agent.name) for agent in scope.of_tenant(tenant.id).agents()]
    title = f"{frame.say('recordings')} · {pick(tenant.name, frame.language)}"
    body = fill(
        "recordings.html",
        **frame.words(
            tenant=tenant.id,
            time_zone=tenant.time_zone,
            may_listen="yes" if scope.may_listen else "no",
            head=_head(frame, login, tenant, "recordings"),
            queue_choices=_choices(queues),
            agent_choices=_choices(agents),
            scripts=frame.scripts("common.js", "recordings.js"),
        ),
    )
    return frame.answer(body, title)


async def attendance(frame: Frame, login: Login, scope: Scope) -> web.Response:
    """Who was there of those whom the shift tables name."""
    tenant = scope.tenant(frame.request.match_info["tenant"])
    title = f"{frame.say('attendance')} · {pick(tenant.name, frame.language)}"
    body = fill(
        "attendance.html",
        **frame.words(
            tenant=tenant.id,
            time_zone=tenant.time_zone,
            head=_head(frame, login, tenant, "attendance"),
            figures=join([fill("figure.html", key=key, label=frame.say(key)) for key in _ATTENDANCE]),
            scripts=frame.scripts("common.js", "attendance.js"),
        ),
    )
    return frame.answer(body, title)


async def callbacks(frame: Frame, login: Login, scope: Scope) -> web.Response:
    """Who is to be called back."""
    tenant = scope.tenant(frame.request.match_info["tenant"])
    name = pick(tenant.name, frame.language)
    queues = {f"{tenant.id}/{queue}": pick(one.name, frame.language) for queue, one in tenant.queues.items()}
    body = fill(
        "callbacks.html",
        **frame.words(
            tenant=tenant.id,
            queues=json.dumps(queues, ensure_ascii=False),
            time_zone=tenant.time_zone,
            head=_head(frame, login, tenant, "callbacks"),
            scripts=frame.scripts("common.js", "callbacks.js"),
        ),
    )
    return frame.answer(body, f"{frame.say('callbacks')} · {name}")


def _choices(pairs: list[tuple[str, str]]) -> Html:
    return join(
        [fill("choice.html", value=value, text=text) for value, text in sorted(pairs, key=lambda pair: pair[1])]
    )


def _head(frame: Frame, login: Login, tenant: Tenant, current: str) -> Html:
    """What stands above a page that is not live: whose it is, who looks, the other pages."""
    return fill(
        "head.html",
        platform=frame.platform,
        name=pick(tenant.name, frame.language),
        bar=frame.bar(login),
        tabs=_tabs(frame, tenant.id, current),
    )


def _tabs(frame: Frame, tenant: str, current: str) -> Html:
    return fill(
        "tabs.html",
        **frame.words(
            live_href=f"/t/{tenant}",
            recordings_href=f"/t/{tenant}/recordings",
            callbacks_href=f"/t/{tenant}/callbacks",
            live_current=_CURRENT if current == "live" else Html(""),
            recordings_current=_CURRENT if current == "recordings" else Html(""),
            attendance_href=f"/t/{tenant}/attendance",
            attendance_current=_CURRENT if current == "attendance" else Html(""),
            callbacks_current=_CURRENT if current == "callbacks" else Html(""),
        ),
    )
