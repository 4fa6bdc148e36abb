"""menu: choices, misses, limits, keys pressed early, a restart in the midst."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import ChoiceMade, InputMissed, PromptEnded, StepEntered
from ivr_flows.protocol import Resumed, TimedOut
from tests.unit.ivr_flows.caller import Wait, answered, cut_off, ends, hangs_up, heard, queues, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

MENU = """
steps:
  - menu:
      say: choose
      1: {say: first}
      "*": {say: star}
      timeout: 4s
      attempts: 2
      invalid: wrong
      no_input: nothing
  - say: bye
"""


def test_a_key_after_the_prompt(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose", by_key=True)
    caller >> heard
    caller >> "1" << says("first")
    caller >> heard << says("bye")
    caller >> heard << ends()
    [choice] = caller.saw(ChoiceMade)
    assert (choice.step, choice.choice) == ("menu", "1")
    assert [fact.step for fact in caller.saw(StepEntered)] == ["menu", "menu.1.say", "say"]


def test_a_key_during_the_prompt(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> "*" << stops() << says("star")
    assert caller.saw(PromptEnded)[0].completed is False


def test_a_key_just_after_it_stopped_the_prompt(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> cut_off
    caller >> "1" << says("first")


def test_wrong_keys_until_the_limit(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> "7" << stops() << says("wrong|choose")
    caller >> heard
    caller >> "8" << says("bye")
    assert [(fact.why, fact.attempt) for fact in caller.saw(InputMissed)] == [("invalid", 1), ("invalid", 2)]
    assert caller.saw(PromptEnded)[0].what == "choose"
    assert caller.saw(PromptEnded)[1].what == "wrong choose"


def test_silence_until_the_limit(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> heard
    caller >> Wait(3.9)
    caller >> Wait(0.1) << says("nothing|choose")
    caller >> heard
    caller >> Wait(4) << says("bye")
    assert [(fact.why, fact.attempt) for fact in caller.saw(InputMissed)] == [("timeout", 1), ("timeout", 2)]


def test_a_timer_that_rings_too_early_means_nothing(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> heard
    caller >> TimedOut()
    assert not caller.saw(InputMissed)


@pytest.mark.parametrize(
    ("branches", "on_wrong", "on_silence"),
    [
        ("on_failure: {say: failed}", "failed", "failed"),
        ("on_failure: {say: failed}, on_invalid: {say: wrong}", "wrong", "failed"),
        ("on_failure: {say: failed}, on_no_input: {say: silent}", "failed", "silent"),
        ("on_no_input: {say: silent}", "next", "silent"),
        ("on_failure: []", "next", "next"),
    ],
)
def test_after_the_last_attempt(call: Call, branches: str, on_wrong: str, on_silence: str) -> None:
    text = f"steps: [{{menu: {{say: choose, 1: hang_up, attempts: 1, {branches}}}}}, {{say: next}}]"
    caller = call(text)
    caller << answered() << says("choose")
    caller >> "2" << stops() << says(on_wrong)
    caller = call(text)
    caller << answered() << says("choose")
    caller >> heard
    caller >> Wait(5) << says(on_silence)


def test_without_barge_in_the_key_counts_when_the_prompt_is_over(call: Call) -> None:
    caller = call("steps: [{menu: {say: choose, barge_in: false, 1: {say: first}, 2: {say: second}}}]")
    caller << answered() << says("choose", by_key=False)
    caller >> "21"
    caller >> heard << says("second")  # the other key is not asked for any more: it cuts nothing off
    assert len(caller.saw(ChoiceMade)) == 1


TWO_LEVELS = """
steps:
  - say: welcome
  - id: top
    menu:
      say: top
      1:
        id: inner
        menu:
          say: inner
          2: {queue: orders}
          7: {goto: again}
          8: {goto: back}
          9: {goto: start}
          timeout: 2s
"""


def test_keys_for_two_menus_at_once(call: Call) -> None:
    caller = call(TWO_LEVELS)
    caller << answered() << says("welcome")
    caller >> "1" << stops() << says("inner")
    caller >> "2" << stops() << queues("orders")
    caller.commands.clear()
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["1", "2"]


def test_keys_kept_for_two_menus(call: Call) -> None:
    caller = call(TWO_LEVELS.replace("say: welcome", "say: {text: welcome, barge_in: false}"))
    caller << answered() << says("welcome")
    caller >> "12"
    caller >> heard << queues("orders")
    caller.commands.clear()
    assert [fact.kind for fact in caller.saw(StepEntered)] == ["say", "menu", "menu", "queue"]


def test_a_wrong_key_throws_the_kept_ones_away(call: Call) -> None:
    caller = call(TWO_LEVELS.replace("say: welcome", "say: {text: welcome, barge_in: false}"))
    caller << answered() << says("welcome")
    caller >> "312"
    caller >> heard << says("top")
    caller >> heard  # and nothing is left of them
    assert [fact.why for fact in caller.saw(InputMissed)] == ["invalid"]


def test_type_ahead_can_be_refused(call: Call) -> None:
    caller = call("steps: [{say: welcome}, {menu: {say: sure, type_ahead: false, 1: hang_up}}]")
    caller << answered() << says("welcome")
    caller >> "1" << stops() << says("sure")
    caller >> "1" << stops() << hangs_up()


def test_again_back_and_start(call: Call) -> None:
    caller = call(TWO_LEVELS)
    caller << answered() << says("welcome")
    caller >> heard << says("top")
    caller >> "1" << stops() << says("inner")
    caller >> "7" << stops() << says("inner")
    caller >> "8" << stops() << says("top")
    caller >> "1" << stops() << says("inner")
    caller >> "9" << stops() << says("welcome")


def test_asked_anew_the_attempts_count_anew(call: Call) -> None:
    caller = call(TWO_LEVELS)
    caller << answered() << says("welcome")
    caller >> "1" << stops() << says("inner")
    caller >> heard
    caller >> Wait(2) << says("inner")
    caller >> "7" << stops() << says("inner")
    for _ in range(2):
        caller >> heard
        caller >> Wait(2) << says("inner")
    caller >> heard
    caller >> Wait(2) << ends()


def test_a_restart_asks_again_and_counts_on(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> heard
    caller >> Wait(4) << says("nothing|choose")
    caller >> Resumed(in_queue=False) << says("choose")
    caller >> heard
    caller >> Resumed(in_queue=False) << says("choose")
    caller >> heard
    caller >> Wait(4) << says("bye")


def test_defaults_of_the_flow(call: Call) -> None:
    caller = call(
        """
        defaults: {timeout: 2s, attempts: 1, invalid: oops, barge_in: false}
        steps:
          - menu: {say: one, 1: hang_up}
          - menu: {say: two, 1: hang_up, timeout: 3s, attempts: 2, barge_in: true}
        """
    )
    caller << answered() << says("one", by_key=False)
    caller >> heard
    caller >> Wait(2) << says("two", by_key=True)
    caller >> "2" << stops() << says("oops|two")
    caller >> heard
    caller >> Wait(2.9)
    caller >> Wait(0.1) << ends()
