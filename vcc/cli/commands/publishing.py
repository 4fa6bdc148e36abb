"""Flows of a running vcc: publish them, take them back, and see what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from vcc.cli.base import ANY, Config, flow
from vcc.cli.connection import Which

Flow = Annotated[str, Parameter(help="The flow, as tenant/flow.")]
Number = Annotated[int, Parameter(help="The publication's number.", validator=validators.Number(gte=1))]
Version = Annotated[
    int, Parameter(help="A publication's number; 0: the configuration folder's.", validator=validators.Number(gte=0))
]


@flow.command
def publish(
    name: Flow,
    file: Annotated[Path | None, Parameter(help="Its text; none: the flow's file in the configuration folder.")] = None,
    /,
    *,
    at: Annotated[str | None, Parameter(help="From when: 2026-12-24, 2026-12-24T18:00; none: now.")] = None,
    until: Annotated[str | None, Parameter(help="Until when; none: until something else is published.")] = None,
    share: Annotated[int, Parameter(help="Percent of the calls.", validator=validators.Number(gte=1, lte=100))] = 100,
    note: Annotated[str, Parameter(help="Why, for those who look later.")] = "",
    tests: Annotated[
        tuple[Path, ...], Parameter(help="Scripts that it is tried with, in place of the configuration's.")
    ] = (),
    config: Config = Path("config"),
    which: Which = ANY,
) -> None:
    """Check a flow with the whole configuration and put it in force: now or at a time, for all calls or a share."""
    from vcc.cli import publishing

    publishing.publish(which, name, file, at=at, until=until, share=share, note=note, tests=tests, config=config)


@flow.command
def history(name: Flow, /, *, which: Which = ANY) -> None:
    """List what was published of a flow: who, when, in force from when until when, and where each stands."""
    from vcc.cli import publishing

    publishing.history(which, name)


@flow.command
def diff(name: Flow, old: Version = 0, new: Version | None = None, /, *, which: Which = ANY) -> None:
    """Show what is different between two versions, by meaning; without numbers: the folder's and the newest."""
    from vcc.cli import publishing

    publishing.diff(which, name, old, new)


@flow.command
def rollback(
    name: Flow,
    number: Annotated[int | None, Parameter(help="A publication's number; none: the one in force.")] = None,
    /,
    *,
    which: Which = ANY,
) -> None:
    """Take a publication back; what was in force before it is again. Calls that go on keep what they began with."""
    from vcc.cli import publishing

    publishing.rollback(which, name, number)


@flow.command
def approve(name: Flow, number: Number, /, *, which: Which = ANY) -> None:
    """Approve a publication that waits for it; its author may not."""
    from vcc.cli import publishing

    publishing.approve(which, name, number)


@flow.command
def outcomes(
    name: Flow,
    /,
    *,
    since: Annotated[str, Parameter(help="Calls from then on: 30m, 2h or 7d (ago), or a time.")] = "7d",
    until: Annotated[str | None, Parameter(help="Calls until then; none: now.")] = None,
    which: Which = ANY,
) -> None:
    """Show what came of a flow's calls, one version beside the other."""
    from vcc.cli import publishing

    publishing.outcomes(which, name, since=since, until=until)
