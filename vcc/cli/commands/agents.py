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
