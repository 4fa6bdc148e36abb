"""For those who operate the platform: is the process alive, can calls be taken, the measures.

Outside the API's version, as what asks is a supervisor, a load balancer or Prometheus. The first two tell nothing that
needs a login; the measures name tenants and need a token of the platform's role.
"""

from __future__ import annotations

from aiohttp import web

from core.errors import ForbiddenError
from tenancy.secrets import Role
from vcc.api.metrics import CONTENT_TYPE
from vcc.api.parts import PARTS


async def healthz(request: web.Request) -> web.Response:
    """The process is alive and its event loop turns."""
    return web.Response(text="alive\n")


async def readyz(request: web.Request) -> web.Response:
    """Whether calls can be taken: 200, or 503."""
    if request.app[PARTS].control.ready:
        return web.Response(text="ready\n")
    return web.Response(status=503, text="not ready\n", headers={"Retry-After": "2"})


async def metrics(request: web.Request) -> web.Response:
    """The measures, as a Prometheus server reads them."""
    parts = request.app[PARTS]
    if parts.access.principal(request).role is not Role.PLATFORM:
        raise ForbiddenError("The measures are shown to the platform's role only.")
    return web.Response(body=parts.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


def add_operation(app: web.Application) -> None:
    """Add the three routes."""
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
