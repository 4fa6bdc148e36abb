"""The commands that ask the running vcc."""

from __future__ import annotations

import time
from typing import Any

from vcc.cli.client import Client, path_of
from vcc.cli.connection import Which, connection
from vcc.cli.errors import UsageError
from vcc.cli.tables import (
    AGENTS,
    CALLBACKS,
    CALLS,
    FACTS,
    NODES,
    PHONES,
    QUEUES,
    RECORDS,
    TENANTS,
    TRUNKS,
    Column,
    Row,
    console,
    print_json,
    print_pairs,
    print_table,
)
from vcc.cli.words import clean, length, moment, time_of

_WISHES = {"ready": "ready", "not-ready": "not_ready", "sign-out": "signed_out"}
#: The most that the API gives at once.
_PAGE = 500


def show_list(which: Which, what: str, tenant: str | None = None) -> None:
    """List calls, callbacks, agents, phones, queues, tenants, trunks or nodes."""
    columns, nothing = _LISTS[what]
    answer = Client(connection(which)).get(f"/{what}", tenant=tenant)
    if which.json:
        print_json(answer)
    else:
        print_table(columns, answer[what], time.time(), nothing=nothing)


_LISTS: dict[str, tuple[tuple[Column, ...], str]] = {
    "calls": (CALLS, "No calls are going on."),
    "callbacks": (CALLBACKS, "Nobody is to be called back."),
    "agents": (AGENTS, "There are no agents."),
    "phones": (PHONES, "There are no phones."),
    "queues": (QUEUES, "There are no queues."),
    "tenants": (TENANTS, "There are no tenants."),
    "trunks": (TRUNKS, "There are no trunks."),
    "nodes": (NODES, "There are no nodes."),
}


def show_call(which: Which, contact: str) -> None:
    """Show one call: how it stands, its record, its timeline."""
    answer = Client(connection(which)).get(path_of("calls", contact))
    if which.json:
        print_json(answer)
        return
    now = time.time()
    if answer["live"] is not None:
        print_table(CALLS, [answer["live"]], now, nothing="")
    if answer["record"] is not None:
        print_pairs(_summary(answer["record"], now))
    print_table(FACTS, answer["facts"], now, nothing="Nothing is written of it yet.")


def _summary(record: Row, now: float) -> list[tuple[str, str]]:
    return [
        ("call", clean(record["contact"])),
        ("tenant", clean(record["tenant"])),
        ("project", clean(record["project"])),
        ("number", clean(record["number"])),
        ("caller", clean(record["caller"])),
        ("arrived", moment(record["arrived"], now)),
        ("ended", moment(record["ended"], now)),
        ("outcome", clean(record["outcome"] or "going on")),
        ("ended by", clean(record["by"])),
        ("waited", length(record["waited_s"])),
        ("talked", length(record["talked_s"])),
        ("agents", clean(", ".join(record["agents"]))),
        ("recordings", clean(", ".join(one["recording"] for one in record["recordings"]))),
        ("survey", clean(", ".join(f"{answer['question']} {answer['score']}" for answer in record["surveys"]))),
        ("disposition", clean(", ".join(f"{given['code']} {given['meaning']}" for given in record["dispositions"]))),
    ]


def agent(which: Which, name: str, wish: str | None, reason: str, phone: str | None) -> None:
    """Show one agent, or change what the agent wants first."""
    client = Client(connection(which))
    path = path_of("agents", name)
    if wish is None:
        if reason or phone:
            raise UsageError("--reason and --phone go with ready or not-ready.")
        answer = client.get(path)
    else:
        body: dict[str, object] = {"wish": _WISHES[wish]}
        body |= {"reason": reason} if reason else {}
        body |= {"phone": phone} if phone else {}
        answer = client.post(f"{path}/state", body)
    if which.json:
        print_json(answer)
    else:
        print_table(AGENTS, [answer], time.time(), nothing="")


def records(which: Which, limit: int, **wanted: str | None) -> None:
    """Look records up, as many pages as it takes."""
    client, now = Client(connection(which)), time.time()
    times_in(wanted, now)
    found: list[Any] = []
    answer: dict[str, Any] = {"next": None}
    while len(found) < limit:
        wanted["before"] = answer["next"] or wanted.get("before")
        answer = client.get("/records", limit=min(_PAGE, limit - len(found)), **wanted)
        found += answer["records"]
        if answer["next"] is None:
            break
    if which.json:
        print_json({"records": found, "next": answer["next"]})
        return
    print_table(RECORDS, found, now, nothing="No records fit.")
    if answer["next"] is not None:
        console().print(f"There are more: add --before {clean(answer['next'])}, or ask for more with --limit.")


def times_in(wanted: dict[str, str | None], now: float) -> None:
    """Put what was typed as `since` and `until` into the API's words. Raises UsageError."""
    for name in ("since", "until"):
        if (text := wanted.get(name)) is not None:
            wanted[name] = str(_time_of(text, now))


def _time_of(text: str, now: float) -> float:
    try:
        return time_of(text, now)
    except ValueError as error:
        raise UsageError(f"{error}.") from None


def command(which: Which, path: str, body: dict[str, object], said: str) -> None:
    """Give a command and say that it was taken; `said` may name fields of the answer."""
    answer = Client(connection(which)).post(path, body)
    if which.json:
        print_json(answer)
    else:
        console().print(said.format(**{name: clean(value) for name, value in answer.items()}))
