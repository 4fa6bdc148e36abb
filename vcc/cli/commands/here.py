"""On this machine, without a running vcc: check a configuration, serve it, make its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vcc.cli.base import HERE, Config, Secrets, app


@app.command(group=HERE)
def check(
    folder: Config = Path("config"),
    /,
    *,
    json: Annotated[bool, Parameter(help="Print the mistakes as JSON.", negative="")] = False,
) -> int:
    """Find every mistake of a configuration: each with file, line, column and what was expected."""
    from vcc.cli import local

    return local.check(folder, as_json=json)


@app.command(group=HERE)
def serve(
    *,
    config: Config = Path("config"),
    state: Annotated[Path, Parameter(help="The folder in which vcc keeps everything.")] = Path(".state"),
    secrets: Secrets = None,
) -> int:
    """Serve a configuration until Ctrl-C or SIGTERM; SIGHUP reloads it."""
    from vcc.cli import local

    return local.serve(config, state, secrets)


@app.command(group=HERE)
def secrets(
    *,
    config: Config = Path("config"),
    into: Annotated[Path, Parameter(help="The file to write; one that is there is left alone.")] = Path(
        ".state/secrets.yaml"
    ),
) -> int:
    """Write a secrets file with random ones for every phone, agent, node, program and person of a configuration."""
    from vcc.cli import local

    return local.secrets(config, into)
