"""Shift tables, and who was there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from vcc.cli.base import ANY, Config, shifts
from vcc.cli.connection import Which

_Tenant = Annotated[str, Parameter(help="The tenant.")]
_File = Annotated[Path, Parameter(help="A CSV file with the columns day, agent, begins, ends.")]
_Day = Annotated[str | None, Parameter(help="A day, such as 2026-07-01; none: today.")]


@shifts.command
def check(tenant: _Tenant, file: _File, /, *, config: Config = Path("config")) -> int:
    """Find every mistake of a shift table, without a running vcc."""
    from vcc.cli import shifts as work

    return work.check(tenant, file, config)


@shifts.command
def load(tenant: _Tenant, file: _File, /, *, which: Which = ANY) -> None:
    """Load a shift table: each day that stands in it is replaced."""
    from vcc.cli import shifts as work

    work.load(which, tenant, file)


@shifts.command(name="list")
def list_(
    tenant: _Tenant,
    /,
    *,
    since: _Day = None,
    until: _Day = None,
    by: Annotated[Literal["shift", "agent", "day"], Parameter(help="What a line is of.")] = "shift",
    which: Which = ANY,
) -> None:
    """Show who was there of those whom the tables name: the rate of attendance, late, gone early."""
    from vcc.cli import shifts as work

    work.show(which, tenant, since, until, by)
