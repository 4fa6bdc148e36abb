"""What every request goes through: who asks, may that role do this, is what was sent well formed; then its handler.

Whatever goes wrong leaves as an `ErrorAnswer`. A fault of ours is logged with a mark that the answer shows too.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from core.errors import ForbiddenError, VccError
from vcc.api.commands import Commands
from vcc.api.errors import ApiError, of_vcc
from vcc.api.history import History
from vcc.api.parts import PARTS, Parts
from vcc.api.routing import Ask, Route, json_answer, read_json, read_path, read_query
from vcc.api.scope import Scope

if TYPE_CHECKING:
    from vcc.api.identity import Principal

_log = structlog.get_logger()

RequestHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def handler_of(route: Route) -> RequestHandler:
    """Make a row of the route table into what aiohttp calls."""

    async def handle(request: web.Request) -> web.StreamResponse:
        answer = await route.handler(await _ask(route, request, request.app[PARTS]))
        return answer if isinstance(answer, web.StreamResponse) else json_answer(answer)

    return handle


async def _ask(route: Route, request: web.Request, parts: Parts) -> Ask:
    principal = parts.access.principal(request)
    if principal.role not in route.roles:
        raise ForbiddenError(f"The role '{principal.role}' does not allow this.")
    scope = scope_of(parts, principal)
    found = None if "Authorization" in request.headers else parts.access.session(request)
    return Ask(
        request=request,
        principal=principal,
        scope=scope,
        commands=Commands(scope, parts.control),
        history=History(scope, parts.log),
        feed=parts.feed,
        boards=parts.boards,
        desks=parts.desks,
        csrf=found[1].csrf if found else None,
        still_allowed=lambda: _still(parts, request, principal),
        path=read_path(route, request),
        query=read_query(route, request),
        body=await read_json(route, request),
    )


def scope_of(parts: Parts, principal: Principal) -> Scope:
    """The platform as `principal` may see it."""
    return Scope(principal, parts.control, parts.engagements)


def _still(parts: Parts, request: web.Request, principal: Principal) -> bool:
    try:
        return parts.access.principal(request) == principal
    except ApiError:
        return False


@web.middleware
async def errors_as_json(request: web.Request, handler: RequestHandler) -> web.StreamResponse:
    """Turn every error into an `ErrorAnswer`."""
    try:
        return await handler(request)
    except ApiError as error:
        return _answer(error)
    except VccError as error:
        answer = of_vcc(error)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request failed", path=request.path, code=error.code, error=str(error))
        return _answer(answer)
    except web.HTTPException as error:
        return _of_http(request, error)
    except ConnectionError:
        raise
    except Exception:  # noqa: BLE001 - logged with a mark; the asker gets the mark only
        mark = secrets.token_hex(4)
        _log.exception("request failed", path=request.path, mark=mark)
        return _answer(
            ApiError(500, "internal", f"Something of ours broke ({mark}).", advice="Look this mark up in vcc's log.")
        )


def _of_http(request: web.Request, error: web.HTTPException) -> web.Response:
    if error.status == HTTPStatus.NOT_FOUND:
        answer = ApiError(
            404, "not_found", "There is nothing here.", advice="/api/v1/openapi.json lists what there is."
        )
    elif isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        answer = ApiError(
            405,
            "method_not_allowed",
            f"{request.method[:20]} is not possible here.",
            advice=f"Possible is {allowed}.",
            headers={"Allow": allowed},
        )
    elif error.status >= HTTPStatus.BAD_REQUEST:
        answer = ApiError(error.status, "bad_request", error.reason, advice="Correct the request.")
    else:
        raise error
    return _answer(answer)


def _answer(error: ApiError) -> web.Response:
    return json_answer(error.answer, status=error.status, headers=error.headers)
