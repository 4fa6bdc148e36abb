"""Answers of the API as tables: which columns, in which words."""

from __future__ import annotations

import json
import locale
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vcc.cli.words import clean, length, moment, text_of

Row = Mapping[str, Any]
#: How wide a table is where the output is no terminal.
_WIDE = 400
_STYLES = {
    "idle": "green", "ready": "green", "up": "green", "answered": "green",
    "talking": "blue", "held": "blue", "consulting": "blue", "conference": "blue",
    "waiting": "yellow", "parked": "yellow", "ringing": "yellow", "reserved": "yellow", "abandoned": "yellow",
    "wrap_up": "magenta",
    "unresponsive": "red", "down": "red", "failed": "red", "closed": "red",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column: its heading, and what stands in it."""

    heading: str
    value: Callable[[Row, float], str]
    right: bool = False
    state: bool = False


def _field(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: "" if row[name] is None else clean(row[name])


def _perhaps(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: {True: "yes", False: "no"}.get(row[name], "not known")


def _words(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: clean(", ".join(row[name]))


def _ago(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: "" if row[name] is None else length(now - row[name])


def _length(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: length(row[name])


def _perhaps_long(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: "" if row[name] is None else length(row[name])


def _moment(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: moment(row[name], now)


def _some(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: length(row[name]) if row[name] else ""


def _share(name: str) -> Callable[[Row, float], str]:
    return lambda row, now: "" if row[name] is None else f"{row[name]:.1%}"


def _not_there(row: Row) -> str:
    return "absent" if row["begun"] else "to come"


def _name(row: Row, now: float) -> str:
    return text_of(row["name"], _language())


def _language() -> str:
    return (os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or "en")[:2]


def _agent_state(row: Row, now: float) -> str:
    if row["wish"] == "signed_out":
        return "signed_out"
    return "not_ready" if row["phase"] == "idle" and row["wish"] == "not_ready" else clean(row["phase"])


def _moved(row: Row, now: float) -> str:
    """What supervisors have said, shortly: +queue, -queue, skill=level."""
    said = [
        f"{'+' if one['level'] else '-'}{one['queue']}" if one["queue"] else f"{one['skill']}={one['level']}"
        for one in row["assigned"]
    ]
    return clean(" ".join(said))


def _said(said: Row | None, now: float) -> str:
    """Who has said so, until when, and why."""
    if said is None:
        return "as configured"
    until = "" if said["until"] is None else f" until {moment(said['until'], now)}"
    return clean(f"{said['by']}{until}" + (f": {said['reason']}" if said["reason"] else ""))


def _reach(row: Row, now: float) -> str:
    if row["wish"] == "signed_out":
        return ""
    if not row["reachable"]:
        return "no"
    return "in a call" if row["in_use"] else "yes"


def _use(name: str) -> Callable[[Row, float], str]:
    def value(row: Row, now: float) -> str:
        quota = row["seats"] if name == "seats" else row["quotas"][name]
        return f"{row['use'][name]}" + ("" if quota is None else f" of {quota}")

    return value


def _channels(row: Row, now: float) -> str:
    return f"{row['used']}" + ("" if row["channels"] is None else f" of {row['channels']}")


def _caller(row: Row, now: float) -> str:
    return clean(" ".join(part for part in (row["caller"], row["caller_name"]) if part))


CALLS = (
    Column(heading="call", value=_field("contact")),
    Column(heading="state", value=_field("state"), state=True),
    Column(heading="for", value=_ago("since"), right=True),
    Column(heading="tenant", value=_field("tenant")),
    Column(heading="number", value=_field("number")),
    Column(heading="caller", value=_caller),
    Column(heading="queue", value=_field("queue")),
    Column(heading="place", value=_field("position"), right=True),
    Column(heading="agent", value=_field("agent")),
    Column(heading="detail", value=lambda row, now: call_details(row)),
    Column(heading="node", value=_field("node")),
)
CALLBACKS = (
    Column(heading="callback", value=_field("callback")),
    Column(heading="state", value=_field("state"), state=True),
    Column(heading="tenant", value=_field("tenant")),
    Column(heading="queue", value=_field("queue")),
    Column(heading="number", value=_field("number")),
    Column(heading="asked", value=_moment("asked")),
    Column(heading="due", value=_moment("due")),
    Column(heading="place", value=_field("position"), right=True),
    Column(heading="first", value=_field("first")),
    Column(heading="attempts", value=_field("attempts"), right=True),
    Column(heading="last", value=_field("last")),
    Column(heading="call", value=_field("contact")),
)
AGENTS = (
    Column(heading="agent", value=_field("agent")),
    Column(heading="name", value=_field("name")),
    Column(heading="state", value=_agent_state, state=True),
    Column(heading="reason", value=lambda row, now: clean(row["reason"] or row["failed"])),
    Column(heading="for", value=_ago("since"), right=True),
    Column(heading="works for", value=_words("seated")),
    Column(heading="serves", value=_words("serves")),
    Column(heading="moved", value=_moved),
    Column(heading="phone", value=_field("phone")),
    Column(heading="reachable", value=_reach),
    Column(heading="call", value=_field("contact")),
)
AGENT_QUEUES = (
    Column(heading="queue", value=_field("queue")),
    Column(heading="name", value=_name),
    Column(heading="takes", value=lambda row, now: "yes" if row["takes"] else "no"),
    Column(heading="because", value=lambda row, now: _said(row["assigned"], now)),
)
AGENT_SKILLS = (
    Column(heading="skill", value=_field("skill")),
    Column(heading="name", value=_name),
    Column(heading="level", value=lambda row, now: str(row["level"] or ""), right=True),
    Column(heading="because", value=lambda row, now: _said(row["assigned"], now)),
)
PHONES = (
    Column(heading="phone", value=_field("phone")),
    Column(heading="name", value=_field("name")),
    Column(heading="node", value=_field("node")),
    Column(heading="tenant", value=_field("tenant")),
    Column(heading="transport", value=lambda row, now: clean(row["transport"]) + (" srtp" if row["srtp"] else "")),
    Column(heading="registered", value=_perhaps("registered")),
    Column(heading="reachable", value=_perhaps("reachable")),
    Column(heading="for", value=_ago("since"), right=True),
    Column(heading="agent", value=_field("agent")),
    Column(heading="in use", value=lambda row, now: "yes" if row["in_use"] else ""),
    Column(heading="detail", value=_field("detail")),
)
QUEUES = (
    Column(heading="queue", value=_field("queue")),
    Column(heading="name", value=_name),
    Column(heading="waiting", value=_field("waiting"), right=True),
    Column(heading="longest", value=_length("longest_wait_s"), right=True),
    Column(heading="expected", value=_perhaps_long("expected_wait_s"), right=True),
    Column(heading="talking", value=_field("talking"), right=True),
    Column(heading="agents ready", value=_field("agents_ready"), right=True),
    Column(heading="signed in", value=_field("agents_signed_in"), right=True),
)
TENANTS = (
    Column(heading="tenant", value=_field("id")),
    Column(heading="name", value=_name),
    Column(heading="numbers", value=_words("numbers")),
    Column(heading="calls", value=_use("calls"), right=True),
    Column(heading="waiting", value=_use("waiting"), right=True),
    Column(heading="seats", value=_use("seats"), right=True),
    Column(heading="hours", value=lambda row, now: "closed" if row["closed"] else "as set", state=True),
)
NODES = (
    Column(heading="node", value=_field("node")),
    Column(heading="kind", value=_field("kind")),
    Column(heading="address", value=_field("address")),
    Column(heading="wires", value=lambda row, now: "up" if row["up"] else "down", state=True),
    Column(heading="for", value=_ago("since"), right=True),
    Column(heading="calls", value=_field("calls"), right=True),
    Column(heading="legs", value=_field("legs"), right=True),
    Column(heading="phones", value=_field("phones"), right=True),
    Column(heading="detail", value=_field("detail")),
)
TRUNKS = (
    Column(heading="trunk", value=_field("trunk")),
    Column(heading="node", value=_field("node")),
    Column(heading="tenant", value=_field("tenant")),
    Column(heading="out", value=_field("state"), state=True),
    Column(heading="for", value=_ago("since"), right=True),
    Column(heading="calls", value=_channels, right=True),
    Column(heading="detail", value=_field("detail")),
)
SHIFTS = (
    Column(heading="day", value=_field("day")),
    Column(heading="agent", value=_field("agent")),
    Column(heading="begins", value=_moment("begins"), right=True),
    Column(heading="ends", value=_moment("ends"), right=True),
    Column(heading="came", value=_moment("came_at"), right=True),
    Column(heading="left", value=_moment("left_at"), right=True),
    Column(heading="late", value=_some("late_s"), right=True),
    Column(heading="early", value=_some("early_s"), right=True),
    Column(heading="away", value=_some("away_s"), right=True),
    Column(heading="", value=lambda row, now: "" if row["begun"] and not row["absent"] else _not_there(row)),
)
ATTENDANCE = (
    Column(heading="of", value=_field("of")),
    Column(heading="planned", value=_field("planned"), right=True),
    Column(heading="came", value=_field("attended"), right=True),
    Column(heading="rate", value=_share("rate"), right=True),
    Column(heading="late", value=_field("late"), right=True),
    Column(heading="early", value=_field("early"), right=True),
    Column(heading="there", value=_share("presence"), right=True),
)
RECORDS = (
    Column(heading="arrived", value=_moment("arrived")),
    Column(heading="call", value=_field("contact")),
    Column(heading="tenant", value=_field("tenant")),
    Column(heading="number", value=_field("number")),
    Column(heading="caller", value=_field("caller")),
    Column(heading="outcome", value=lambda row, now: clean(row["outcome"] or "going on"), state=True),
    Column(heading="waited", value=_length("waited_s"), right=True),
    Column(heading="talked", value=_length("talked_s"), right=True),
    Column(heading="queue", value=_field("queue")),
    Column(heading="agents", value=_words("agents")),
)
RECORDINGS = (
    Column(heading="began", value=_moment("began_at")),
    Column(heading="recording", value=_field("recording")),
    Column(heading="tenant", value=_field("tenant")),
    Column(heading="caller", value=_field("caller")),
    Column(heading="agent", value=_field("agent")),
    Column(heading="queue", value=_field("queue")),
    Column(heading="why", value=_field("why")),
    Column(heading="length", value=_length("seconds"), right=True),
    Column(heading="silent", value=lambda row, now: f"{row['silence']:.0%}", right=True),
    Column(heading="pauses", value=_field("pauses"), right=True),
    Column(heading="file", value=lambda row, now: file_state(row)),
)
SURVEYS = (
    Column(heading="tenant", value=_field("tenant")),
    Column(heading="question", value=_field("question")),
    Column(heading="of", value=lambda row, now: clean(row["of"]) or "–"),
    Column(heading="answers", value=_field("count"), right=True),
    Column(heading="mean", value=lambda row, now: f"{row['mean']:.2f}", right=True),
    Column(heading="scores", value=lambda row, now: " ".join(f"{s}×{n}" for s, n in row["scores"].items())),
)
PLAYS = (
    Column(heading="heard", value=_moment("at")),
    Column(heading="by", value=_field("who")),
    Column(heading="how", value=_field("how")),
    Column(heading="from byte", value=_field("offset"), right=True),
)
FACTS = (
    Column(heading="time", value=_moment("at")),
    Column(heading="tenant", value=_field("tenant")),
    Column(heading="what happened", value=_field("fact")),
    Column(heading="details", value=lambda row, now: fact_details(row)),
)


#: A call's `recording` as words; what may be recorded and is not needs none.
RECORDED = {"on": "recorded", "paused": "recording paused"}


def call_details(row: Row) -> str:
    """Where a parked caller is, who cannot be heard, whether it is recorded, who else takes part."""
    said = []
    if row["slot"]:
        said.append(f"slot {row['slot']}, from {row['left_agent']}")
    if row["outside"]:
        said.append(f"with {row['outside']}")
    if row["consulted"]:
        said.append(f"with {row['consulted']} ({row['consultation']})")
    if row["muted"]:
        said.append("agent muted")
    if row["recording"] in RECORDED:
        said.append(RECORDED[row["recording"]])
    said += [f"{one['mode']}: {one['who']} on {one['phone']}" for one in row["supervisors"]]
    return clean("; ".join(said))


def file_state(row: Row) -> str:
    """What has become of a recording's file."""
    if row["erased_at"] is not None:
        return "erased"
    if row["problem"]:
        return clean(f"none: {row['problem']}")
    return "there" if row["finished_at"] is not None else "goes on"


def fact_details(fact: Row, also: Iterable[str] = ()) -> str:
    """The fields of a fact that say something, without those that every fact has but for `also`."""
    common = {"fact", "at", "tenant", "contact", "node"} - set(also)
    return "  ".join(
        f"{name}={clean(_plain(value))}"
        for name, value in fact.items()
        if name not in common and value not in ("", None, [])
    )


def _plain(value: object) -> object:
    return ",".join(map(str, value)) if isinstance(value, list) else value


def console() -> Console:
    """Where tables go; as wide as they need where the output is no terminal."""
    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False, markup=False, emoji=False)


def print_table(columns: Sequence[Column], rows: Iterable[Row], now: float, *, nothing: str) -> None:
    """Print rows, or the sentence `nothing` if there are none."""
    shown = list(rows)
    if not shown:
        console().print(nothing)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.heading, justify="right" if column.right else "left", overflow="fold")
    for row in shown:
        table.add_row(*(_cell(column, row, now) for column in columns))
    console().print(table)


def _cell(column: Column, row: Row, now: float) -> Text:
    text = column.value(row, now)
    return Text(text, style=_STYLES.get(text, "") if column.state else "")


def print_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Print names and values, one below the other; those without a value are left out."""
    table = Table.grid(padding=(0, 2))
    for name, value in pairs:
        if value:
            table.add_row(Text(name, style="bold"), Text(value))
    console().print(table)


def print_json(answer: object) -> None:
    """Print an answer as it came."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
