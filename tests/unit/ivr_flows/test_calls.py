"""Whole calls: tests/golden/flows/calls/NAME.yaml, and in NAME.txt what happens (`>`) and what the flow does (`<`).

Facts stand there too, as `.`. With VCC_GOLDEN=write the lines `<` and `.` are written anew from the lines `>`; read
what has changed before you keep it.

    > arrive closed=HOURS waiting=N caller=C language=L phone=P      > press KEYS      > heard      > hung_up
    > wait SECONDS place=N      > joined   > served   > queue WHY    > done RESULT     > resumed [in queue]
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ivr_flows
from core.facts import Fact, FlowStarted, dump
from ivr_flows.protocol import ActionDone, AgentJoined, CallerGone, QueueEnded, QueueNow, Record, Resumed, Sound, Speak
from tests.unit.ivr_flows.caller import INFO, Caller, Wait, World, heard

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_flows.flow import Flow
    from ivr_flows.protocol import Command

CALLS = Path(__file__).parents[2] / "golden" / "flows" / "calls"
FILES = sorted(CALLS.glob("*.yaml"))
EVENTS: dict[str, Callable[..., Any]] = {
    "press": str,
    "heard": lambda: heard,
    "wait": lambda seconds: Wait(float(seconds)),
    "joined": lambda: AgentJoined(agent="amy"),
    "served": lambda: QueueEnded(why="served"),
    "queue": lambda why: QueueEnded(why=why),
    "done": lambda result: ActionDone(result=result),
    "hung_up": CallerGone,
    "resumed": lambda *where: Resumed(in_queue=bool(where)),
}
#: What stands in the table `customers`.
CUSTOMERS = {"13800138000": {"tier": "gold", "agent": "li"}}
_EVERY_FACT = ("at", "tenant", "contact", "node")


@pytest.mark.parametrize("reloading", [False, True], ids=["running", "reloading"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_calls(file: Path, reloading: bool) -> None:
    flow = ivr_flows.compile(file.read_text(encoding="utf-8"), file.name, languages=["zh-CN", "en"])
    golden = file.with_suffix(".txt")
    written = golden.read_text(encoding="utf-8")
    calls = [play(flow, call, reloading=reloading) for call in written.strip().split("\n\n")]
    told = "\n\n".join(calls) + "\n"
    if os.environ.get("VCC_GOLDEN") == "write":
        golden.write_text(told, encoding="utf-8")
        written = told
    assert told == written


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_step_and_branch_is_gone_in_some_call(file: Path) -> None:
    flow = ivr_flows.compile(file.read_text(encoding="utf-8"), file.name)
    entered: set[str] = set()
    for call in file.with_suffix(".txt").read_text(encoding="utf-8").strip().split("\n\n"):
        entered.update(line.split()[2] for line in call.splitlines() if line.startswith(". step"))
    expected = {node.id for node in flow.nodes.values() if not node.id.startswith("on_error.")}
    assert expected <= entered


class Transcript(Caller):
    """A caller whose call is written down."""

    lines: list[str]

    def _take(self, commands: list[Command]) -> None:
        super()._take(commands)
        self.commands.clear()
        self.lines = [*getattr(self, "lines", []), *(shown(command) for command in commands)]


def play(flow: Flow, written: str, *, reloading: bool) -> str:
    """The call with what the flow does, from what happens in it."""
    caller: Transcript | None = None
    lines: list[str] = []
    for line in written.splitlines():
        if line.startswith("#"):
            lines.append(line)
        elif line.startswith("> arrive"):
            caller = arrive(flow, line.split()[2:], reloading=reloading)
            lines += [line, *caller.lines]
        elif line.startswith(">"):
            assert caller is not None, f"'> arrive' comes first: {line}"
            assert not caller.state.finished, f"the flow is over: {line}"
            caller.lines = []
            happen(caller, line[1:].split())
            lines += [line, *caller.lines]
    assert caller is not None
    assert caller.state.finished, "the call is not over"
    return "\n".join(lines)


def arrive(flow: Flow, words: list[str], *, reloading: bool) -> Transcript:
    given = dict(word.split("=") for word in words)
    queue = QueueNow(waiting=int(given.pop("waiting", "0")))
    closed = set(filter(None, given.pop("closed", "").split(",")))
    world = World(closed=closed, queues={"orders": queue}, tables={"customers": CUSTOMERS})
    return Transcript(flow, reloading=reloading, world=world, info=dataclasses.replace(INFO, **given))


def happen(caller: Transcript, words: list[str]) -> None:
    for word in list(words):
        if word.startswith("place="):
            caller.world.place = int(word.removeprefix("place="))
            words.remove(word)
    caller >> EVENTS[words[0]](*words[1:])


def shown(command: Command) -> str:
    """A command on one line; what has its default is left out."""
    if isinstance(command, Record):
        return shown_fact(command.fact)
    if isinstance(command, Speak):
        words = " | ".join(part.file if isinstance(part, Sound) else part.text for part in command.parts)
        languages = "+".join(dict.fromkeys(part.language for part in command.parts if not isinstance(part, Sound)))
        return f"< Speak {words} [{languages}]{' until a key' if command.stop_keys else ''}"
    return f"< {type(command).__name__}{shown_fields(command)}"


def shown_fact(fact: Fact) -> str:
    values = {name: value for name, value in dump(fact).items() if name not in _EVERY_FACT}
    if isinstance(fact, FlowStarted):
        return f". FlowStarted {fact.flow}"
    if "kind" in values:
        return f". step {values['step']} {values['kind']}"
    return f". {type(fact).__name__} " + " ".join(f"{name}={value}" for name, value in values.items())


def shown_fields(command: Any) -> str:
    values = [(field, getattr(command, field.name)) for field in dataclasses.fields(command)]
    return "".join(f" {field.name}={value}" for field, value in values if value not in (None, "", {}, ()))
