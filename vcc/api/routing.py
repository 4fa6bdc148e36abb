"""A route is a row of a table: method, path, who may ask, what is read, what is answered.

The same rows make the server's routes, the OpenAPI description and the test of tenant scope, so none of them can drift.
`read_path`, `read_query` and `read_json` check what was sent against a row before its handler runs.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenancy.secrets import Role
from vcc.api.errors import ApiError, bad_request, invalid, not_found

if TYPE_CHECKING:
    from vcc.api.board import Boards
    from vcc.api.commands import Commands
    from vcc.api.desk import Desks
    from vcc.api.feed import Feed
    from vcc.api.history import History
    from vcc.api.identity import Principal
    from vcc.api.scope import Scope

#: Where the API lives; a change that breaks clients gets a new one beside it.
PREFIX = "/api/v1"
#: The longest body that is read, in bytes: the largest command is a few hundred.
BODY_BYTES = 16_384
#: How long a body may take to arrive, in seconds.
BODY_S = 10.0
#: The longest name in a path.
NAME_LENGTH = 100

#: The end of the year 9998: every store and every calendar can take it, in each time zone.
LAST_MOMENT = 253_370_764_799.0
#: A moment, POSIX seconds. JSON may hold an infinite number, and NaN is read too: neither is a time.
Time = Annotated[float, Field(ge=0, le=LAST_MOMENT, allow_inf_nan=False)]

ANYONE = frozenset(Role)
VIEWERS = frozenset({Role.PLATFORM, Role.TENANT, Role.SUPERVISOR})
OWNERS = frozenset({Role.PLATFORM, Role.TENANT})
PLATFORM = frozenset({Role.PLATFORM})


class Query(BaseModel):
    """What may stand behind the `?`; anything else is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """What may be sent as JSON; anything else is refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoBody(Body):
    """An empty object, or nothing at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One request, understood and allowed: what a handler gets."""

    request: web.Request
    principal: Principal
    scope: Scope
    commands: Commands
    history: History
    feed: Feed
    boards: Boards
    desks: Desks
    csrf: str | None  # what commands of the session that asks have to carry
    still_allowed: Callable[[], bool]  # asked again and again by streams
    path: Mapping[str, str]
    query: Any  # the route's own model
    body: Any  # the route's own model


Handler = Callable[[Ask], Awaitable[BaseModel | web.StreamResponse]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A row of the table. `path` is below the prefix; `{agent}` and `{queue}` may hold one slash.

    `answer` None: a stream of `media`, described by `summary`. `body` None: a body is neither read nor allowed.
    """

    method: str
    path: str
    name: str
    summary: str
    roles: frozenset[Role]
    handler: Handler
    query: type[Query] = Query
    body: type[Body] | None = None
    body_bytes: int = BODY_BYTES  # the longest body that is read
    answer: type[BaseModel] | None = None
    media: str = "text/event-stream"  # what a route without a model answers
    tag: str = field(default="platform")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def pattern(self) -> str:
        """The path as aiohttp wants it."""
        return PREFIX + re.sub(r"{agent}", r"{agent:[^/]+(?:/[^/]+)?}", self.path)


def read_path(route: Route, request: web.Request) -> Mapping[str, str]:
    """The names in the path. Raises ApiError."""
    return {name: _name(request.match_info[name]) for name in route.parameters}


def _name(text: str) -> str:
    if not text.isprintable() or len(text) > NAME_LENGTH:
        raise not_found("There is nothing of that name.")
    return text


def read_query(route: Route, request: web.Request) -> Query:
    """The query as the row's model. Raises ApiError."""
    values: dict[str, str] = {}
    for key, value in request.query.items():
        if key in values:
            raise bad_request(f"The query names '{key[:60]}' twice.", "Send each parameter once.")
        values[key] = value
    try:
        return route.query.model_validate(values)
    except ValidationError as error:
        raise invalid(error, "query") from None


async def read_json(route: Route, request: web.Request) -> Body | None:
    """The body as the row's model. Raises ApiError."""
    if route.body is None:
        if request.body_exists:
            raise bad_request("This request takes no body.", "Send it without one.")
        return None
    data = await read_body(request, route.body_bytes)
    if not data and route.body is NoBody:
        return NoBody()
    if request.content_type != "application/json":
        raise ApiError(
            415,
            "unsupported_media_type",
            f"The body is '{request.content_type[:60]}'.",
            advice="Send JSON, with 'Content-Type: application/json'.",
        )
    try:
        return route.body.model_validate_json(data)
    except ValidationError as error:
        raise invalid(error, "body") from None


async def read_body(request: web.Request, limit: int) -> bytes:
    """Read at most `limit` bytes within BODY_S. Raises ApiError."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiError(
            415, "unsupported_media_type", "The body is compressed.", advice="Send it without 'Content-Encoding'."
        )
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while chunk := await request.content.readany():
                data += chunk
                if len(data) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise ApiError(
            408,
            "too_slow",
            f"The body did not arrive within {BODY_S:.0f} s.",
            advice="Send it at once.",
            headers={"Connection": "close"},
        ) from None
    return bytes(data)


def _too_large(limit: int) -> ApiError:
    return ApiError(
        413,
        "too_large",
        f"The body is longer than {limit} bytes.",
        advice="Send only the described fields.",
        headers={"Connection": "close"},
    )


def json_answer(model: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A model as the body of an answer that nobody may keep a copy of."""
    return web.Response(
        body=model.model_dump_json().encode(),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def json_text(data: Any) -> str:  # noqa: ANN401 - plain data of any kind
    """Plain data as compact JSON, in one line."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
