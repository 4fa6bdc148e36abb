"""The commands that publish flows to the running vcc."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vcc.cli.client import Client, path_of
from vcc.cli.connection import Which, connection
from vcc.cli.errors import CommandError, UsageError
from vcc.cli.tables import Column, Row, console, print_json, print_table
from vcc.cli.words import clean, length, moment, time_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def _path(name: str, *rest: str) -> str:
    tenant, slash, flow = name.partition("/")
    if not (tenant and slash and flow) or "/" in flow:
        raise UsageError(f"'{clean(name)}' is no flow of a tenant's: write tenant/flow, such as press/main.")
    return path_of("tenants", tenant, "flows", flow, *rest)


def _when(text: str | None) -> float | None:
    try:
        return None if text is None else time_of(text, time.time())
    except ValueError as error:
        raise UsageError(f"{error}.") from None


def _text(name: str, file: Path | None, config: Path) -> str:
    tenant, _, flow = name.partition("/")
    return _read(file or config / "tenants" / tenant / "flows" / f"{flow}.yaml")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CommandError(f"{clean(path)} cannot be read: {why}; name another file, or --config.") from None


def publish(
    which: Which,
    name: str,
    file: Path | None,
    *,
    at: str | None,
    until: str | None,
    share: int,
    note: str,
    tests: Sequence[Path],
    config: Path,
) -> None:
    """Publish a flow's text."""
    path = _path(name, "publications")
    body = {
        "text": _text(name, file, config),
        "begins": _when(at),
        "ends": _when(until),
        "share": share,
        "note": note,
        "scripts": {test.name: _read(test) for test in tests},
    }
    _told(which, Client(connection(which)).post(path, body))


def rollback(which: Which, name: str, number: int | None) -> None:
    """Take a publication back."""
    path = _path(name, "rollback") if number is None else _path(name, "publications", str(number), "withdraw")
    _told(which, Client(connection(which)).post(path, {}))


def approve(which: Which, name: str, number: int) -> None:
    """Approve a publication."""
    _told(which, Client(connection(which)).post(_path(name, "publications", str(number), "approve"), {}))


def _told(which: Which, answer: Row) -> None:
    if which.json:
        print_json(answer)
    else:
        print_table(_PUBLICATIONS, [answer], time.time(), nothing="")


def history(which: Which, name: str) -> None:
    """List a flow's publications."""
    answer = Client(connection(which)).get(_path(name, "publications"))
    if which.json:
        print_json(answer)
        return
    nothing = f"Nothing of {clean(name)} was published: the folder's version {answer['configured']} is in force."
    print_table(_PUBLICATIONS, answer["publications"], time.time(), nothing=nothing)


def diff(which: Which, name: str, old: int, new: int | None) -> None:
    """Show what is different."""
    client = Client(connection(which))
    if new is None:
        publications = client.get(_path(name, "publications"))["publications"]
        if not publications:
            raise CommandError(f"Nothing of {clean(name)} was published yet: there is nothing to compare with.")
        new = int(publications[0]["number"])
    answer = client.get(_path(name, "differences"), old=old, new=new)
    if which.json:
        print_json(answer)
        return
    for line in answer["lines"]:
        console().print(clean(line), markup=False, highlight=False)
    if not answer["lines"]:
        console().print("They mean the same.")


def outcomes(which: Which, name: str, *, since: str, until: str | None) -> None:
    """Show what came of the calls of each version."""
    answer = Client(connection(which)).get(_path(name, "outcomes"), since=_when(since), until=_when(until))
    if which.json:
        print_json(answer)
        return
    rows = answer["versions"]
    seen = sorted({outcome for row in rows for outcome in row["outcomes"]})
    columns = (*_OUTCOMES, *(_of_outcome(outcome) for outcome in seen))
    print_table(columns, rows, time.time(), nothing=f"No calls of {clean(name)} began in that time.")


def _of_outcome(outcome: str) -> Column:
    def value(row: Row, now: float) -> str:
        del now
        count = row["outcomes"].get(outcome, 0)
        return f"{count} ({100 * count / row['over']:.0f} %)" if row["over"] else ""

    return Column(heading=outcome.replace("_", " "), value=value, right=True)


def _share_of_calls(row: Row, now: float) -> str:
    del now
    return f"{row['reached_agent']} ({100 * row['reached_agent'] / row['calls']:.0f} %)" if row["calls"] else ""


_PUBLICATIONS = (
    Column(heading="No.", value=lambda row, now: str(row["number"]), right=True),
    Column(heading="version", value=lambda row, now: clean(row["version"])),
    Column(heading="standing", value=lambda row, now: clean(row["standing"]).replace("_", " ")),
    Column(heading="share", value=lambda row, now: f"{row['share']} %", right=True),
    Column(heading="from", value=lambda row, now: moment(row["begins"], now)),
    Column(heading="until", value=lambda row, now: moment(row["ends"], now) if row["ends"] else ""),
    Column(heading="by", value=lambda row, now: clean(row["author"])),
    Column(heading="approved by", value=lambda row, now: clean(row["approved_by"])),
    Column(heading="taken back by", value=lambda row, now: clean(row["withdrawn_by"])),
    Column(heading="note", value=lambda row, now: clean(row["note"])),
)
_OUTCOMES = (
    Column(heading="version", value=lambda row, now: clean(row["version"])),
    Column(
        heading="publication",
        value=lambda row, now: "" if row["publication"] is None else str(row["publication"]),
        right=True,
    ),
    Column(heading="calls", value=lambda row, now: str(row["calls"]), right=True),
    Column(heading="came to an agent", value=_share_of_calls, right=True),
    Column(heading="mean length", value=lambda row, now: length(row["mean_s"]), right=True),
)
