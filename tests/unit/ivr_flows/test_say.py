"""say and play: what is heard, in which language, and what keys do to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.facts import FlowStarted, PromptEnded, StepEntered
from ivr_flows.protocol import Resumed, SpeechEnded
from tests.unit.ivr_flows.caller import INFO, NOW, Wait, answered, cut_off, ends, hangs_up, heard, key, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

ENGLISH = replace(INFO, language="en")
TWO = """
steps:
  - say: {zh-CN: 您好, en: Hello}
  - say: {zh-CN: 再见, en: Goodbye}
"""


def test_says_in_the_callers_language_and_ends(call: Call) -> None:
    caller = call(TWO, info=ENGLISH)
    caller << answered() << says("Hello", "en", by_key=False)
    caller >> heard << says("Goodbye", "en")
    caller >> heard << ends()
    assert caller.over()
    assert [fact.what for fact in caller.saw(PromptEnded)] == ["Hello", "Goodbye"]
    assert all(fact.completed for fact in caller.saw(PromptEnded))
    assert [fact.step for fact in caller.saw(StepEntered)] == ["say", "say_2"]
    [started] = caller.saw(FlowStarted)
    assert (started.flow, started.version) == ("main", caller.flow.version)
    assert (started.at, started.tenant, started.contact, started.node) == (NOW, "press", "c1", "n1")


def test_a_key_ends_the_prompt_and_is_kept(call: Call) -> None:
    caller = call("steps: [{say: one}, {say: two}, {menu: {say: choose, 1: {say: chosen}}}]")
    caller << answered() << says("one")
    caller >> "1" << stops() << says("chosen")  # the second prompt and the menu's are skipped
    caller >> heard << ends()
    assert [(fact.what, fact.completed) for fact in caller.saw(PromptEnded)] == [("one", False), ("chosen", True)]


def test_without_barge_in_it_is_heard_whole_and_keys_are_kept(call: Call) -> None:
    caller = call("steps: [{say: {text: law, barge_in: false}}, {menu: {say: choose, 1: hang_up}}]")
    caller << answered() << says("law", by_key=False)
    caller >> "1"
    caller >> heard << hangs_up()
    assert caller.over()


def test_what_has_to_be_heard_is_said_to_one_who_keys_ahead(call: Call) -> None:
    caller = call("steps: [{say: one}, {say: {text: law, barge_in: false}}, {menu: {say: choose, 1: hang_up}}]")
    caller << answered() << says("one")
    caller >> "1" << stops() << says("law")
    caller >> heard << hangs_up()


def test_kept_keys_are_bounded(call: Call) -> None:
    caller = call("steps: [{say: {text: law, barge_in: false}}, {collect: {name: n, say: more, length: 30}}]")
    caller << answered() << says("law")
    caller >> "1" * 50
    caller >> heard
    caller >> "2" * 10 << ends()
    assert caller.state.variables == {"n": "1" * 20 + "2" * 10}


def test_a_key_that_comes_after_the_prompt_was_cut_by_it(call: Call) -> None:
    caller = call("steps: [{say: one}, {say: two}, {menu: {say: menu, 5: hang_up}}]")
    caller << answered() << says("one", by_key=True)
    caller >> cut_off << says("two")
    caller >> "5" << stops() << hangs_up()


@pytest.mark.parametrize("then", ["hang_up", "{queue: orders}", "{hours: {name: office, open: {say: bye}}}"])
def test_what_no_key_can_follow_is_not_cut_off(call: Call, then: str) -> None:
    caller = call(f"steps: [{{menu: {{say: menu, 1: [{{say: info}}, {then}]}}}}, {{queue: after}}]")
    caller << answered() << says("menu")
    caller >> "1" << stops() << says("info", by_key=False)
    caller >> "1"  # pressed twice by accident


def test_a_queue_between_makes_keys_useless(call: Call) -> None:
    caller = call("steps: [{say: hold}, {queue: orders}, {menu: {say: menu, 1: hang_up}}]")
    caller << answered() << says("hold", by_key=False)


def test_barge_in_can_be_asked_for_anywhere(call: Call) -> None:
    caller = call("steps: [{say: {text: one, barge_in: true}}, hang_up]")
    caller << answered() << says("one", by_key=True)
    caller >> "1" << stops() << hangs_up()


def test_a_late_word_about_an_earlier_prompt_means_nothing(call: Call) -> None:
    caller = call(TWO)
    caller << answered() << says("您好")
    first = caller.play
    caller >> heard << says("再见")
    caller >> SpeechEnded(play=first, completed=True)
    assert not caller.over()


def test_a_prompt_that_never_ends_is_ended(call: Call) -> None:
    caller = call("limits: {prompt: 1m}\nsteps: [{say: one}, {say: two}]")
    caller << answered() << says("one")
    caller >> Wait(59)
    caller >> Wait(1) << stops() << says("two")


def test_says_it_again_after_a_restart(call: Call) -> None:
    caller = call(TWO)
    caller << answered() << says("您好")
    before = caller.play
    caller >> Resumed(in_queue=False) << says("您好")
    assert caller.play != before
    caller >> heard << says("再见")


def test_a_fixed_language_and_all_languages(call: Call) -> None:
    caller = call(
        """
        steps:
          - say: {text: {zh-CN: 您好, en: Hello}, language: all}
          - say: {text: bonjour, language: fr}
          - say: [{text: {zh-CN: 中, en: E}, language: en}, {zh-CN: 中, en: E}]
          - say: {text: {zh-CN: 一, en: one}, language: en, barge_in: true}
        """
    )
    caller << answered() << says("您好|Hello", "zh-CN", "en")
    caller >> heard << says("bonjour", "fr")
    caller >> heard << says("E|中", "en", "zh-CN")
    caller >> heard << says("one", "en")


def test_a_language_that_is_missing_falls_back_to_its_kin_then_to_the_first(call: Call) -> None:
    flow = "steps: [{say: {zh-CN: 您好, en: Hello}}]"
    call(flow, info=replace(INFO, language="en-GB")) << answered() << says("Hello", "en")
    call(flow, info=replace(INFO, language="fr")) << answered() << says("您好", "zh-CN")


def test_sound_files(call: Call) -> None:
    caller = call(
        """
        steps:
          - play: welcome.wav
          - play: {zh-CN: zh/hi.wav, en: en/hi.wav}
          - play: {file: law.wav, barge_in: true}
          - say: [{play: chime.wav}, {zh-CN: 您好, en: Hello}]
        """,
        info=ENGLISH,
    )
    caller << answered() << says("welcome.wav", by_key=False)
    caller >> heard << says("en/hi.wav")
    caller >> heard << says("law.wav", by_key=True)
    caller >> heard << says("chime.wav|Hello")
    caller >> heard << ends()
    assert [fact.what for fact in caller.saw(PromptEnded)][-1] == "chime.wav Hello"


def test_variables_are_said_in_pieces_that_are_rendered_before(call: Call) -> None:
    caller = call(
        """
        steps:
          - set: {order: "1#05", sum: "1234", name: 王先生}
          - say: 订单{order}，共{sum:number}元，{name}。{caller}{nothing_yet}
          - set: {nothing_yet: ""}
        """
    )
    words = "订单|一|井号|零|五|共|一千|二百|三十四|元，|王先生|零|一|零|一|二|三|四|五|六|七|八"
    caller << answered() << says(words, "zh-CN")
    caller >> heard << ends()
    [prompt] = caller.saw(PromptEnded)
    assert prompt.what == "订单{order}，共{sum:number}元，{name}。{caller}{nothing_yet}"  # as written: no personal data


def test_nothing_to_say_is_passed_over(call: Call) -> None:
    caller = call('steps: [{say: "{ref}"}, {set: {ref: a}}]')
    caller << ends()
    assert caller.over()


def test_without_answering(call: Call) -> None:
    caller = call("answer: false\nsteps: [{say: one}, {hang_up: busy}]")
    caller << says("one")
    caller >> heard << hangs_up("busy")


def test_a_key_no_telephone_has_means_nothing(call: Call) -> None:
    caller = call(TWO)
    caller << answered() << says("您好")
    for strange in ("A", "", "12", "１"):
        caller >> key(strange)
    assert not caller.over()
