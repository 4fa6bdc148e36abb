"""wait: how long, what is heard, and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.facts import ChoiceMade
from ivr_flows.protocol import PlayMusic, Resumed
from tests.unit.ivr_flows.caller import Wait, answered, hangs_up, music, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

FLOW = """
steps:
  - wait: {time: 30s, music: jazz, 1: {say: chosen}}
  - menu: {say: menu, 5: hang_up}
"""
SILENCE = PlayMusic(music=None)


def test_music_for_so_long(call: Call) -> None:
    caller = call(FLOW) << answered() << music("jazz")
    caller >> Wait(29.9)
    caller >> Wait(0.1) << SILENCE << says("menu")


def test_a_key_with_a_branch_ends_it(call: Call) -> None:
    caller = call(FLOW) << answered() << music("jazz")
    caller >> "1" << SILENCE << says("chosen")
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["1"]


def test_other_keys_are_for_what_comes(call: Call) -> None:
    caller = call(FLOW) << answered() << music("jazz")
    caller >> "5"
    caller >> Wait(30) << SILENCE << hangs_up()


def test_a_key_pressed_before_ends_it_at_once(call: Call) -> None:
    caller = call("steps: [{say: first}, {wait: {time: 5s, 1: hang_up}}, {menu: {say: menu, 2: hang_up}}]")
    caller << answered() << says("first")
    caller >> "1" << stops() << hangs_up()


def test_after_a_restart_the_rest_is_waited(call: Call) -> None:
    caller = call("steps: [{wait: 10s}, {say: on}]")
    caller >> Wait(6)
    caller >> Resumed(in_queue=False)
    caller >> Wait(3.9)
    caller >> Wait(0.1) << answered() << says("on")
