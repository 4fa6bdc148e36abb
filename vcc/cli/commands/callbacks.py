"""Callers who are to be called back."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from vcc.cli.base import ANY, Tenant, callback
from vcc.cli.connection import Which


@callback.command(name="list")
def callbacks(*, tenant: Tenant = None, which: Which = ANY) -> None:
    """List who is to be called back: when, at which place of the queue, and how often that was tried."""
    from vcc.cli.remote import show_list

    show_list(which, "callbacks", tenant)


@callback.command(name="cancel")
def cancel_callback(
    name: Annotated[str, Parameter(help="The call that asked for it, as `vcc callback list` shows it.")],
    /,
    *,
    which: Which = ANY,
) -> None:
    """Call somebody back no more: an attempt under way ends, a conversation goes on."""
    from vcc.cli.client import path_of
    from vcc.cli.remote import command

    command(which, path_of("callbacks", name, "cancel"), {}, "The callback is cancelled.")
