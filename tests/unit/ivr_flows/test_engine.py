"""The engine: limits, errors, versions, what is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import ivr_flows
from core.facts import StepEntered
from ivr_flows.flow import Flow
from ivr_flows.protocol import FlowState, KeyPressed, Resumed
from ivr_flows.run import Limits
from tests.unit.ivr_flows.caller import INFO, NOW, Caller, World, answered, ends, hangs_up, heard, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

ROUND = """
on_error: [{say: sorry}, {hang_up: unavailable}]
steps:
  - menu: {say: round, 1: {goto: again}, 2: hang_up}
"""


def test_the_limit_of_steps_leads_to_on_error(call: Call) -> None:
    caller = call(ROUND, limits=Limits(steps=9))
    caller << answered() << says("round")
    for _ in range(4):
        caller >> "1" << stops() << says("round")
    caller >> "1" << stops() << says("sorry")
    caller >> heard << hangs_up("unavailable")
    assert caller.state.error == "more than 9 steps, after step menu"
    assert caller.state.steps_taken == 11


def test_the_flows_own_limit_where_it_is_lower(call: Call) -> None:
    caller = call("limits: {steps: 2}" + ROUND)
    caller << answered() << says("round")
    caller >> "1" << stops() << says("sorry")


def test_without_on_error_there_is_an_apology(call: Call) -> None:
    caller = call("steps: [{say: one}, {say: two}]", limits=Limits(steps=1))
    caller << answered() << says("one")
    caller >> heard << says("很抱歉，系统暂时无法为您服务，请稍后再拨。", "zh-CN")
    caller >> heard << ends("more than 1 steps, after step say")


def test_an_error_on_the_way_out_ends_it(call: Call) -> None:
    caller = call(
        "on_error: [{id: out, menu: {say: out, 1: {goto: out}, 2: hang_up}}]\nsteps: [{say: one}, {say: two}]",
        limits=Limits(steps=1),
    )
    caller << answered() << says("one")
    caller >> heard << says("out")
    for _ in range(100):
        caller.tell(KeyPressed(key="1"))
        if caller.state.finished:
            break
        caller.commands.clear()
    assert caller.commands[-1] == ends("more than 1 steps, after step say")


def test_too_many_steps_without_a_wait(call: Call) -> None:
    sets = "".join(f"  - set: {{a: x{n}}}\n" for n in range(120))
    caller = call(f"on_error: {{say: sorry}}\nsteps:\n{sets}  - say: done\n")
    caller << answered() << says("sorry")
    caller >> heard << ends("more than 100 steps without a wait, after step set_100")
    assert len(caller.saw(StepEntered)) == 101


def test_a_loop_without_a_wait_that_no_check_can_see(call: Call) -> None:
    """A prompt that comes to nothing does not wait."""
    caller = call('steps: [{id: on, say: "{a}"}, {switch: {on: a, is: {x: hang_up}}}, {set: {a: ""}}, {goto: on}]')
    caller << answered() << says("很抱歉，系统暂时无法为您服务，请稍后再拨。")
    caller >> heard << ends("more than 100 steps without a wait, after step goto")


def test_on_error_may_be_nothing(call: Call) -> None:
    caller = call("on_error: []\nsteps: [{say: one}, {say: two}]", limits=Limits(steps=1))
    caller << answered() << says("one")
    caller >> heard << ends("more than 1 steps, after step say")


def test_nothing_follows_the_end(call: Call) -> None:
    caller = call("steps: [hang_up]")
    caller << hangs_up()
    caller >> "1" >> Resumed(in_queue=True)
    assert caller.over()
    assert caller.state.deadline is None
    assert caller.state.wait == ""


def test_keys_that_nothing_used_are_forgotten_at_the_end(call: Call) -> None:
    caller = call("steps: [{say: {text: law, barge_in: false}}, hang_up]")
    caller << answered() << says("law")
    caller >> "123"
    caller >> heard << hangs_up()
    assert caller.state.secrets == {}


def test_a_state_of_another_version_is_refused() -> None:
    old = ivr_flows.compile("steps: [{say: one}]", "main.yaml")
    new = ivr_flows.compile("steps: [{say: two}]", "main.yaml")
    state, _ = ivr_flows.start(old, INFO, World(), NOW)
    with pytest.raises(ValueError, match=f"state of main {old.version} in flow main {new.version}"):
        ivr_flows.advance(new, state, KeyPressed(key="1"), INFO, World(), NOW)


def test_the_version_is_that_of_the_meaning() -> None:
    one = ivr_flows.compile("steps: [{say: one}]", "main.yaml")
    same = ivr_flows.compile("# comment\nsteps:\n  - say: 'one'\n", "main.yaml")
    other = ivr_flows.compile("steps: [{say: One}]", "main.yaml")
    assert one.version == same.version != other.version


def test_the_order_of_languages_has_a_meaning_and_outlives_a_store_that_sorts() -> None:
    flow = ivr_flows.compile("steps: [{say: {text: {zh-CN: 中, en: E}, language: all}}]", "main.yaml")
    other = ivr_flows.compile("steps: [{say: {text: {en: E, zh-CN: 中}, language: all}}]", "main.yaml")
    assert flow.version != other.version
    again = Flow.load(json.loads(json.dumps(flow.dump(), sort_keys=True)))
    assert again.version == flow.version
    Caller(again) << answered() << says("中|E")


def test_a_state_from_an_older_version_of_vcc_is_read() -> None:
    state = FlowState.load({"flow": "main", "version": "1", "language": "en", "gone": 1})
    assert state.variables == {}
    assert state.dump()["plays"] == 0


def test_dumping_gives_away_nothing_that_changes() -> None:
    state = FlowState(flow="main", version="1", language="en")
    data = state.dump()
    state.variables["a"] = "b"
    assert data["variables"] == {}
