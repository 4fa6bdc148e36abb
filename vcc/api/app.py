"""The application: the control API, the pages, and what operators ask, put together."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiohttp import web

from vcc.api.access import Access
from vcc.api.board import Boards, Days
from vcc.api.desk import Desks
from vcc.api.engagement import Engagements
from vcc.api.feed import Feed
from vcc.api.handling import RequestHandler, errors_as_json, handler_of
from vcc.api.login.sessions import Sessions
from vcc.api.metrics import Metrics
from vcc.api.openapi import describe
from vcc.api.operation import add_operation
from vcc.api.pages import add_pages
from vcc.api.parts import PARTS, Parts
from vcc.api.routes import ROUTES
from vcc.api.routing import PREFIX, json_text
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from reporting.port import EventLog
    from vcc.api.identity import Directory
    from vcc.calls.control import Control

#: Where the description of the API is.
DESCRIPTION = f"{PREFIX}/openapi.json"


def make_app(
    control: Control,
    log: EventLog,
    live: Days,
    directory: Directory,
    *,
    metrics: Metrics | None = None,
    sessions_file: Path | None = None,
    public_url: str | None = None,
    clock: Callable[[], float] = time.time,
) -> web.Application:
    """Build the application for one running platform.

    `live` holds the figures of the tenants' days, `directory` tokens and users. `sessions_file` keeps logins over a
    restart. `public_url` is the address that browsers use where a proxy stands in between; `https:` there makes the
    cookies secure ones. `clock` tells POSIX seconds. `metrics` may be made before, to be fed from elsewhere too.
    """
    engagements = Engagements()
    parts = Parts(
        control=control,
        log=log,
        access=Access(directory, Sessions(sessions_file, clock), public_url=public_url, clock=clock),
        feed=Feed(engagements),
        engagements=engagements,
        boards=Boards(control, live, clock),
        desks=Desks(control, clock),
        metrics=metrics or Metrics(control),
        clock=clock,
    )
    app = web.Application(middlewares=[_measured, errors_as_json])
    app[PARTS] = parts
    app.cleanup_ctx.append(_listening)
    app.on_shutdown.append(_end_streams)
    app.on_response_prepare.append(_guard)
    for route in ROUTES:
        app.router.add_route(route.method, route.pattern, handler_of(route), name=route.name)
    _add_description(app)
    add_operation(app)
    add_pages(app)
    return app


async def _listening(app: web.Application) -> AsyncIterator[None]:
    """Listen to the facts while the application runs."""
    parts = app[PARTS]
    parts.feed.listen(parts.boards.note)
    parts.feed.listen(parts.desks.note)
    parts.metrics.watch(parts.feed)
    tasks = [
        spawn(parts.feed.run(parts.control), name="api feed"),
        spawn(parts.metrics.measure_lag(), name="event loop lag"),
    ]
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _end_streams(app: web.Application) -> None:
    app[PARTS].feed.close()
    app[PARTS].boards.snapshots.close()
    app[PARTS].desks.snapshots.close()


async def _guard(request: web.Request, response: web.StreamResponse) -> None:
    """What every answer tells a browser: nothing is to be run, framed or guessed unless a page says otherwise."""
    headers = response.headers
    headers["Server"] = "vcc"
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


@web.middleware
async def _measured(request: web.Request, handler: RequestHandler) -> web.StreamResponse:
    """Count answers by route."""
    response = await handler(request)
    request.app[PARTS].metrics.observe_request(request.match_info.route.name or "other", response.status)
    return response


@cache
def description_text() -> str:
    """The OpenAPI description; made once, which takes a while."""
    return json_text(describe(ROUTES, version("vcc")))


def _add_description(app: web.Application) -> None:
    text = description_text()

    async def description(request: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/json")

    app.router.add_get(DESCRIPTION, description, name="description")
