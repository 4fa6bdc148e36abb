"""if, switch and set with expressions: what they go by, and what is found when the flow is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

import ivr_flows
from core.errors import ConfigurationError
from core.facts import ChoiceMade
from ivr_flows.protocol import QueueNow
from tests.unit.ivr_flows.caller import INFO, NOW, World, answered, ends, heard, says

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

BUSY = World(queues={"orders": QueueNow(waiting=6, ready=0, wait=240.0)})
QUIET = World(queues={"orders": QueueNow(waiting=0, ready=2, wait=0.0)})


def condition(when: str) -> str:
    return f"""
        steps:
          - if:
              when: {when}
              then: {{say: "yes"}}
              else: {{say: "no"}}
        """


@pytest.mark.parametrize(
    ("when", "world", "expected"),
    [
        ("queues.orders.waiting > 5", BUSY, "yes"),
        ("queues.orders.waiting > 5", QUIET, "no"),
        ("queues.orders.ready == 0 && queues.orders.wait >= 240.0", BUSY, "yes"),
        ('queues["no-such"].waiting == 0', BUSY, "yes"),
        ("now.hour == 14 && now.weekday == 'wed'", World(), "yes"),  # NOW is Wednesday, 06:13:20 UTC
        ("now.hour == 6 && now.time == '06:13'", World(zone=ZoneInfo("UTC")), "yes"),
        ("now.date == '2026-02-25' && now.day == 25 && now.month == 2 && now.year == 2026", World(), "yes"),
        ("now.time >= '14:14'", World(), "no"),
        ("now.minute == 13", World(), "yes"),
        ("hours.office", World(), "yes"),
        ("hours.office", World(closed={"office"}), "no"),
        ("caller.startsWith('010') && number == '98668'", World(), "yes"),
        ("trunk in ['carrier', 'mobile']", World(), "yes"),
        ("language == 'en'", World(), "no"),
        ("phone == '' && argument == ''", World(), "yes"),
        ("int(caller) > 99999999999", World(), "no"),
    ],
)
def test_if(call: Call, when: str, world: World, expected: str) -> None:
    caller = call(condition(f'"{when}"' if '"' not in when else when), world=world, info=replace(INFO, trunk="carrier"))
    caller << answered() << says(expected)
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["then" if expected == "yes" else "else"]


def test_now_is_the_day_it_is_said_to_be() -> None:
    assert World().local(NOW).isoformat() == "2026-02-25T14:13:20+08:00"


def test_if_goes_on_where_there_is_no_branch(call: Call) -> None:
    caller = call("steps: [{if: {when: 1 == 2, then: hang_up}}, {if: {when: 1 == 1, else: hang_up}}, {say: on}]")
    caller << answered() << says("on")


COUNTING = """
steps:
  - set: {count: 0, total: 0.5, vip: false, who: "x{caller}"}
  - id: round
    set: {count: {expression: count + 1}, total: {expression: total * 2.0}, vip: {expression: count >= 1}}
  - say: "{count:text} {total:text} {vip} {who:text}"
  - if: {when: count < 3 && size(who) > 3, then: {goto: round}}
"""


def test_set_reckons_with_what_was_there_before(call: Call) -> None:
    caller = call(COUNTING)
    caller << answered() << says("1|1|false|x01012345678")
    caller >> heard << says("2|2|true|x01012345678")
    caller >> heard << says("3|4|true|x01012345678")
    caller >> heard << ends()
    assert caller.state.variables == {"count": "3", "total": "4", "vip": "true", "who": "x01012345678"}


def test_a_variable_that_nothing_has_set_yet_is_its_kinds_zero(call: Call) -> None:
    caller = call("""
        steps:
          - if: {when: count == 0 && ref == "" && !vip && share == 0.0, then: {say: nothing}}
          - set: {count: 1, ref: a, vip: true, share: 0.5}
          - if: {when: count == 1 && ref == "a" && vip && share == 0.5, then: {say: all}}
        """)
    caller << answered() << says("nothing")
    caller >> heard << says("all")


def test_set_with_different_kinds_is_text(call: Call) -> None:
    caller = call("""
        steps:
          - set: {ref: 7}
          - if: {when: ref == "7", then: {say: seven}}
          - set: {ref: "{caller}"}
        """)
    caller << answered() << says("seven")


@pytest.mark.parametrize(
    ("on", "case", "expected"),
    [
        ("queues.orders.waiting", "6", "6"),
        ("queues.orders.wait", "240", "240"),
        ("queues.orders.waiting > 5", "true", "true"),
        ("now.weekday", "wed", "wed"),
        ("caller.startsWith('010') ? 'beijing' : 'elsewhere'", "beijing", "beijing"),
        ("caller", "010", "else"),
    ],
)
def test_switch_on_anything(call: Call, on: str, case: str, expected: str) -> None:
    caller = call(f'steps: [{{switch: {{on: "{on}", is: {{{case}: {{say: fits}}}}}}}}]', world=BUSY)
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == [expected]


def test_what_a_caller_keyed_in_is_never_an_expression(call: Call) -> None:
    caller = call(
        """
        steps:
          - set: {said: "{argument}"}
          - set: {again: {expression: said + "!"}}
          - if: {when: said == "1", then: {say: evil}, else: {say: good}}
          - say: "{again:text}"
        """,
        info=replace(INFO, argument="1' || '1' == '1"),
    )
    caller << answered() << says("good")
    caller >> heard << says("1' || '1' == '1!")


def test_references_of_expressions() -> None:
    flow = ivr_flows.compile(
        "steps: [{if: {when: 'queues.orders.waiting > 3 || hours[\"on-call\"]', then: hang_up}}]", "main.yaml"
    )
    assert [(reference.kind, reference.name) for reference in flow.references()] == [
        ("queue", "orders"),
        ("hours", "on-call"),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "when: vip && caler == 1",
        "when: 'vip && caller.startsWith(''1'') && caler == 1'",
        'when: "vip && caller == \\"1\\" && caler == 1"',
        "when: >-  # caler in\n      vip && caler == 1",  # text below its key: where the value begins
    ],
)
def test_the_place_within_the_text(written: str) -> None:
    text = f"steps:\n- if:\n    {written}\n    then: hang_up\n- set: {{vip: true}}\n"
    with pytest.raises(ConfigurationError) as caught:
        ivr_flows.compile(text, "main.yaml")
    problem = caught.value.problems[0]
    line = text.splitlines()[2]
    assert (problem.line, problem.message) == (3, "unknown name 'caler'")
    assert line[problem.column - 1 :].startswith((">-", "caler"))
