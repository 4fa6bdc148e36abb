"""Records of calls, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from core.facts import Outcome  # noqa: TC001 - pydantic reads the annotation
from reporting.port import RecordQuery
from vcc.api.models_history import Record, Records
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import LAST_MOMENT, VIEWERS, Ask, Route

#: Records on one page at most.
PAGE = 500
_FORMS = "POSIX seconds, or ISO 8601 with an offset such as 2026-03-01T09:00:00+08:00"
_MOMENT = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "format": "date-time"}]}


def _seconds(text: object) -> float:
    if not isinstance(text, str):
        raise ValueError(f"not a time; write {_FORMS}")
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"not a time; write {_FORMS}") from None
        if moment.tzinfo is None:
            raise ValueError("has no offset from UTC; write it as +08:00 or Z") from None
        seconds = moment.astimezone(UTC).timestamp()
    if not 0 <= seconds <= LAST_MOMENT:
        raise ValueError("is no time between 1970 and 9998")
    return seconds


Moment = Annotated[float, BeforeValidator(_seconds), WithJsonSchema(_MOMENT)]


class RecordFilter(OfTenant):
    """Which records."""

    since: Moment | None = Field(default=None, description=f"arrived at or after: {_FORMS}")
    until: Moment | None = Field(default=None, description=f"arrived before: {_FORMS}")
    caller: str | None = Field(default=None, description="the caller's number, whole", max_length=64)
    agent: str | None = Field(default=None, description="who talked with the caller", max_length=100)
    outcome: Outcome | None = Field(default=None, description="how the call ended")
    before: str | None = Field(
        default=None, description="go on after this call: 'next' of the page before", max_length=40
    )
    limit: int = Field(default=100, ge=1, le=PAGE, description="records on a page")


async def records(ask: Ask) -> Records:
    """Look records up."""
    wanted = ask.query
    page, following = await ask.history.records(
        RecordQuery(
            tenants=ask.scope.narrowed(wanted.tenant),
            since=wanted.since,
            until=wanted.until,
            caller=wanted.caller,
            agent=wanted.agent,
            outcome=wanted.outcome,
            before=wanted.before,
            limit=wanted.limit,
        )
    )
    return Records(records=tuple(Record.model_validate(record) for record in page), next=following)


ROUTES = (
    Route(
        method="GET",
        path="/records",
        name="listRecords",
        summary="Records of calls, newest first, page by page.",
        roles=VIEWERS,
        handler=records,
        query=RecordFilter,
        answer=Records,
        tag="calls",
    ),
)
