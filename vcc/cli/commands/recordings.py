"""Recordings: which there are, their sound, and what is done with one that goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from vcc.cli.base import ANY, COUNT, FLOOR, Before, Caller, Contact, Since, Talker, Tenant, Until, app
from vcc.cli.connection import Which


@app.command(group=FLOOR)
def recordings(
    *,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    caller: Caller = None,
    agent: Talker = None,
    queue: Annotated[str | None, Parameter(help="The queue of the conversation, as tenant/queue.")] = None,
    before: Before = None,
    limit: Annotated[int, COUNT] = 50,
    which: Which = ANY,
) -> None:
    """List the recordings of calls that are over, newest calls first."""
    from vcc.cli.recordings import show_recordings

    show_recordings(
        which,
        limit,
        tenant=tenant,
        since=since,
        until=until,
        caller=caller,
        agent=agent,
        queue=queue,
        before=before,
    )


@app.command(group=FLOOR)
def messages(
    *,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    caller: Caller = None,
    box: Annotated[str | None, Parameter(help="The box, as tenant/box.")] = None,
    before: Before = None,
    limit: Annotated[int, COUNT] = 50,
    which: Which = ANY,
) -> None:
    """List the messages that callers left, newest calls first; `vcc recording` shows one, or saves its sound."""
    from vcc.cli.recordings import show_recordings

    show_recordings(
        which,
        limit,
        tenant=tenant,
        since=since,
        until=until,
        caller=caller,
        queue=box,
        before=before,
        messages="true",
    )


@app.command(group=FLOOR)
def surveys(
    *,
    tenant: Tenant = None,
    by: Annotated[Literal["agent", "queue"], Parameter(help="Whose mean.")] = "agent",
    since: Since = None,
    until: Until = None,
    which: Which = ANY,
) -> None:
    """Count what callers answered to surveys: how many, the mean, how often each score."""
    from vcc.cli.recordings import show_surveys

    show_surveys(which, tenant=tenant, by=by, since=since, until=until)


@app.command(group=FLOOR)
def recording(
    name: Annotated[str, Parameter(help="The recording's id.")],
    /,
    *,
    into: Annotated[Path | None, Parameter(help="Save its sound as this file, which must not be there yet.")] = None,
    which: Which = ANY,
) -> None:
    """Show a recording, or save it: a WAV file, the caller left, the agent right."""
    from vcc.cli.recordings import show_recording

    show_recording(which, name, into)


@app.command(group=FLOOR)
def record(
    contact: Contact,
    action: Annotated[
        Literal["start", "pause", "resume", "stop"], Parameter(help="start, stop: where it is on demand.")
    ],
    /,
    *,
    which: Which = ANY,
) -> None:
    """Start or stop the recording of a conversation (on demand), pause or resume it."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "recording"), {"action": action}, "The switch was told.")
