"""collect: lengths, keys that end and clear, patience, and what is secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from core.facts import DigitsCollected, InputMissed
from ivr_flows.protocol import Resumed
from tests.unit.ivr_flows.caller import Wait, answered, does, ends, hangs_up, heard, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call


def flow(fields: str, then: str = "{say: done}") -> str:
    return f"steps: [{{collect: {{name: order, say: enter, {fields}}}}}, {then}]"


def test_a_fixed_length(call: Call) -> None:
    caller = call(flow("length: 4"))
    caller << answered() << says("enter", by_key=True)
    caller >> "0" << stops()
    caller >> "12"
    caller >> "3" << says("done")
    assert caller.state.variables == {"order": "0123"}
    [collected] = caller.saw(DigitsCollected)
    assert (collected.step, collected.name, collected.digits) == ("collect", "order", "****")


def test_the_terminator_ends_it(call: Call) -> None:
    caller = call(flow("length: 2-6"))
    caller << answered() << says("enter")
    caller >> heard
    caller >> "123#" << says("done")
    assert caller.state.variables == {"order": "123"}


def test_too_short_is_a_miss(call: Call) -> None:
    caller = call(flow("length: 3, attempts: 2, invalid: short, on_invalid: {say: failed}"))
    caller << answered() << says("enter")
    caller >> heard
    caller >> "12#" << says("short|enter")
    caller >> "1" << stops()
    caller >> Wait(3) << says("failed")
    assert [(fact.why, fact.attempt) for fact in caller.saw(InputMissed)] == [("invalid", 1), ("invalid", 2)]
    assert caller.state.variables == {}


def test_patience_for_the_first_and_the_next_digit(call: Call) -> None:
    caller = call(flow("length: 2-6, timeout: 7s, inter_digit: 2s, no_input: nothing"))
    caller << answered() << says("enter")
    caller >> heard
    caller >> Wait(6.9)
    caller >> Wait(0.1) << says("nothing|enter")
    caller >> heard
    caller >> "12"
    caller >> Wait(1.9)
    caller >> "3"
    caller >> Wait(2) << says("done")
    assert caller.state.variables == {"order": "123"}


def test_the_clear_key_begins_anew(call: Call) -> None:
    caller = call(flow("length: 3, timeout: 9s, inter_digit: 2s"))
    caller << answered() << says("enter")
    caller >> heard
    caller >> "12*"
    caller >> Wait(8)
    caller >> "345" << says("done")
    assert caller.state.variables == {"order": "345"}


@pytest.mark.parametrize(("keys", "value"), [("1*2", "12"), ("1#", "1"), ("*1#", "1"), ("1A", "")])
def test_other_keys_are_ignored(call: Call, keys: str, value: str) -> None:
    caller = call(flow("length: 1-2, clear: none, barge_in: true"))
    caller << answered() << says("enter")
    caller >> heard
    caller >> keys
    if value:
        caller << says("done")
    assert caller.state.variables.get("order", "") == value


def test_other_keys_to_end_and_to_clear(call: Call) -> None:
    caller = call(flow('length: 1-9, terminator: "*", clear: "#"'))
    caller << answered() << says("enter")
    caller >> heard
    caller >> "1#23*" << says("done")
    assert caller.state.variables == {"order": "23"}


def test_a_terminator_after_the_last_digit_means_nothing(call: Call) -> None:
    caller = call(flow("length: 2", '{menu: {say: menu, "#": hang_up, 1: {say: first}}}'))
    caller << answered() << says("enter")
    caller >> heard
    caller >> "12" << says("menu")
    caller >> "#"  # belongs to the entry
    caller >> "#" << stops() << hangs_up()


def test_much_later_it_means_what_it_says(call: Call) -> None:
    caller = call(flow("length: 2", '{menu: {say: menu, "#": hang_up}}'))
    caller << answered() << says("enter")
    caller >> heard
    caller >> "12" << says("menu")
    caller >> Wait(4)
    caller >> "#" << stops() << hangs_up()


def test_entry_and_choice_keyed_ahead(call: Call) -> None:
    law = "{say: {text: law, barge_in: false}}"
    caller = call(
        f"steps: [{law}, {{collect: {{name: a, say: enter, length: 2}}}}, {{menu: {{say: menu, 1: hang_up}}}}]"
    )
    caller << answered() << says("law")
    caller >> "12#1"
    caller >> heard << hangs_up()
    assert caller.state.variables == {"a": "12"}


def test_the_key_after_a_whole_entry_keyed_ahead_is_the_next_steps(call: Call) -> None:
    law = "{say: {text: law, barge_in: false}}"
    caller = call(
        f"steps: [{law}, {{collect: {{name: a, say: enter, length: 2}}}}, {{menu: {{say: menu, 1: hang_up}}}}]"
    )
    caller << answered() << says("law")
    caller >> "121"
    caller >> heard << hangs_up()


def test_half_an_entry_keyed_ahead_is_gone_on_with(call: Call) -> None:
    caller = call(f"steps: [{{say: {{text: law, barge_in: false}}}}, {flow('length: 3')[8:-1]}]")
    caller << answered() << says("law")
    caller >> "12"
    caller >> heard
    caller >> "3" << says("done")


def test_an_old_value_is_gone_when_it_is_asked_again(call: Call) -> None:
    caller = call(
        """
        steps:
          - id: ask
            collect: {name: order, say: enter, length: 1, attempts: 1, on_failure: {say: failed}}
          - menu: {say: "{order} 对吗", 1: hang_up, 2: {goto: ask}}
        """
    )
    caller << answered() << says("enter")
    caller >> "5" << stops() << says("五|对吗")
    caller >> "2" << stops() << says("enter")
    caller >> heard
    caller >> Wait(5) << says("failed")
    assert caller.state.variables == {}


def test_a_restart_begins_the_entry_anew(call: Call) -> None:
    caller = call(flow("length: 3"))
    caller << answered() << says("enter")
    caller >> heard
    caller >> "12"
    caller >> Resumed(in_queue=False) << says("enter")
    caller >> "345" << stops() << says("done")
    assert caller.state.variables == {"order": "345"}


def test_a_secret_is_only_among_the_secrets(call: Call) -> None:
    caller = call(
        """
        steps:
          - collect: {name: pin, say: pin, length: 4, secret: true}
          - action: {name: check, with: {pin: "{pin}", who: "{caller}"}}
        """
    )
    caller << answered() << says("pin")
    caller >> "98" << stops()
    plain = caller.state.dump()
    secrets = plain.pop("secrets")
    assert "9" in json.dumps(secrets)
    assert "98" not in json.dumps(plain | {"version": ""})
    caller >> "76" << does("check", secrets={"pin": "9876"}, who="01012345678")
    assert caller.state.secrets == {"pin": "9876"}
    assert caller.state.variables == {}
    [collected] = caller.saw(DigitsCollected)
    assert collected.digits == ""
    assert "9876" not in repr(caller.facts)


def test_keys_pressed_ahead_are_among_the_secrets(call: Call) -> None:
    caller = call(
        "steps: [{say: {text: law, barge_in: false}}, {collect: {name: pin, say: pin, length: 4, secret: true}}]"
    )
    caller << answered() << says("law")
    caller >> "9876"
    plain = caller.state.dump()
    assert plain.pop("secrets")
    assert "9876" not in json.dumps(plain)
    caller >> heard << ends()
    assert caller.state.secrets == {"pin": "9876"}
