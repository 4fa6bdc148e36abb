"""Recordings: which there are, their sound, and what is done with one that goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from vcc.cli.base import ANY, COUNT, FLOOR, Contact, Tenant, app
from vcc.cli.connection import Which


@app.command(group=FLOOR)
def recordings(
    *,
    tenant: Tenant = None,
    since: Annotated[str | None, Parameter(help="Of calls from then on: 2h (ago), 2026-03-01T09:00.")] = None,
    until: Annotated[str | None, Parameter(help="Of calls before then.")] = None,
    caller: Annotated[str | None, Parameter(help="The caller's number.")] = None,
    agent: Annotated[str | None, Parameter(help="An agent who talked.")] = None,
    queue: Annotated[str | None, Parameter(help="The queue of the conversation, as tenant/queue.")] = None,
    before: Annotated[str | None, Parameter(help="Go on after this call.")] = None,
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
