"""Calls: those going on, one of them, the records of those that are over, and what happens as it happens."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from vcc.cli.base import ANY, COUNT, FLOOR, Before, Caller, Contact, Since, Talker, Tenant, Until, app
from vcc.cli.connection import Which


@app.command(group=FLOOR)
def calls(*, tenant: Tenant = None, which: Which = ANY) -> None:
    """List the calls that are going on, oldest first."""
    from vcc.cli.remote import show_list

    show_list(which, "calls", tenant)


@app.command(group=FLOOR)
def call(contact: Contact, /, *, which: Which = ANY) -> None:
    """Show one call, going on or over: its record and everything that happened."""
    from vcc.cli.remote import show_call

    show_call(which, contact)


@app.command(name="hang-up", group=FLOOR)
def hang_up(contact: Contact, /, *, which: Which = ANY) -> None:
    """End a call."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "hang-up"), {}, "The call is being ended.")


@app.command(group=FLOOR)
def move(
    contact: Contact,
    /,
    *,
    queue: Annotated[str | None, Parameter(help="Another queue of its tenant, as tenant/queue.")] = None,
    priority: Annotated[int | None, Parameter(help="From 0 to 100; higher is answered first.")] = None,
    which: Which = ANY,
) -> None:
    """Put a waiting call into another queue, or give it another priority; it keeps its waiting time."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    body: dict[str, object] = {"queue": queue} if queue is not None else {}
    body |= {"priority": priority} if priority is not None else {}
    command(which, path_of("calls", contact, "move"), body, "The call was moved.")


@app.command(group=FLOOR)
def take(contact: Contact, agent: Annotated[str, Parameter(help="Who takes it.")], /, *, which: Which = ANY) -> None:
    """Have an agent take a waiting call from the list, where its queue allows it; the agent's phone rings."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("calls", contact, "take"), {"agent": agent}, "The agent's phone rings.")


@app.command(group=FLOOR)
def explain(
    contact: Contact,
    /,
    *,
    language: Annotated[Literal["zh", "en"], Parameter(help="In which the words are.")] = "en",
    which: Which = ANY,
) -> None:
    """Tell why a call came to its agents, from what was stored then; or why it waits."""
    from vcc.cli.explaining import show_why

    show_why(which, contact, language)


@app.command(group=FLOOR)
def disposition(
    contact: Contact,
    code: Annotated[str, Parameter(help="One of the tenant's codes; with a wrong one they are listed.")],
    /,
    *,
    agent: Annotated[str | None, Parameter(help="Whose conversation it was; none: of the last who talked.")] = None,
    which: Which = ANY,
) -> None:
    """Say what came of a conversation; what was said before of the same one counts no more."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    body: dict[str, object] = {"code": code}
    body |= {"agent": agent} if agent is not None else {}
    command(which, path_of("calls", contact, "disposition"), body, "{agent}: {code} {meaning}")


@app.command(group=FLOOR)
def records(
    *,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    caller: Caller = None,
    agent: Talker = None,
    outcome: Annotated[str | None, Parameter(help="How it ended, such as answered or abandoned.")] = None,
    before: Before = None,
    limit: Annotated[int, COUNT] = 50,
    which: Which = ANY,
) -> None:
    """Look up the records of calls, newest first."""
    from vcc.cli import remote

    remote.records(
        which,
        limit,
        tenant=tenant,
        since=since,
        until=until,
        caller=caller,
        agent=agent,
        outcome=outcome,
        before=before,
    )


@app.command(group=FLOOR)
def watch(
    *,
    tenant: Tenant = None,
    kinds: Annotated[str | None, Parameter(help="Only these facts, separated by commas.")] = None,
    contact: Annotated[str | None, Parameter(help="Only facts of this call.")] = None,
    count: Annotated[int | None, COUNT] = None,
    which: Which = ANY,
) -> None:
    """Show what happens, as it happens, until Ctrl-C or --count facts; with --json one line of JSON each."""
    from urllib.parse import urlencode

    from vcc.cli.watching import watch as run

    wanted = {"tenant": tenant, "kinds": kinds, "contact": contact}
    query = urlencode({name: value for name, value in wanted.items() if value is not None})
    run(which, f"/events?{query}", count)
