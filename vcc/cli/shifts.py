"""The commands about shift tables."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from core.errors import ConfigurationError
from vcc.cli.client import Client, path_of
from vcc.cli.connection import Which, connection
from vcc.cli.errors import DONE, WRONG, CommandError, UsageError
from vcc.cli.remote import command
from vcc.cli.tables import ATTENDANCE, SHIFTS, console, print_json, print_table
from vcc.cli.words import clean

if TYPE_CHECKING:
    from pathlib import Path


def check(tenant: str, file: Path, folder: Path) -> int:
    """Print every mistake of a table; 1 if there is one."""
    from tenancy.shifts import read
    from vcc.lint import check_folder

    platform = check_folder(folder).use().platform
    if tenant not in platform.tenants:
        raise UsageError(f"there is no tenant '{clean(tenant)}' in {folder}.")
    try:
        days = read(_text(file), str(file), platform, platform.tenants[tenant])
    except ConfigurationError as error:
        for problem in error.problems:
            console().print(clean(problem), markup=False, highlight=False)
        return WRONG
    console().print(f"{clean(file)} is in order: {sum(map(len, days.values()))} shifts on {len(days)} days.")
    return DONE


def load(which: Which, tenant: str, file: Path) -> None:
    """Have the running vcc take a table."""
    body: dict[str, object] = {"text": _text(file), "file": file.name}
    command(which, path_of("tenants", tenant, "shifts"), body, "{shifts} shifts on {days} days were taken.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{clean(file)} cannot be read: {error}") from error


def show(which: Which, tenant: str, since: str | None, until: str | None, by: str) -> None:
    """Show who was there."""
    answer = Client(connection(which)).get(path_of("tenants", tenant, "shifts"), since=since, until=until)
    if which.json:
        print_json(answer)
        return
    nothing = "No shifts are planned."
    if by == "shift":
        print_table(SHIFTS, answer["shifts"], time.time(), nothing=nothing)
    else:
        print_table(ATTENDANCE, answer[f"{by}s"], time.time(), nothing=nothing)
    total = answer["total"]
    if total["rate"] is not None:
        said = f"{total['attended']} of {total['planned']} came ({total['rate']:.1%}); {total['late']} late, "
        console().print(f"{said}{total['early']} gone early; there for {total['presence']:.1%} of the time planned.")
