"""The platform: tenants, switches, trunks, and the commands about all of it."""

from __future__ import annotations

from typing import Annotated

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


@app.command(group=PLATFORM)
def close(tenant: Annotated[str, Parameter(help="The tenant.")], /, *, which: Which = ANY) -> None:
    """Close a tenant at once, whatever its hours say, until it is opened again."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("tenants", tenant, "closure"), {"closed": True}, "{tenant} is closed now.")


@app.command(name="open", group=PLATFORM)
def open_(tenant: Annotated[str, Parameter(help="The tenant.")], /, *, which: Which = ANY) -> None:
    """End a tenant's closure: its hours decide again."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("tenants", tenant, "closure"), {"closed": False}, "{tenant} follows its hours again.")
