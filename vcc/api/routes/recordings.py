"""Recordings: which there are, their sound, and what is done with one that goes on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from aiohttp import web
from pydantic import Field

from core.errors import NotFoundError
from core.facts import RecordingPlayed
from core.masking import masked
from reporting.port import RecordQuery
from vcc.api.errors import ApiError
from vcc.api.models import Done
from vcc.api.models_history import CallRecording, Play, RecordingDetail, Recordings
from vcc.api.routes.records import PAGE, Moment
from vcc.api.routes.tenants import OfTenant
from vcc.api.routing import ANYONE, VIEWERS, Ask, Body, Query, Route
from vcc.calls.recordings import MESSAGE

if TYPE_CHECKING:
    from reporting.record import ContactRecord
    from reporting.segments import Recorded

_RANGE = re.compile(r"bytes=(\d{1,15})-")
#: The last 0 bytes: a suffix that RFC 9110 calls unsatisfiable, and aiohttp takes for the whole.
_NOTHING = re.compile(r"bytes=-0+$")


class RecordingFilter(OfTenant):
    """Which calls' recordings."""

    since: Moment | None = Field(default=None, description="the call arrived at or after")
    until: Moment | None = Field(default=None, description="the call arrived before")
    caller: str | None = Field(default=None, description="the caller's number, whole", max_length=64)
    agent: str | None = Field(default=None, description="who talked with the caller", max_length=100)
    queue: str | None = Field(default=None, description="in which queue the caller had waited", max_length=100)
    messages: bool | None = Field(default=None, description="only messages that callers left, or none of them")
    before: str | None = Field(
        default=None, description="go on after this call: 'next' of the page before", max_length=40
    )
    limit: int = Field(default=100, ge=1, le=PAGE, description="calls that are looked through for a page")


class HowToGet(Query):
    """How the sound is wanted."""

    download: bool = Field(default=False, description="as a file to be saved, not to be played in the page")


class RecordingAction(Body):
    """What to do with the recording of a conversation that goes on."""

    action: Literal["start", "pause", "resume", "stop"] = Field(
        description="start, stop: where it is recorded on demand"
    )


async def recordings(ask: Ask) -> Recordings:
    """List the recordings of the calls of a time."""
    wanted = ask.query
    page, following = await ask.history.records(
        RecordQuery(
            tenants=ask.scope.narrowed(wanted.tenant),
            since=wanted.since,
            until=wanted.until,
            caller=wanted.caller,
            agent=wanted.agent,
            before=wanted.before,
            limit=wanted.limit,
        )
    )
    found = tuple(
        CallRecording(**_of_call(ask, record, recorded))
        for record in page
        for recorded in record.recordings
        if wanted.queue in {None, recorded.queue} and wanted.messages in {None, recorded.why == MESSAGE}
    )
    return Recordings(recordings=found, next=following)


async def recording(ask: Ask) -> RecordingDetail:
    """Show one recording, and who has heard it."""
    record, recorded = await _find(ask)
    plays = (
        Play(at=fact.at, who=fact.who, how=fact.how, offset=fact.offset)
        for fact in await ask.history.facts(record.contact)
        if isinstance(fact, RecordingPlayed) and fact.recording == recorded.recording
    )
    return RecordingDetail(**_of_call(ask, record, recorded), plays=tuple(plays))


async def audio(ask: Ask) -> web.StreamResponse:
    """Give its sound, whole or from the byte asked for."""
    record, found = await _find(ask)
    wanted = ask.request.headers.get("Range", "")
    how, part = "download" if ask.query.download else "play", _RANGE.match(wanted)
    if ask.scope.may_listen:  # else the refusal comes first: it must not tell what has become of the file
        _has_sound(found)
        _asks_for_some(wanted, found)
    path = ask.commands.listen(found, record.contact, how=how, offset=int(part[1]) if part else 0)
    disposition = f'{"attachment" if ask.query.download else "inline"}; filename="{found.recording}.wav"'
    headers = {"Content-Type": "audio/wav", "Content-Disposition": disposition, "Cache-Control": "no-store"}
    return web.FileResponse(path, headers=headers)


async def control(ask: Ask) -> Done:
    """Start, pause or resume a recording."""
    ask.commands.record(ask.path["contact"], ask.body.action)
    return Done()


async def _find(ask: Ask) -> tuple[ContactRecord, Recorded]:
    """A recording in reach, and its call's record as far as it may be seen. Raises NotFoundError."""
    name = ask.path["recording"]
    record = ask.history.record_of(await ask.history.facts(name.rpartition("-")[0]))
    for recorded in record.recordings if record else ():
        if record is not None and recorded.recording == name:
            return record, recorded
    raise NotFoundError(f"There is no recording '{name}'.")


def _has_sound(found: Recorded) -> None:
    """Raises ApiError for one whose file is not there yet, never was, or was erased."""
    if found.erased_at is not None:
        message = "Its time was over and the file was erased."
        raise ApiError(410, "gone", message, advice="Its length and checksum stay in the call's record.")
    if found.problem:
        raise ApiError(410, "gone", "There is no file of this recording.", advice=f"What happened: {found.problem}")
    if found.finished_at is None:
        raise ApiError(409, "conflict", "The recording goes on.", advice="Ask again when the conversation is over.")


def _asks_for_some(wanted: str, found: Recorded) -> None:
    """Raises ApiError where a Range asks for the last 0 bytes."""
    if _NOTHING.match(wanted):
        message, advice = "No byte of the recording was asked for.", "Ask for bytes=-N, the last N, with N above 0."
        headers = {"Content-Range": f"bytes */{found.size}"}
        raise ApiError(416, "range_not_satisfiable", message, advice=advice, headers=headers)


def _of_call(ask: Ask, record: ContactRecord, recorded: Recorded) -> dict[str, Any]:
    """A recording with its call. The number stands whole before those only who may hear who it is."""
    caller = record.caller if ask.scope.may_listen else masked(record.caller)
    return {
        "contact": record.contact,
        "caller": caller,
        **{name: getattr(recorded, name) for name in recorded.__slots__},
    }


ROUTES = (
    Route(
        method="GET",
        path="/recordings",
        name="listRecordings",
        summary="The recordings of calls that are over, newest calls first, page by page.",
        roles=VIEWERS,
        handler=recordings,
        query=RecordingFilter,
        answer=Recordings,
        tag="recordings",
    ),
    Route(
        method="GET",
        path="/recordings/{recording}",
        name="getRecording",
        summary="One recording: whose, how long, what became of the file, and who has heard it.",
        roles=VIEWERS,
        handler=recording,
        answer=RecordingDetail,
        tag="recordings",
    ),
    Route(
        method="GET",
        path="/recordings/{recording}/audio",
        name="getRecordingAudio",
        summary="Its sound, a WAV file; parts of it by Range. Needs the right 'listen'; each answer is a fact.",
        roles=VIEWERS,
        handler=audio,
        query=HowToGet,
        media="audio/wav",
        tag="recordings",
    ),
    Route(
        method="POST",
        path="/calls/{contact}/recording",
        name="controlRecording",
        summary="Start (where it is on demand), pause or resume the recording of a conversation; an agent: of its own.",
        roles=ANYONE,
        handler=control,
        body=RecordingAction,
        answer=Done,
        tag="recordings",
    ),
)
