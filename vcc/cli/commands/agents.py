"""Agents, phones and queues."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from vcc.cli.base import ANY, FLOOR, Tenant, app
from vcc.cli.connection import Which


@app.command(group=FLOOR)
def agents(*, tenant: Tenant = None, which: Which = ANY) -> None:
    """List the agents and what each is doing."""
    from vcc.cli.remote import show_list

    show_list(which, "agents", tenant)


@app.command(group=FLOOR)
def agent(
    name: Annotated[str, Parameter(help="The agent; a tenant's own one is tenant/agent.")],
    wish: Annotated[
        Literal["ready", "not-ready", "sign-out"] | None, Parameter(help="What the agent shall be from now on.")
    ] = None,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why not ready, such as meal.")] = "",
    phone: Annotated[str | None, Parameter(help="The phone to sign in on, for an agent who is signed out.")] = None,
    which: Which = ANY,
) -> None:
    """Show an agent, or make it ready or not ready (signing it in), or sign it out."""
    from vcc.cli import remote

    remote.agent(which, name, wish, reason, phone)


_Until = Annotated[
    str, Parameter(help="Until 18:00, 2026-07-01T18:00, 2h (from now) or shift (its end); else until it is taken back.")
]
_Reason = Annotated[str, Parameter(help="Why, for the record.")]


@app.command(group=FLOOR)
def assign(
    name: Annotated[str, Parameter(help="The agent; a tenant's own one is tenant/agent.")],
    queue: Annotated[str, Parameter(help="The queue, as tenant/queue.")] = "",
    turn: Annotated[
        Literal["on", "off", "back"] | None,
        Parameter(help="on: takes its calls; off: takes none of them; back: as configured again."),
    ] = None,
    /,
    *,
    until: _Until = "",
    reason: _Reason = "",
    which: Which = ANY,
) -> None:
    """Put an agent on a queue at once, or take the agent off it; alone, show an agent's queues and skills."""
    from vcc.cli import moving

    moving.queue(which, name, queue, turn, until=until, reason=reason)


@app.command(group=FLOOR)
def skill(
    name: Annotated[str, Parameter(help="The agent; a tenant's own one is tenant/agent.")],
    skill: Annotated[str, Parameter(help="The skill, as in the tenant's files, or tenant/skill.")],
    level: Annotated[str, Parameter(help="0 (not at all) to 10; back: as configured again.")],
    /,
    *,
    until: _Until = "",
    reason: _Reason = "",
    which: Which = ANY,
) -> None:
    """Say at once how well an agent has a skill."""
    from vcc.cli import moving

    moving.skill(which, name, skill, level, until=until, reason=reason)


@app.command(name="wrap-up", group=FLOOR)
def wrap_up(
    name: Annotated[str, Parameter(help="The agent; a tenant's own one is tenant/agent.")], /, *, which: Which = ANY
) -> None:
    """Give an agent in wrap-up the more time that the queue allows, once."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("agents", name, "wrap-up"), {}, "{agent} has more time.")


@app.command(group=FLOOR)
def phones(*, tenant: Tenant = None, which: Which = ANY) -> None:
    """List the phones: where, whether each can be reached, who is signed in there."""
    from vcc.cli.remote import show_list

    show_list(which, "phones", tenant)


@app.command(group=FLOOR)
def queues(*, tenant: Tenant = None, which: Which = ANY) -> None:
    """List the queues: who waits, who could answer."""
    from vcc.cli.remote import show_list

    show_list(which, "queues", tenant)
