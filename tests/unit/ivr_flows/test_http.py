"""http: what is asked, what is taken from the answer, where each result leads, and that nothing of it stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from core.facts import ChoiceMade
from ivr_flows.protocol import AskSystem, CallerGone, Resumed, Speak, SystemAnswered, Text
from tests.unit.ivr_flows.caller import Wait, answered, does, ends, heard, music, says, stops

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call, Caller

ORDER = """
steps:
  - collect: {name: order, say: order, length: 1-8}
  - id: look
    http:
      system: shop
      path: /orders/{order}/state
      query: {by: "{caller}", lang: "a b&c"}
      headers: {X-Number: "{number}"}
      take: {state: order.state, sum: order.sums.1, gift: order.gift?}
      timeout: 4s
      results:
        404: {say: no such order}
        4xx: {say: not now}
        timeout: {say: too slow}
        invalid: {say: strange}
  - say: "It is {state}, {sum:number}, {gift:text}"
on_error: {say: sorry}
"""
BODY = {"order": {"state": "sent", "sums": [0, 12], "gift": None, "more": ["x"]}}


def ask(asked: str = "main.2", **what: Any) -> AskSystem:
    return AskSystem(ask=asked, **{"system": "shop", "method": "GET", "timeout": 4.0, **what})


def looking(call: Call) -> Caller:
    caller = call(ORDER)
    caller << answered() << says("order")
    caller >> heard
    caller >> "12#"
    return caller << ask(path="/orders/12/state", query="by=01012345678&lang=a+b%26c", headers={"X-Number": "98668"})


def answer(status: int = 200, body: Any = BODY, **more: Any) -> SystemAnswered:
    return SystemAnswered(ask="main.2", status=status, body=body, **more)


def test_what_is_taken_is_said_and_gone_at_the_end(call: Call) -> None:
    caller = looking(call)
    caller >> answer() << says("It is|sent|十二")
    assert caller.state.private == {"state": "sent", "sum": "12", "gift": ""}
    assert "sent" not in json.dumps(caller.state.variables)
    assert "sent" not in repr(caller.facts)
    caller >> heard << ends()
    assert caller.state.private == {}


def test_what_is_said_as_it_stands_is_rendered_for_the_call_alone(call: Call) -> None:
    caller = looking(call)
    caller.tell(answer())
    (command,) = caller.commands
    assert isinstance(command, Speak)
    assert [(part.text, part.only_in) for part in command.parts if isinstance(part, Text)] == [
        ("It is", ""),
        ("sent", "c1"),
        ("十二", ""),
    ]


@pytest.mark.parametrize(
    ("came", "branch", "said"),
    [
        (answer(404), "404", "no such order"),
        (answer(403), "4xx", "not now"),
        (answer(200, {"order": {}}), "invalid", "strange"),
        (answer(200, [1]), "invalid", "strange"),
        (answer(200, {"order": {"state": {}, "sums": [0, 1]}}), "invalid", "strange"),
        (answer(200, None, readable=False), "invalid", "strange"),
        (answer(500), "5xx", "sorry"),
        (answer(302), "3xx", "sorry"),
        (answer(0, why="timeout"), "timeout", "too slow"),
        (answer(0, why="refused"), "refused", "sorry"),
        (answer(0, why="whatever"), "error", "sorry"),
    ],
    ids=str,
)
def test_each_result_has_its_way(call: Call, came: SystemAnswered, branch: str, said: str) -> None:
    caller = looking(call)
    caller >> came << says(said)
    assert [(fact.step, fact.choice) for fact in caller.saw(ChoiceMade)] == [("look", branch)]
    assert bool(caller.state.error) is (said == "sorry")
    assert caller.state.private == {}


def test_an_answer_of_another_question_is_none(call: Call) -> None:
    caller = looking(call)
    caller >> SystemAnswered(ask="main.1", status=200, body=BODY)
    caller >> Wait(5.9)
    caller >> Wait(0.1) << says("too slow")


def test_the_prompt_is_said_to_its_end_then_music(call: Call) -> None:
    flow = """
steps:
  - http: {system: shop, path: /a, take: {v: v}, say: moment, music: jazz, results: {ok: {say: "{v}"}}}
"""
    caller = call(flow) << ask("main.1", path="/a", timeout=5.0) << answered() << says("moment", by_key=False)
    caller >> SystemAnswered(ask="main.1", status=200, body={"v": "one"})
    caller >> heard << says("one")
    caller = call(flow) << ask("main.1", path="/a", timeout=5.0) << answered() << says("moment")
    caller >> heard << music("jazz")
    caller >> SystemAnswered(ask="main.1", status=200, body={"v": "one"}) << says("one")


def test_no_answer_while_it_is_said(call: Call) -> None:
    caller = call("steps: [{http: {system: shop, path: /a, timeout: 1s, say: moment, results: {timeout: hang_up}}}]")
    caller << ask("main.1", path="/a", timeout=1.0) << answered() << says("moment")
    caller >> Wait(3.0) << stops()
    assert caller.state.finished
    assert caller.saw(ChoiceMade)[0].choice == "timeout"


@pytest.mark.parametrize(
    ("how", "again"),
    [("", True), ("method: POST, ", False), ("method: PUT, repeatable: true, ", True), ("repeatable: false, ", False)],
)
def test_after_a_restart(call: Call, how: str, again: bool) -> None:
    """It is asked again only where that does no harm."""
    caller = call(
        f"steps: [{{http: {{system: shop, {how}path: /a, results: {{error: {{say: lost}}}}}}}}, {{say: done}}]"
    )
    method = how[8:].partition(",")[0] if how.startswith("method") else "GET"
    asked = ask("main.1", method=method, path="/a", timeout=5.0)
    caller << asked
    caller >> Resumed(in_queue=False)
    if again:
        caller << asked
        caller >> SystemAnswered(ask="main.1", status=204) << answered() << says("done")
    else:
        caller << answered() << says("lost")


def test_a_restart_while_the_answer_waits_for_the_prompt(call: Call) -> None:
    caller = call("steps: [{http: {system: shop, path: /a, take: {v: v}, say: moment}}, {say: '{v}'}]")
    caller << ask("main.1", path="/a", timeout=5.0) << answered() << says("moment")
    caller >> SystemAnswered(ask="main.1", status=200, body={"v": "one"})
    caller >> Resumed(in_queue=False) << says("one")


def test_the_body_has_types_and_secrets(call: Call) -> None:
    caller = call("""
steps:
  - collect: {name: pin, say: pin, length: 4, secret: true}
  - collect: {name: sum, say: sum, length: 1-5}
  - http:
      system: shop
      method: POST
      path: /pay
      body: {pin: "{pin}", sum: "{sum:number}", from: ["{caller}", 7, true, {deep: "x{sum}"}]}
      results: {error: {say: wrong}}
""")
    caller << answered() << says("pin")
    caller >> "1234" << stops() << says("sum")
    caller >> "50#" << stops()
    sent = {"pin": "1234", "sum": 50, "from": ["01012345678", 7, True, {"deep": "x50"}]}
    caller << ask("main.3", method="POST", path="/pay", timeout=5.0, body=sent)


def test_what_is_no_number_is_not_sent_as_one(call: Call) -> None:
    caller = call("""
steps:
  - http: {system: shop, method: POST, path: /a, body: {n: "{argument:number}"}, results: {error: {say: wrong}}}
""")
    caller << answered() << says("wrong")


@pytest.mark.parametrize("dialled", ["..", ".", ""])
def test_a_value_leads_to_no_other_path(call: Call, dialled: str) -> None:
    caller = call(f"""
steps:
  - set: {{v: "{dialled}"}}
  - http: {{system: shop, path: "/a/{{v}}/b", results: {{error: {{say: wrong}}}}}}
""")
    caller << answered() << says("wrong")


def test_a_value_is_encoded(call: Call) -> None:
    caller = call("""
steps:
  - set: {v: "../x?y=1#z%2e é"}
  - http: {system: shop, path: "/a/{v}"}
""")
    caller << ask("main.2", path="/a/..%2Fx%3Fy%3D1%23z%252e%20%C3%A9", timeout=5.0)


def test_copies_are_private_and_actions_get_them_apart(call: Call) -> None:
    caller = call("""
steps:
  - http: {system: shop, path: /a, take: {v: v}}
  - set: {copy: "<{v}>", other: "{caller}"}
  - action: {name: ready, with: {a: "{copy}", b: "{other}"}}
""")
    caller << ask("main.1", path="/a", timeout=5.0)
    caller >> SystemAnswered(ask="main.1", status=200, body={"v": "one"})
    caller << does("ready", secrets={"a": "<one>"}, b="01012345678")
    assert caller.state.variables == {"other": "01012345678"}
    assert caller.state.private == {"v": "one", "copy": "<one>"}


def test_what_is_worked_out_of_it_is_private_and_a_switch_does_not_tell_it(call: Call) -> None:
    caller = call("""
steps:
  - http: {system: shop, path: /a, take: {v: v}}
  - set: {long: {expression: "v + '!'"}, one: {expression: "1 + 1"}}
  - if: {when: "v == 'gold'", else: hang_up}
  - switch: {on: v, is: {gold: {set: {seen: yes_}}}}
  - switch: {on: long, starts_with: {go: {set: {seen: yes_}}}}
  - switch: {on: v, is: {tin: hang_up}}
  - say: "{seen:text}"
on_hangup:
  - set: {kept: "{v}"}
""")
    caller << ask("main.1", path="/a", timeout=5.0)
    caller >> SystemAnswered(ask="main.1", status=200, body={"v": "gold"}) << answered() << says("yes_")
    assert caller.state.private == {"v": "gold", "long": "gold!"}
    assert caller.state.variables == {"one": "2", "seen": "yes_"}
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["ok", "then", "is", "is", "else"]
    caller >> CallerGone()
    assert caller.state.finished
    assert caller.state.private == {}


def test_a_value_of_before_is_not_taken_for_one_of_now(call: Call) -> None:
    caller = call("""
steps:
  - http: {system: shop, path: /a, take: {v: v}}
  - id: more
    http: {system: shop, path: /b, take: {v: v}, results: {4xx: {say: "none:{v:text}"}}}
""")
    caller << ask("main.1", path="/a", timeout=5.0)
    caller >> SystemAnswered(ask="main.1", status=200, body={"v": "one"}) << ask("main.2", path="/b", timeout=5.0)
    caller >> SystemAnswered(ask="main.2", status=404) << answered() << says("none:")
