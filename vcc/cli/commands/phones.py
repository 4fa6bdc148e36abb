"""Phones of the configuration: add one, remove one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vcc.cli.base import STATE, phone

Config = Annotated[Path | None, Parameter(help="The configuration's folder, if not that of the running vcc.")]
Secrets = Annotated[Path | None, Parameter(help="The secrets file, if not that of the running vcc.")]


@phone.command(name="add")
def add_phone(
    name: Annotated[str, Parameter(help="The account: small letters and digits, a letter first.")],
    /,
    *,
    node: Annotated[str, Parameter(help="Where it registers; needed where there are several nodes.")] = "",
    label: Annotated[str, Parameter(name="--name", help="What people call it.")] = "",
    tenant: Annotated[str, Parameter(help="Whose phone it is.")] = "",
    tls: Annotated[bool, Parameter(help="It may come in over TLS only.", negative="")] = False,
    websocket: Annotated[bool, Parameter(help="It is a browser.", negative="")] = False,
    srtp: Annotated[bool, Parameter(help="Its media are encrypted; with --tls.", negative="")] = False,
    auto_answer: Annotated[bool, Parameter(help="It picks offered calls up by itself.", negative="")] = False,
    server: Annotated[str, Parameter(help="What the device shall call: a host, or host:port.")] = "",
    config: Config = None,
    state: Annotated[Path, Parameter(help="The state folder of the vcc that is told.")] = STATE,
    secrets: Secrets = None,
    json: Annotated[bool, Parameter(help="Print the account as JSON.", negative="")] = False,
) -> int:
    """Add a phone with a random password, which is shown once, as text and as a QR code."""
    from vcc.cli import phones

    transport = "tls" if tls else "websocket" if websocket else "any"
    new = phones.NewPhone(
        name=name,
        node=node,
        label=label,
        tenant=tenant,
        transport=transport,
        srtp=srtp,
        auto_answer=auto_answer,
        server=server,
    )
    return phones.add(new, phones.place(config, state, secrets), as_json=json)


@phone.command(name="remove")
def remove_phone(
    name: Annotated[str, Parameter(help="The account.")],
    /,
    *,
    force: Annotated[bool, Parameter(help="Sign out who is signed in there.", negative="")] = False,
    config: Config = None,
    state: Annotated[Path, Parameter(help="The state folder of the vcc that is told.")] = STATE,
    secrets: Secrets = None,
) -> int:
    """Remove a phone and its password; not while an agent is signed in there."""
    from vcc.cli import phones

    return phones.remove(name, phones.place(config, state, secrets), force=force)
