"""The application to which commands are added, their groups, and the options that several share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter, validators

from vcc.cli.connection import Which

FLOOR = Group("The floor", sort_key=1)
PLATFORM = Group("The platform", sort_key=2)
HERE = Group("On this machine", sort_key=3)


def _version() -> str:
    from importlib.metadata import version  # takes as long as all else together

    return version("vcc")


app = App(
    name="vcc",
    help="The control layer of a virtual call centre: see and command a running one, check a configuration, serve it.",
    help_epilogue="Exit codes: 0 done, 1 something is wrong, 2 not understood, 3 vcc cannot be reached.",
    help_format="plaintext",
    version=_version,
)
pbx = App(name="pbx", help="What the switches themselves are given.", group=HERE)
app.command(pbx)
phone = App(name="phone", help="Phones of the configuration: add one, remove one.", group=HERE)
app.command(phone)
callback = App(name="callback", help="Callers who are to be called back: list them, cancel one.", group=FLOOR)
app.command(callback)
flow = App(
    name="flow", help="Flows: test, try, check and draw them; publish them, and see what came of it.", group=HERE
)
app.command(flow)

shifts = App(name="shifts", help="Shift tables: check one, load it, and see who was there.", group=FLOOR)
app.command(shifts)

#: A number of rows or facts.
COUNT = Parameter(validator=validators.Number(gte=1, lte=100_000))
Contact = Annotated[str, Parameter(help="The call's id.")]
Tenant = Annotated[str | None, Parameter(help="Only what belongs to this tenant.")]
Since = Annotated[str | None, Parameter(help="From then on: 2h (ago), 2026-03-01T09:00.")]
Until = Annotated[str | None, Parameter(help="Before then.")]
Caller = Annotated[str | None, Parameter(help="The caller's number.")]
Talker = Annotated[str | None, Parameter(help="An agent who talked.")]
Before = Annotated[str | None, Parameter(help="Go on after this call.")]
Config = Annotated[Path, Parameter(help="The folder of the configuration.")]
Secrets = Annotated[Path | None, Parameter(help="The secrets file, if it is not secrets.yaml in the state folder.")]
#: The running vcc of this machine, unless told otherwise.
ANY = Which()
#: The state folder of that one.
STATE = Path(os.environ.get("VCC_STATE", ".state"))
