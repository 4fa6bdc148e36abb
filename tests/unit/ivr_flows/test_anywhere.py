"""anywhere: keys that mean the same in every step that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import ChoiceMade
from tests.unit.ivr_flows.caller import Wait, answered, ends, heard, leaves, music, queues, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call, Caller

FLOW = """
anywhere:
  0: {queue: operator}
  8: {say: help}
  9: {goto: back}
  "*": {goto: again}
steps:
  - say: welcome
  - menu:
      say: top
      1:
        menu:
          say: inner
          8: {say: own}
          2: {collect: {name: order, say: order, length: 3, clear: none, type_ahead: true}}
          3: {queue: orders}
          4: {language: {say: {zh-CN: 中, en: E}, 1: en}}
"""


def inside(call: Call) -> Caller:
    caller = call(FLOW)
    caller << answered() << says("welcome")
    caller >> "1" << stops() << says("inner")
    return caller


def test_a_list_of_steps_then_back_to_where_it_was_pressed(call: Call) -> None:
    caller = call(FLOW)
    caller << answered() << says("welcome")
    caller >> heard << says("top")
    caller >> "8" << stops() << says("help")
    caller >> heard << says("top")
    assert [(fact.step, fact.choice) for fact in caller.saw(ChoiceMade)] == [("menu", "8")]


def test_a_steps_own_choice_goes_first(call: Call) -> None:
    caller = inside(call)
    caller >> "8" << stops() << says("own")


@pytest.mark.parametrize(("key", "said"), [("*", "inner"), ("9", "top")])
def test_again_and_back_are_of_the_menu_where_it_was_pressed(call: Call, key: str, said: str) -> None:
    caller = inside(call)
    caller >> key << stops() << says(said)


def test_back_from_the_outermost_menu_is_the_start(call: Call) -> None:
    caller = call(FLOW)
    caller << answered() << says("welcome")
    caller >> heard << says("top")
    caller >> "9" << stops() << says("welcome")


def test_out_to_a_queue(call: Call) -> None:
    caller = inside(call)
    caller >> "0" << stops() << queues("operator") << music()
    caller >> "0"  # who waits there already does not lose the place


def test_from_a_queue(call: Call) -> None:
    caller = inside(call)
    caller >> "3" << stops() << queues("orders") << music()
    caller >> "9" << leaves("key") << says("inner")


def test_digits_of_an_entry_are_its_own(call: Call) -> None:
    caller = inside(call)
    caller >> "2" << stops() << says("order")
    caller >> "089" << stops() << ends()
    assert caller.state.variables == {"order": "089"}


def test_other_keys_of_an_entry_are_not(call: Call) -> None:
    caller = inside(call)
    caller >> "2" << stops() << says("order")
    caller >> "0*" << stops() << says("order")
    caller >> "123" << stops() << ends()
    assert caller.state.variables == {"order": "123"}


def test_where_a_language_is_asked(call: Call) -> None:
    caller = inside(call)
    caller >> "4" << stops() << says("中|E")
    caller >> "8" << stops() << says("help")
    caller >> heard << says("中|E")
    caller >> "1" << stops() << ends()
    assert caller.state.language == "en"


def test_it_may_begin_a_longer_choice(call: Call) -> None:
    caller = call("anywhere: {0: {say: operator}}\nsteps: [{menu: {say: top, 01: {say: one}}}]")
    caller << answered() << says("top")
    caller >> "0" << stops()
    caller >> Wait(3) << says("operator")
    caller >> heard << says("top")
    caller >> "01" << stops() << says("one")
