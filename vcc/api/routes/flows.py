"""Flows: what was published, by whom, what is in force, and what came of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from core.errors import NotFoundError
from vcc.api.models import Answer
from vcc.api.routing import OWNERS, VIEWERS, Ask, Body, NoBody, Query, Route, Time
from vcc.calls.publications import WHOLE, Publication, Standing

#: The longest text of a flow, bytes; JSON's escapes come on top.
TEXT_BYTES = 500_000
#: How far back outcomes are told of where nothing else is asked, seconds.
_DAYS_7 = 7 * 86_400.0
FlowName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
Note = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


class NewPublication(Body):
    """A flow's text to be put in force."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_BYTES)] = Field(
        description="the flow, as the file would have it"
    )
    begins: Time | None = Field(default=None, description="POSIX seconds; none: now")
    ends: Time | None = Field(default=None, description="POSIX seconds; none: until another is in force")
    share: int = Field(default=WHOLE, ge=1, le=WHOLE, description="percent of the calls")
    note: Note = ""
    scripts: dict[FileName, Annotated[str, StringConstraints(max_length=TEXT_BYTES)]] = Field(
        default_factory=dict,
        description="file: scripts that the flow is tried with, in place of the configuration's",
    )


class Between(Query):
    """Which two versions."""

    old: int = Field(default=0, ge=0, description="a publication's number; 0: the configuration folder's flow")
    new: int = Field(default=0, ge=0, description="the same")


class Since(Query):
    """Which calls: those that began in this time."""

    since: Time | None = Field(default=None, description="POSIX seconds; none: seven days ago")
    until: Time | None = Field(default=None, description="POSIX seconds; none: now")


class PublicationAnswer(Answer):
    """A publication, without its text."""

    flow: str
    number: int
    version: str
    standing: Standing
    author: str
    made: float
    begins: float
    ends: float | None
    share: int
    note: str
    approved_by: str
    withdrawn: float | None
    withdrawn_by: str


class Publications(Answer):
    """A flow's publications that are kept, newest first. `configured`: the version of the configuration folder's flow,
    which has the calls that no publication has.
    """

    flow: str
    configured: str
    publications: tuple[PublicationAnswer, ...]


class Differences(Answer):
    """What is different, line by line: + is new, - is gone, ~ has another value."""

    lines: tuple[str, ...]


class Outcomes(Answer):
    """The calls of one version. `reached_agent`: that came to an agent; `outcomes`: of those that are over."""

    version: str
    publication: int | None
    calls: int
    reached_agent: int
    over: int
    mean_s: float | None
    outcomes: dict[str, int]


class AllOutcomes(Answer):
    """The versions on which calls were, the one that began first first."""

    versions: tuple[Outcomes, ...]


def _flow(ask: Ask) -> str:
    """The flow's platform-wide name. Raises NotFoundError for a tenant out of reach."""
    return f"{ask.scope.tenant(ask.path['tenant']).id}/{ask.path['flow']}"


def _number(ask: Ask) -> int:
    text = ask.path["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 9):  # noqa: PLR2004 - as many digits as a number can need
        raise NotFoundError(f"There is no publication '{text}'.")
    return int(text)


def _shown(ask: Ask, one: Publication) -> PublicationAnswer:
    fields = {name: getattr(one, name) for name in PublicationAnswer.model_fields if name != "standing"}
    return PublicationAnswer(**fields, standing=one.standing(ask.commands.publishing.now()))


async def publications(ask: Ask) -> Publications:
    """List a flow's publications."""
    flow, publishing = _flow(ask), ask.commands.publishing
    found = tuple(_shown(ask, one) for one in publishing.history(flow))
    return Publications(flow=flow, configured=publishing.configured(flow), publications=found)


async def publish(ask: Ask) -> PublicationAnswer:
    """Publish a text."""
    new = ask.body
    made = await ask.commands.publish(
        _flow(ask), new.text, begins=new.begins, ends=new.ends, share=new.share, note=new.note, scripts=new.scripts
    )
    return _shown(ask, made)


async def approve(ask: Ask) -> PublicationAnswer:
    """Approve a proposal."""
    return _shown(ask, ask.commands.approve(_flow(ask), _number(ask)))


async def withdraw(ask: Ask) -> PublicationAnswer:
    """Take a publication back."""
    return _shown(ask, ask.commands.withdraw(_flow(ask), _number(ask)))


async def roll_back(ask: Ask) -> PublicationAnswer:
    """Take back the publication that is in force."""
    return _shown(ask, ask.commands.withdraw(_flow(ask), None))


async def differences(ask: Ask) -> Differences:
    """Compare two versions."""
    flow, between = _flow(ask), ask.query
    return Differences(lines=tuple(ask.commands.publishing.differences(flow, between.old, between.new)))


async def outcomes(ask: Ask) -> AllOutcomes:
    """What came of the calls of each version."""
    flow, now = _flow(ask), ask.commands.publishing.now()
    numbers = {one.version: one.number for one in reversed(ask.commands.publishing.history(flow))}
    since = now - _DAYS_7 if ask.query.since is None else ask.query.since
    found = await ask.history.outcomes(flow, since, now if ask.query.until is None else ask.query.until)
    return AllOutcomes(
        versions=tuple(
            Outcomes(
                version=one.version,
                publication=numbers.get(one.version),
                calls=one.calls,
                reached_agent=one.reached_agent,
                over=one.over,
                mean_s=one.mean_s,
                outcomes=dict(one.outcomes),
            )
            for one in found
        )
    )


_ONE = "/tenants/{tenant}/flows/{flow}"

ROUTES = (
    Route(
        method="GET",
        path=f"{_ONE}/publications",
        name="listPublications",
        summary="A flow's publications that are kept, newest first, and where each stands.",
        roles=VIEWERS,
        handler=publications,
        answer=Publications,
        tag="flows",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/publications",
        name="publishFlow",
        summary="Check a flow's text with the configuration; put it in force, now or later, for all calls or a share.",
        roles=OWNERS,
        handler=publish,
        body=NewPublication,
        body_bytes=2 * TEXT_BYTES,
        answer=PublicationAnswer,
        tag="flows",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/publications/{{number}}/approve",
        name="approvePublication",
        summary="Approve a proposed publication; its author may not.",
        roles=OWNERS,
        handler=approve,
        body=NoBody,
        answer=PublicationAnswer,
        tag="flows",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/publications/{{number}}/withdraw",
        name="withdrawPublication",
        summary="Take a publication back, whether it is in force, scheduled or proposed.",
        roles=OWNERS,
        handler=withdraw,
        body=NoBody,
        answer=PublicationAnswer,
        tag="flows",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/rollback",
        name="rollBackFlow",
        summary="Take the publication back that is in force: what was before it is in force again.",
        roles=OWNERS,
        handler=roll_back,
        body=NoBody,
        answer=PublicationAnswer,
        tag="flows",
    ),
    Route(
        method="GET",
        path=f"{_ONE}/differences",
        name="compareFlows",
        summary="What is different between two versions of a flow, by meaning.",
        roles=VIEWERS,
        handler=differences,
        query=Between,
        answer=Differences,
        tag="flows",
    ),
    Route(
        method="GET",
        path=f"{_ONE}/outcomes",
        name="getFlowOutcomes",
        summary="What came of a flow's calls, by the version that each was on.",
        roles=VIEWERS,
        handler=outcomes,
        query=Since,
        answer=AllOutcomes,
        tag="flows",
    ),
)
