"""The platform: tenants, switches, trunks, and the commands about all of it."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from vcc.cli.base import ANY, PLATFORM, app
from vcc.cli.connection import Which


@app.command(group=PLATFORM)
def tenants(*, which: Which = ANY) -> None:
    """List the tenants and how much of their quotas they use."""
    from vcc.cli.remote import show_list

    show_list(which, "tenants")


@app.command(group=PLATFORM)
def nodes(*, which: Which = ANY) -> None:
    """List the switches and whether their wires are up."""
    from vcc.cli.remote import show_list

    show_list(which, "nodes")


@app.command(group=PLATFORM)
def trunks(*, which: Which = ANY) -> None:
    """List the trunks, whether calls can go out on them, and how many go on."""
    from vcc.cli.remote import show_list

    show_list(which, "trunks")


@app.command(group=PLATFORM)
def reload(*, which: Which = ANY) -> None:
    """Have vcc read its configuration again; with any mistake in it the present one stays in force."""
    from vcc.cli.remote import command

    command(which, "/reload", {}, "The configuration {version} is in force.")


@app.command(group=PLATFORM)
def drain(*, which: Which = ANY) -> None:
    """Have vcc take no new calls; those that are going on finish, or go to the fallback after the limit."""
    from vcc.cli.remote import command

    command(which, "/drain", {}, "No new calls are taken from now on.")


_Hours = Annotated[str, Parameter(help="These hours of the tenant alone.")]
_Reason = Annotated[str, Parameter(help="Why, for the record.")]
_Say = Annotated[list[str], Parameter(help="What callers hear meanwhile: LANGUAGE=TEXT, such as en='We are closed.'")]


@app.command(group=PLATFORM)
def close(
    tenant: Annotated[str, Parameter(help="The tenant.")],
    /,
    *,
    hours: _Hours = "",
    reason: _Reason = "",
    say: _Say = [],  # noqa: B006 - cyclopts makes a list of its own
    which: Which = ANY,
) -> None:
    """Close a tenant at once, whatever its hours say, until it is opened again."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    texts = dict(part.partition("=")[::2] for part in say)
    body = {"closed": True, "hours": hours, "reason": reason, "say": texts}
    what = "{tenant}: the hours {hours} are closed now." if hours else "{tenant} is closed now."
    command(which, path_of("tenants", tenant, "closure"), body, what)


@app.command(name="open", group=PLATFORM)
def open_(
    tenant: Annotated[str, Parameter(help="The tenant.")],
    /,
    *,
    hours: _Hours = "",
    reason: _Reason = "",
    which: Which = ANY,
) -> None:
    """End a tenant's closure: its hours decide again."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    body = {"closed": False, "hours": hours, "reason": reason}
    what = "{tenant} follows its hours {hours} again." if hours else "{tenant} follows its hours again."
    command(which, path_of("tenants", tenant, "closure"), body, what)


@app.command(group=PLATFORM)
def overflow(
    tenant: Annotated[str, Parameter(help="The tenant.")],
    turn: Annotated[Literal["on", "off"], Parameter(help="How the switch shall stand.")],
    /,
    *,
    queue: Annotated[str, Parameter(help="The switch of this queue alone (its short name).")] = "",
    reason: _Reason = "",
    which: Which = ANY,
) -> None:
    """Turn a tenant's overflow switch: its queues lead callers elsewhere, as their `overflow` says."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    body = {"on": turn == "on", "queue": queue, "reason": reason}
    what = f"The overflow switch of {{tenant}}{' {queue}' if queue else ''} is {turn} now."
    command(which, path_of("tenants", tenant, "overflow"), body, what)
