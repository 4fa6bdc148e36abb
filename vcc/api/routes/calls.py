"""Calls: those going on, one with its whole timeline, and the commands on a call."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from core.errors import NotFoundError
from vcc.api.models import Call, Calls, Done, fact_data
from vcc.api.models_history import CallDetail, Record, Waits
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import VIEWERS, Ask, Body, NoBody, Route
from vcc.calls.states import CallState  # noqa: TC001 - pydantic reads the annotation

QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}/[a-z][a-z0-9_-]{0,39}$")]


class Move(Body):
    """Where a waiting call shall wait from now on; its waiting time is kept."""

    queue: QueueName | None = Field(default=None, description="another queue of the same tenant, as tenant/queue")
    priority: int | None = Field(default=None, ge=0, le=100, description="higher is answered first")

    @model_validator(mode="after")
    def _something_is_asked(self) -> Self:
        if self.queue is None and self.priority is None:
            raise ValueError("name a queue, a priority or both")
        return self


class Take(Body):
    """Who takes the call."""

    agent: str = Field(description="an agent who is signed in; a tenant's own agent is tenant/agent", max_length=100)


class CallFilter(OfTenant):
    """Which calls."""

    state: CallState | None = Field(default=None, description="only calls in this state")
    queue: str | None = Field(default=None, description="only calls of this queue", max_length=100)


async def calls(ask: Ask) -> Calls:
    """List the calls going on."""
    wanted = ask.query
    within = ask.scope.narrowed(wanted.tenant)
    return Calls(
        calls=tuple(
            Call.model_validate(call)
            for call in ask.scope.calls()
            if (within is None or call.tenant in within)
            and wanted.state in {None, call.state}
            and wanted.queue in {None, call.queue}
        )
    )


async def call(ask: Ask) -> CallDetail:
    """Show one call, going on or over, with its timeline."""
    contact = ask.path["contact"]
    live = next((found for found in ask.scope.calls() if found.contact == contact), None)
    facts = await ask.history.facts(contact)
    if live is None and not facts:
        raise NotFoundError(f"There is no call '{contact}'.")
    record = ask.history.record_of(facts)
    return CallDetail(
        live=Call.model_validate(live) if live else None,
        waits=Waits.model_validate(waits) if (waits := ask.scope.waits_for(contact)) else None,
        record=Record.model_validate(record) if record else None,
        facts=tuple(fact_data(fact) for fact in facts),
    )


async def hang_up(ask: Ask) -> Done:
    """End a call."""
    ask.commands.hang_up(ask.path["contact"])
    return Done()


async def move(ask: Ask) -> Done:
    """Move a waiting call."""
    ask.commands.move(ask.path["contact"], queue=ask.body.queue, priority=ask.body.priority)
    return Done()


async def take(ask: Ask) -> Done:
    """Have an agent take a waiting call from the list."""
    ask.commands.take(ask.path["contact"], ask.body.agent)
    return Done()


ROUTES = (
    Route(
        method="GET",
        path="/calls",
        name="listCalls",
        summary="The calls going on of the tenants in reach, oldest first.",
        roles=VIEWERS,
        handler=calls,
        query=CallFilter,
        answer=Calls,
        tag="calls",
    ),
    Route(
        method="GET",
        path="/calls/{contact}",
        name="getCall",
        summary="One call, going on or over: its present state, its record, and every fact that may be seen of it.",
        roles=VIEWERS,
        handler=call,
        answer=CallDetail,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/hang-up",
        name="hangUp",
        summary="End a call.",
        roles=VIEWERS,
        handler=hang_up,
        body=NoBody,
        answer=Done,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/move",
        name="moveCall",
        summary="Put a waiting call into another queue of its tenant, or give it another priority.",
        roles=VIEWERS,
        handler=move,
        body=Move,
        answer=Done,
        tag="calls",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/take",
        name="takeCall",
        summary="Have an agent's phone ring for a waiting call that the agent takes from the list, where its queue "
        "allows that.",
        roles=VIEWERS,
        handler=take,
        body=Take,
        answer=Done,
        tag="calls",
    ),
)
