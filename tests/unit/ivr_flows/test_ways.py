"""language, hours, branch, set, goto, number, hang_up, sections: where the contact goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.facts import ChoiceMade, InputMissed, StepEntered
from ivr_flows.protocol import ReturnCall
from tests.unit.ivr_flows.caller import INFO, Wait, World, answered, ends, enters, hangs_up, heard, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

CHOOSE = """
steps:
  - language:
      say: {zh-CN: 中文请按1, en: For English press 2}
      1: zh-CN
      2: en
      attempts: 1
      invalid: {zh-CN: 有误, en: wrong}
  - say: {zh-CN: 您好, en: Hello}
"""


def test_the_language_is_asked_for_in_all_and_set(call: Call) -> None:
    caller = call(CHOOSE)
    caller << answered() << says("中文请按1|For English press 2", "zh-CN", "en", by_key=True)
    caller >> "2" << stops() << says("Hello", "en")
    assert caller.state.language == "en"
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["en"]


def test_who_does_not_choose_keeps_the_language(call: Call) -> None:
    caller = call(CHOOSE)
    caller << answered() << says("中文请按1|For English press 2")
    caller >> "3" << stops() << says("您好", "zh-CN")
    assert [fact.why for fact in caller.saw(InputMissed)] == ["invalid"]


def test_the_language_is_set(call: Call) -> None:
    caller = call("steps: [{language: en}, {say: {zh-CN: 您好, en: Hello}}]")
    caller << answered() << says("Hello", "en")


def test_a_flow_with_languages_of_its_own_begins_in_one_of_them(call: Call) -> None:
    text = "languages: [en, zh-CN]\nsteps: [{say: {zh-CN: 您好, en: Hello}}]"
    call(text, info=replace(INFO, language="zh-CN")) << answered() << says("您好", "zh-CN")
    call(text, info=replace(INFO, language="fr")) << answered() << says("Hello", "en")


@pytest.mark.parametrize(("closed", "heard_"), [((), "open"), (("office",), "closed"), (("night",), "open")])
def test_hours(call: Call, closed: tuple[str, ...], heard_: str) -> None:
    text = "steps: [{hours: {name: office, open: {say: open}, closed: {say: closed}}}]"
    caller = call(text, world=World(closed=set(closed)))
    caller << answered() << says(heard_)
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == [heard_]


def test_hours_without_a_branch_go_on(call: Call) -> None:
    text = "steps: [{hours: {name: office, closed: {say: closed}}}, {say: next}]"
    call(text) << answered() << says("next")
    caller = call(text, world=World(closed={"office"}))
    caller << answered() << says("closed")
    caller >> heard << says("next")


@pytest.mark.parametrize(
    ("digits", "case"),
    [("8001", "8001"), ("8002", "80*"), ("8100", "8*"), ("8", "8*"), ("9", "else"), ("", "else")],
)
def test_branch_by_value_then_by_the_longest_prefix(call: Call, digits: str, case: str) -> None:
    caller = call(
        f"""
        steps:
          - set: {{order: "{digits}"}}
          - switch:
              on: order
              is: {{8001: {{say: "8001"}}}}
              starts_with: {{8: {{say: "8*"}}, 80: {{say: "80*"}}}}
              else: {{say: else}}
        """
    )
    caller << answered() << says(case)
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == [case]


def test_branch_without_else_goes_on(call: Call) -> None:
    caller = call("steps: [{switch: {on: caller, starts_with: {0755: {say: local}}}}, {say: next}]")
    caller << answered() << says("next")
    caller = call("steps: [{switch: {on: caller, starts_with: {010: {say: local}}}}, {say: next}]")
    caller << answered() << says("local")
    caller >> heard << says("next")


@pytest.mark.parametrize(("variable", "value"), [("number", "98668"), ("phone", "desk-1"), ("language", "zh-CN")])
def test_what_a_flow_knows_of_the_call(call: Call, variable: str, value: str) -> None:
    caller = call(
        f"steps: [{{switch: {{on: {variable}, is: {{{value}: hang_up}}}}}}]", info=replace(INFO, phone="desk-1")
    )
    caller << hangs_up()


def test_set_uses_the_values_from_before(call: Call) -> None:
    caller = call(
        """
        steps:
          - set: {a: "1", b: x}
          - set: {a: "{b}{{}}", b: "{a}-{caller}"}
        """
    )
    caller << ends()
    assert caller.state.variables == {"a": "x{}", "b": "1-01012345678"}


def test_set_cannot_grow_without_bound(call: Call) -> None:
    doubling = "".join('  - set: {a: "{a}{a}"}\n' for _ in range(40))
    caller = call(f'steps:\n  - set: {{a: "12345678"}}\n{doubling}')
    caller << ends()
    assert len(caller.state.variables["a"]) == 500


SECTIONS = """
steps:
  - menu:
      say: menu
      1: {goto: info}
      2:
        - say: two
        - goto: last
  - id: last
    say: last
sections:
  info:
    - say: info
    - menu: {say: more, 1: {goto: start}}
"""


def test_sections_and_ids(call: Call) -> None:
    caller = call(SECTIONS)
    caller << answered() << says("menu")
    caller >> "2" << stops() << says("two")
    caller >> heard << says("last")
    caller >> heard << ends()
    assert [fact.step for fact in caller.saw(StepEntered)] == ["menu", "menu.2.say", "menu.2.goto", "last"]


def test_at_the_end_of_a_section_the_flow_is_over(call: Call) -> None:
    caller = call(SECTIONS)
    caller << answered() << says("menu")
    caller >> "1" << stops() << says("info")
    caller >> heard << says("more")
    assert caller.state.step == "info.menu"
    caller >> "1" << stops() << says("menu")
    caller >> "1" << stops() << says("info")
    caller >> heard << says("more")
    for _ in range(2):
        caller >> heard
        caller >> Wait(5) << says("more")
    caller >> heard
    caller >> Wait(5) << ends()


def test_number_leads_out_of_the_flow(call: Call) -> None:
    caller = call("steps: [{number: 98667}]")
    caller << enters("98667")
    assert caller.over()
    caller >> "1" >> Wait(60)
    assert caller.over()


def test_hang_up(call: Call) -> None:
    caller = call("steps: [{hang_up: busy}]")
    caller << hangs_up("busy")
    assert caller.over()
    caller = call("steps: [hang_up]")
    caller << hangs_up("normal")


def test_a_call_is_returned_with_what_is_known(call: Call) -> None:
    caller = call('steps: [{set: {amount: "12"}}, {return: "paid {amount}"}]')
    caller << ReturnCall(result="paid 12")
    assert caller.over()


def test_a_call_is_returned_without_a_word(call: Call) -> None:
    caller = call("steps: [return]")
    caller << ReturnCall()
    assert caller.over()
