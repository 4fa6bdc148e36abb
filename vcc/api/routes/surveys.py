"""What callers answered to surveys."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.facts import SurveyAnswered
from reporting import surveys as counting
from vcc.api.models_history import SurveyAnswers, Surveys
from vcc.api.routes.records import Moment  # noqa: TC001 - pydantic reads the annotation
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import VIEWERS, Ask, Route


class SurveyFilter(OfTenant):
    """Which answers, and what they are put together by."""

    since: Moment | None = Field(default=None, description="given at or after")
    until: Moment | None = Field(default=None, description="given before")
    by: Literal["agent", "queue"] = Field(default="agent", description="whose mean")


async def surveys(ask: Ask) -> Surveys:
    """Count the answers of a time."""
    wanted = ask.query
    facts = await ask.history.answers(wanted.since or 0.0, wanted.until, ask.scope.narrowed(wanted.tenant))
    found = counting.answers((fact for fact in facts if isinstance(fact, SurveyAnswered)), wanted.by)
    return Surveys(
        surveys=tuple(
            SurveyAnswers(
                tenant=one.tenant,
                question=one.question,
                of=one.of,
                count=one.count,
                mean=one.mean,
                scores={str(score): times for score, times in sorted(one.scores.items())},
            )
            for one in found
        )
    )


ROUTES = (
    Route(
        method="GET",
        path="/surveys",
        name="listSurveys",
        summary="What callers answered to surveys: how many, the mean and how often each score, by agent or queue.",
        roles=VIEWERS,
        handler=surveys,
        query=SurveyFilter,
        answer=Surveys,
        tag="calls",
    ),
)
