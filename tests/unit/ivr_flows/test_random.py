"""What holds for every flow and every caller: nothing raises, no limit is exceeded, every call ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import fastjsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

import ivr_flows
from core import facts, yaml_text
from core.errors import ConfigurationError
from ivr_flows import reference
from ivr_flows.compiler import build
from ivr_flows.protocol import (
    Enqueue,
    EnterNumber,
    Finished,
    HangUp,
    LeaveQueue,
    PlayMusic,
    QueueEnded,
    ReturnCall,
    Speak,
    Text,
)
from ivr_flows.run import Limits
from tests.unit.ivr_flows.caller import Caller, World
from tests.unit.ivr_flows.random_flows import Ring, definitions, happen, happenings

if TYPE_CHECKING:
    from core.errors import Problem
    from ivr_flows.flow import Flow
    from ivr_flows.protocol import Command

fits = fastjsonschema.compile(reference.schema())
LIMITS = Limits(steps=60, steps_without_wait=25)
LAST = (HangUp, ReturnCall, EnterNumber, Finished)
#: Events until every call is over: each step may wait several times.
ENOUGH = 5_000

#: The flow that others call, which may call itself, or none.
calleds = (st.none() | definitions()).map(lambda found: {"sub": build(found, "sub")} if found else {})


def read(text: str, **around: Any) -> tuple[Flow | None, tuple[Problem, ...]]:
    """The flow, or what is wrong with it."""
    try:
        return ivr_flows.compile(text, "main.yaml", **around), ()
    except ConfigurationError as error:
        return None, error.problems


class Watched(Caller):
    """A caller of whom everything is checked at every moment."""

    def _take(self, commands: list[Command]) -> None:
        known = len(self.facts)
        super()._take(commands)
        state = self.state
        assert state.steps_taken <= LIMITS.steps + 100
        assert len(commands) < 500
        if state.finished:
            assert state.wait == ""
            assert state.deadline is None
        else:
            assert state.wait in (
                "speech",
                "keys",
                "queue",
                "talk",
                "action",
                "message",
                "system",
                "outside",
                "agent",
                "time",
            )
            assert (state.deadline is None) == (state.wait == "talk")
        ends = [command for command in commands if isinstance(command, LAST)]
        if not state.gone:
            assert len(ends) == (1 if state.finished and commands else 0)
            assert not ends or commands[-1] is ends[0]
        json.dumps(state.dump())
        for fact in self.facts[known:]:
            name = type(fact).__name__
            assert facts.load(name, json.loads(json.dumps(facts.dump(fact)))) == fact


@settings(max_examples=100)
@given(definition=definitions(), called=calleds, caller_does=st.lists(happenings, max_size=40), is_open=st.booleans())
def test_any_call_in_any_flow_ends(
    definition: dict[str, Any], called: dict[str, Flow], caller_does: list[Any], is_open: bool
) -> None:
    flow = build(definition, "main").with_called(called)  # without the checks: the engine has to stand loops too
    speakable = frozenset().union(*(part.speakables(["zh-CN", "en"]) for part in (flow, *flow.called.values())))
    world = World(closed=set() if is_open else {"office"}, place=3)
    caller = Watched(flow, world=world, limits=LIMITS)
    for happening in caller_does:
        happen(caller, happening)
    for _ in range(ENOUGH):
        if caller.state.finished:
            break
        if caller.state.wait == "talk":
            caller.tell(QueueEnded(why="served"))
        else:
            happen(caller, Ring())
    assert caller.state.finished
    assert_sound(caller.commands)
    for command in caller.commands:
        if isinstance(command, Speak):
            unknown = [part for part in command.parts if isinstance(part, Text) and part not in speakable]
            assert all(part.text.startswith("x") for part in unknown)  # what stands as it is: values of `set`


def assert_sound(commands: list[Command]) -> None:
    """No place is given up that was not taken, and whoever waits has music."""
    waiting = False
    for index, command in enumerate(commands):
        if isinstance(command, Enqueue):
            waiting = True
            assert isinstance(commands[index + 1], PlayMusic)
        if isinstance(command, LeaveQueue):
            assert waiting
            waiting = False


@settings(max_examples=60)
@given(definition=definitions(), called=calleds, caller_does=st.lists(happenings, max_size=25))
def test_a_restart_before_every_event_changes_nothing(
    definition: dict[str, Any], called: dict[str, Flow], caller_does: list[Any]
) -> None:
    flow = build(definition, "main").with_called(called)  # without the checks: the engine has to stand loops too
    running = Caller(flow, limits=LIMITS)
    restarted = Caller(flow, limits=LIMITS, reloading=True)
    for happening in caller_does:
        happen(running, happening)
        happen(restarted, happening)
        assert restarted.commands == running.commands
        assert restarted.facts == running.facts
        assert restarted.state == running.state


@settings(max_examples=150)
@given(definition=definitions())
def test_what_is_compiled_is_right_or_told(definition: dict[str, Any]) -> None:
    """The checks agree with what happens: a flow without a mistake never loops without a wait when nobody types; and
    with the schema: an editor underlines none.
    """
    flow, problems = read(json.dumps(definition, ensure_ascii=False))
    assert all(problem.line >= 1 and problem.message for problem in problems)
    if flow is None:
        return
    fits(yaml_text.load(json.dumps(definition), "main").data)
    caller = Watched(flow, limits=LIMITS)
    for _ in range(ENOUGH):
        if caller.state.finished:
            break
        happen(caller, Ring())
    assert caller.state.finished


junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 10**6),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "menu", "{a}", "{", "goto", "again", "orders", "5s", "#", "zh-CN", "x" * 100, "您好"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([
                "steps", "sections", "on_error", "say", "menu", "queue", "id", "1", "*", "name", "on", "is", "else",
                "text", "play", "language", "announce", "every", "collect", "length", "results", "with", "goto",
            ]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=200)
@given(steps=junk, rest=st.dictionaries(st.sampled_from(["sections", "on_error", "defaults", "limits", "flow"]), junk))
def test_junk_is_refused_with_a_place(steps: Any, rest: dict[str, Any]) -> None:
    text = json.dumps({"steps": steps, **rest}, ensure_ascii=False)
    flow, problems = read(text, languages=["zh-CN", "en"], actions={})
    assert (flow is None) == bool(problems)
    assert all(problem.file == "main.yaml" and problem.line >= 1 for problem in problems)
