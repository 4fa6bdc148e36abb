"""The facts as they happen, as a stream of server-sent events.

event: hello   the first one: the id from which on nothing is missing
event: fact    one fact, its id for Last-Event-ID
event: gap     facts may be missing before this: look at the present state again
event: end     no more comes, and why: cut_off (too slow), closing (vcc stops), no_access (token or login ended)
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from core.facts import FACTS, AgentStateChanged, Fact
from vcc.api.feed import Entry, Gap, Ids, Reader
from vcc.api.models import fact_data
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import VIEWERS, Ask, Route, json_text
from vcc.api.sse import HEARTBEAT_S, EventStream, frame

if TYPE_CHECKING:
    from aiohttp import web

    from vcc.api.scope import Scope


#: After a write, what comes within this time is written together, in seconds.
TOGETHER_S = 0.02
#: The names of all facts.
KINDS = frozenset(FACTS) - {Fact.__name__}


def _kinds(text: object) -> frozenset[str]:
    kinds = frozenset(str(text).split(",")) if text else frozenset[str]()
    if unknown := sorted(kinds - KINDS):
        words = {"name": unknown[0][:60], "expected": ", ".join(sorted(KINDS))}
        raise PydanticCustomError("unknown_fact", "there is no fact named '{name}'", words)
    return kinds


Kinds = Annotated[frozenset[str], BeforeValidator(_kinds), WithJsonSchema({"type": "string"})]


class EventFilter(OfTenant):
    """Which facts."""

    kinds: Kinds | None = Field(default=None, description="names of facts, as under Fact, separated by commas")
    contact: str | None = Field(default=None, description="only facts of this call", max_length=100)


class Selection:
    """Which facts one stream tells, and in which form; a leased agent's changes elsewhere are told once."""

    def __init__(self, scope: Scope, ids: Ids, kinds: frozenset[str], contact: str | None) -> None:
        """`kinds` empty: all."""
        self._scope = scope
        self._ids = ids
        self._kinds = kinds
        self._contact = contact
        self._told: dict[str, Fact] = {}

    def frame(self, item: Entry | Gap) -> str | None:
        """The item as it stands in the stream, or None."""
        if isinstance(item, Gap):
            return frame("gap", json_text({"why": item.why}), self._ids.of(item.number))
        if self._kinds and type(item.fact).__name__ not in self._kinds:
            return None
        if self._contact is not None and item.fact.contact != self._contact:
            return None
        fact = self._scope.fact(item.fact, engaged=item.engaged)
        if fact is None or (fact is not item.fact and self._is_old(fact)):
            return None
        return frame("fact", json_text(fact_data(fact)), self._ids.of(item.number))

    def _is_old(self, fact: Fact) -> bool:
        if not isinstance(fact, AgentStateChanged):
            return False
        before, self._told[fact.agent] = self._told.get(fact.agent), fact
        return before is not None and all(
            getattr(before, name) == getattr(fact, name) for name in ("wish", "phase", "reason", "phone", "serves")
        )


async def events(ask: Ask) -> web.StreamResponse:
    """Stream facts until the reader leaves."""
    kinds = ask.query.kinds or frozenset()
    scope = ask.scope if ask.query.tenant is None else ask.scope.of_tenant(ask.query.tenant)
    selection = Selection(scope, ask.feed.ids, kinds, ask.query.contact)
    last_id = ask.request.headers.get("Last-Event-ID") or None
    with ask.feed.read(last_id) as reader:
        from_id = ask.feed.ids.of(ask.feed.last) if last_id is None else None
        async with EventStream(ask.request) as stream:
            await stream.send(frame("hello", json_text({"resumed": last_id is not None}), from_id))
            why = await _tell(ask, stream, reader, selection)
            await stream.send(frame("end", json_text({"why": why})))
        return stream.response


async def _tell(ask: Ask, stream: EventStream, reader: Reader, selection: Selection) -> str:
    """Send what comes until there is a reason to end, which is returned."""
    time = asyncio.get_running_loop().time
    written = time()
    while True:
        upto = ask.feed.last
        items = await reader.next(max(0.0, written + HEARTBEAT_S - time()))
        if items is None:
            return "cut_off" if reader.cut_off else "closing"
        if not ask.still_allowed():
            return "no_access"
        if frames := [text for item in items if (text := selection.frame(item)) is not None]:
            await stream.send(*frames)
        elif time() - written >= HEARTBEAT_S:
            await stream.heartbeat(ask.feed.ids.of(items[-1].number if items else upto))
        else:
            await asyncio.sleep(TOGETHER_S)
            continue
        written = time()
        await asyncio.sleep(TOGETHER_S)


ROUTES = (
    Route(
        method="GET",
        path="/events",
        name="streamEvents",
        summary="The facts of the tenants in reach as they happen, as server-sent events: hello, fact, gap, end.",
        roles=VIEWERS,
        handler=events,
        query=EventFilter,
        tag="events",
    ),
)
