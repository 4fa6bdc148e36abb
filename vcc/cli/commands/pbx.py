"""What the switches themselves are given, and how a running one fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vcc.cli.base import Config, Secrets, pbx


@pbx.command(name="render")
def render(
    *,
    into: Annotated[Path, Parameter(help="The folder to write the files into.")],
    node: Annotated[str | None, Parameter(help="The node; needed where there are several.")] = None,
    config: Config = Path("config"),
    state: Annotated[Path, Parameter(help="The state folder, for secrets and rendered speech.")] = Path(".state"),
    secrets: Secrets = None,
) -> int:
    """Write the configuration of a switch, for a switch that vcc does not keep up to date itself."""
    from vcc.cli import local

    return local.render(into, node, config, state, secrets)


@pbx.command(name="check")
def check_switch(
    *,
    node: Annotated[str | None, Parameter(help="The node; needed where there are several.")] = None,
    config: Config = Path("config"),
    state: Annotated[Path, Parameter(help="The state folder, for secrets and rendered speech.")] = Path(".state"),
    secrets: Secrets = None,
    json: Annotated[bool, Parameter(help="Print what was found as JSON.", negative="")] = False,
) -> int:
    """Look at a running switch: what does not fit, why it matters, what to do. Nobody's call is touched."""
    from vcc.cli.switch_check import check as run_check

    return run_check(node, config, state, secrets, as_json=json)
