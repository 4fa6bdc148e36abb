"""menu: several digits, ranges and patterns, which of them wins and when; other prompts for other attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.facts import ChoiceMade, InputMissed
from ivr_flows.choices import choice
from ivr_flows.protocol import Resumed
from tests.unit.ivr_flows.caller import Wait, answered, ends, heard, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

MENU = """
steps:
  - menu:
      say: choose
      name: pressed
      1-4: {say: "group {pressed}"}
      5: {say: five}
      52: {say: fifty-two}
      6xxx: {say: "extension {pressed}"}
      6100: {say: operator}
      6200-6299: {say: hall}
      "*1": {say: star}
      attempts: 2
      invalid: wrong
      no_input: nothing
"""


@pytest.mark.parametrize(
    ("keys", "said", "label"),
    [
        ("1", "group|一", "1-4"),
        ("4", "group|四", "1-4"),
        ("52", "fifty-two", "52"),
        ("6001", "extension|六|零|零|一", "6xxx"),
        ("6100", "operator", "6100"),
        ("6250", "hall", "6200-6299"),
        ("6300", "extension|六|三|零|零", "6xxx"),
        ("*1", "star", "*1"),
        ("5#", "five", "5"),
    ],
)
def test_what_fits_alone_is_taken_at_once(call: Call, keys: str, said: str, label: str) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> heard
    caller >> keys << says(said)
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == [label]
    assert caller.state.variables == {"pressed": keys.rstrip("#")}
    assert caller.state.secrets == {}


def test_what_could_become_longer_is_waited_for(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> "5" << stops()
    caller >> Wait(2.9)
    caller >> Wait(0.1) << says("five")


def test_the_time_between_digits_can_be_set(call: Call) -> None:
    caller = call("defaults: {inter_digit: 1s}\nsteps: [{menu: {say: choose, 1: {say: one}, 12: {say: twelve}}}]")
    caller << answered() << says("choose")
    caller >> "1" << stops()
    caller >> Wait(0.9)
    caller >> Wait(0.1) << says("one")


@pytest.mark.parametrize("keys", ["0", "53", "6*", "**", "61#"])
def test_what_fits_nothing_is_a_miss(call: Call, keys: str) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> heard
    caller >> keys << says("wrong|choose")
    assert [fact.why for fact in caller.saw(InputMissed)] == ["invalid"]
    assert caller.state.secrets == {}


def test_half_a_choice_is_a_miss(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> "61" << stops()
    caller >> Wait(3) << says("wrong|choose")


def test_keyed_ahead_only_its_own_digits_are_taken(call: Call) -> None:
    caller = call(
        """
        steps:
          - say: {text: law, barge_in: false}
          - menu: {say: top, 6xx: {menu: {say: inner, 1: {say: "in"}}}}
        """
    )
    caller << answered() << says("law")
    caller >> "6121"
    caller >> heard << says("in")


def test_a_restart_begins_the_entry_anew(call: Call) -> None:
    caller = call(MENU)
    caller << answered() << says("choose")
    caller >> heard
    caller >> "61"
    caller >> Resumed(in_queue=False) << says("choose")
    caller >> "52" << stops() << says("fifty-two")


def test_asked_again_the_old_value_is_gone(call: Call) -> None:
    caller = call("steps: [{id: ask, menu: {say: choose, name: key, 1: {goto: ask}, 2: {say: two}}}]")
    caller << answered() << says("choose")
    caller >> "1" << stops() << says("choose")
    assert caller.state.variables == {}


def test_each_attempt_has_its_own_prompt(call: Call) -> None:
    caller = call(
        """
        steps:
          - menu:
              say: first
              say_again: [second, [third, and more]]
              1: hang_up
              attempts: 4
              timeout: 1s
              no_input: nothing
        """
    )
    caller << answered() << says("first")
    for said in ("nothing|second", "nothing|third|and more", "nothing|third|and more"):
        caller >> heard
        caller >> Wait(1) << says(said)
    caller >> heard
    caller >> Wait(1) << ends()


def test_collect_and_language_have_them_too(call: Call) -> None:
    caller = call(
        """
        languages: [zh-CN, en]
        steps:
          - language: {say: {zh-CN: 中, en: E}, say_again: {zh-CN: 再, en: A}, 1: en, attempts: 2, timeout: 1s}
          - collect: {name: a, say: {zh-CN: 号, en: N}, say_again: [{zh-CN: 号二, en: N2}], attempts: 2, timeout: 1s}
        """
    )
    caller << answered() << says("中|E")
    caller >> heard
    caller >> Wait(1) << says("再|A")
    caller >> heard
    caller >> Wait(1) << says("号")
    caller >> heard
    caller >> Wait(1) << says("号二")


_written = st.one_of(
    st.text("0123456789*#x", min_size=1, max_size=5),
    st.tuples(st.integers(0, 999), st.integers(0, 999)).map(lambda pair: f"{min(pair):03}-{max(pair):03}"),
)


@given(written=_written, entry=st.text("0123456789*#", min_size=1, max_size=5))
def test_a_beginning_is_one_if_some_end_makes_it_whole(written: str, entry: str) -> None:
    known = choice(written)
    if known is None or known.length > 5:
        return
    left = known.length - len(entry)
    if left > 0 and known.begins(entry):
        assert any(known.begins(entry + key) for key in "0123456789*#")
    if len(entry) > 1 and known.begins(entry):
        assert known.begins(entry[:-1])


@given(one=_written, two=_written, entry=st.text("0123456789*#", min_size=1, max_size=5))
def test_choices_that_do_not_meet_never_fit_the_same_keys(one: str, two: str, entry: str) -> None:
    first, second = choice(one), choice(two)
    if first is None or second is None or first.rank != second.rank or first.meets(second):
        return
    fits = [known.length == len(entry) and known.begins(entry) for known in (first, second)]
    assert not all(fits)
