"""action: arguments, results, variables that come back, no answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.facts import ChoiceMade
from ivr_flows.protocol import ActionDone, Resumed
from tests.unit.ivr_flows.caller import INFO, Wait, answered, does, ends, hangs_up, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

SIGN_IN = """
steps:
  - collect: {name: agent, say: number, length: 4}
  - id: ask_pin
    collect: {name: pin, say: pin, length: 4, secret: true}
  - action:
      name: sign_in
      with: {agent: "{agent}", pin: "{pin}", phone: "{phone}", mode: "voice-{agent}"}
      results:
        bad_pin: [{say: wrong}, {goto: ask_pin}]
        ok: {say: "welcome {agent_name}"}
      else: {say: failed}
      timeout: 5s
  - say: next
"""
DESK = replace(INFO, phone="desk-1")
ASKED = does("sign_in", secrets={"pin": "9876"}, agent="8001", phone="desk-1", mode="voice-8001")


def test_arguments_result_and_values(call: Call) -> None:
    caller = call(SIGN_IN, info=DESK)
    caller << answered() << says("number")
    caller >> "8001" << stops() << says("pin")
    caller >> "9876" << stops() << ASKED
    caller >> ActionDone(result="ok", values={"agent_name": "Amy"}) << says("welcome|Amy")
    assert caller.state.variables["agent_name"] == "Amy"
    assert [(fact.step, fact.choice) for fact in caller.saw(ChoiceMade)] == [("action", "ok")]


def test_each_result_has_its_branch(call: Call) -> None:
    caller = call(SIGN_IN, info=DESK)
    caller << answered() << says("number")
    caller >> "8001" << stops() << says("pin")
    caller >> "9876" << stops() << ASKED
    caller >> ActionDone(result="bad_pin") << says("wrong")
    caller >> "0" << stops()  # keyed ahead: the first digit of the PIN, whose prompt is not said then
    assert caller.state.step == "ask_pin"
    caller >> "000" << does("sign_in", secrets={"pin": "0000"}, agent="8001", phone="desk-1", mode="voice-8001")
    caller >> ActionDone(result="no_seat") << says("failed")


def test_no_answer_is_the_result_timeout(call: Call) -> None:
    caller = call("steps: [{action: {name: ready, timeout: 4s, results: {timeout: hang_up}}}, {say: next}]")
    caller << does("ready")
    caller >> Wait(3.9)
    caller >> Wait(0.1) << hangs_up()


def test_without_branches_it_goes_on(call: Call) -> None:
    caller = call("steps: [{action: ready}, {say: next}]")
    caller << does("ready")
    caller >> ActionDone(result="whatever") << answered() << says("next")
    caller = call("steps: [{action: ready}, {say: next}]")
    caller << does("ready")
    caller >> Wait(10) << answered() << says("next")


def test_keys_pressed_meanwhile_are_kept(call: Call) -> None:
    caller = call("steps: [{action: ready}, {menu: {say: menu, 1: hang_up}}]")
    caller << does("ready")
    caller >> "1"
    caller >> ActionDone(result="ok") << hangs_up()


def test_a_result_that_nobody_waits_for_means_nothing(call: Call) -> None:
    caller = call("steps: [{say: one}]")
    caller << answered() << says("one")
    caller >> ActionDone(result="ok", values={"a": "b"})
    assert caller.state.variables == {}


def test_a_restart_asks_again(call: Call) -> None:
    caller = call("steps: [{action: {name: ready, timeout: 4s}}]")
    caller << does("ready")
    caller >> Wait(3)
    caller >> Resumed(in_queue=False) << does("ready")
    caller >> Wait(3)
    caller >> Wait(1) << ends()
