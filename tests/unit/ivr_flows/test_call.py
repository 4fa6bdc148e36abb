"""call: another flow's steps with its own variables, and what comes back of it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

import ivr_flows
from core.facts import ChoiceMade, ContactResolved, StepEntered
from ivr_flows import Flow
from ivr_flows.protocol import (
    CallerGone,
    DialOutside,
    QueueEnded,
    Resumed,
    ReturnCall,
    SpeechEnded,
    SystemAnswered,
    TimedOut,
)
from ivr_flows.run import Limits
from tests.unit.ivr_flows.caller import (
    Caller,
    answered,
    does,
    ends,
    hangs_up,
    heard,
    key,
    music,
    queues,
    says,
    stops,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=[False, True], ids=["running", "reloading"])
def begin(request: pytest.FixtureRequest) -> Callable[..., Caller]:
    """Calls the flow `main`, joined to others that are given by name."""

    def call(main: str, limits: Limits | None = None, **others: str) -> Caller:
        flows = {name: ivr_flows.compile(text, f"{name}.yaml") for name, text in others.items()}
        flow = ivr_flows.compile(main, "main.yaml").with_called(flows)
        return partial(Caller, reloading=request.param)(flow, limits=limits)

    return call


PAY = """
arguments: [amount]
results: [method]
steps:
  - menu: {say: "pay {amount}", attempts: 1, 1: {set: {method: card}}, 2: {set: {method: cash}}, 3: hang_up}
"""
MAIN = """
steps:
  - set: {total: "50", method: none}
  - call: {flow: pay, with: {amount: "{total}"}, into: {how: method}}
  - say: "{how} {method} {total}"
"""


def test_arguments_go_in_and_results_come_back(begin: Callable[..., Caller]) -> None:
    caller = begin(MAIN, pay=PAY)
    caller << answered() << says("pay|五|零")
    assert caller.state.variables == {"amount": "50"}
    caller >> key("1") << stops() << says("card|none|五|零")
    assert caller.state.variables == {"total": "50", "method": "none", "how": "card"}
    caller >> heard << ends()
    steps = [fact.step for fact in caller.saw(StepEntered)]
    assert steps == ["set", "call", "pay:menu", "pay:menu.1.set", "say"]
    assert [fact.step for fact in caller.saw(ChoiceMade)] == ["pay:menu"]


def test_a_result_that_was_not_set_is_empty(begin: Callable[..., Caller]) -> None:
    caller = begin(MAIN, pay=PAY)
    caller << answered() << says("pay|五|零")
    caller >> heard
    caller.now += 5
    caller >> TimedOut() << says("none|五|零")


def test_hang_up_in_a_called_flow_ends_the_call(begin: Callable[..., Caller]) -> None:
    caller = begin(MAIN, pay=PAY)
    caller << answered() << says("pay|五|零")
    caller >> key("3") << stops() << hangs_up()
    assert caller.over()


def test_a_restart_within_a_called_flow(begin: Callable[..., Caller]) -> None:
    caller = begin(MAIN, pay=PAY)
    caller << answered() << says("pay|五|零")
    caller >> Resumed(in_queue=False) << says("pay|五|零")


def test_return_is_a_result(begin: Callable[..., Caller]) -> None:
    caller = begin(
        'steps: [{call: {flow: sub, into: {how: returned}}}, {say: "{how:text}"}, return]',
        sub='steps: [{return: "by {caller}"}]',
    )
    caller << answered() << says("by 01012345678")


def test_calls_within_calls_each_know_their_own(begin: Callable[..., Caller]) -> None:
    caller = begin(
        'steps: [{set: {a: "m"}}, {call: {flow: one, with: {a: "{a}1"}, into: {b: out}}}, {say: "{a:text} {b:text}"}]',
        one="{arguments: [a], results: [out], steps: [{call: {flow: two, with: {a: '{a}2'}, into: {out: end}}}, "
        "{say: '{a:text} {out:text}'}]}",
        two="{arguments: [a], results: [end], steps: [{say: '{a:text}'}, {set: {end: '{a}!'}}]}",
    )
    caller << answered() << says("m12")
    caller >> heard << says("m1|m12!")
    caller >> heard << says("m|m12!")
    caller >> heard << ends()


def test_secrets_stay_in_their_flow(begin: Callable[..., Caller]) -> None:
    caller = begin(
        """
        steps:
          - collect: {name: pin, say: yours, length: 1, secret: true}
          - call: sub
          - action: {name: check, with: {pin: "{pin}"}}
        """,
        sub="steps: [{collect: {name: pin, say: other, length: 1, secret: true}}]",
    )
    caller << answered() << says("yours")
    caller >> "1" << stops() << says("other")
    assert "1" not in str(
        {**caller.state.dump(), "secrets": {}, "late_until": 0, "deadline": 0, "version": ""}["frames"]
    )
    caller >> "2" << stops() << does("check", secrets={"pin": "1"})


ASKING = """
steps:
  - http: {system: shop, path: /a, take: {tier: tier}}
  - call: {flow: sub, with: {how: "<{tier}>", plain: "{caller}"}, into: {found: back, own: own}}
  - return: "%s"
"""


@pytest.mark.parametrize(("result", "error"), [("{own}", ""), ("{found}", "leaves the call to nobody")])
def test_what_a_system_has_said_stays_private_over_a_call(
    begin: Callable[..., Caller], result: str, error: str
) -> None:
    sub = """
    {arguments: [how, plain], results: [back, own], steps: [
      {set: {back: "{how}", own: "{plain}"}}, {say: "{how:text} {plain:number}"}]}
    """
    caller = begin(ASKING % result, sub=sub)
    caller.tell(SystemAnswered(ask="main.1", status=200, body={"tier": "gold"}))
    assert caller.state.private == {"0:tier": "gold", "how": "<gold>", "back": "<gold>"}
    assert "gold" not in json.dumps({**caller.state.dump(), "private": {}})
    caller.tell(SpeechEnded(play=caller.state.memory["play"], completed=True))
    assert "gold" not in repr(caller.facts)
    assert error in caller.state.error
    assert bool(caller.state.error) is bool(error)
    returned = [command.result for command in caller.commands if isinstance(command, ReturnCall)]
    assert returned == ([] if error else ["01012345678"])


def test_a_called_flow_returns_private_words(begin: Callable[..., Caller]) -> None:
    caller = begin(
        """
        steps:
          - http: {system: shop, path: /a, take: {v: v}}
          - call: {flow: sub, with: {v: "{v}"}, into: {word: returned, copy: v}}
          - {say: "{word:text}"}
        """,
        sub='{arguments: [v], results: [v], steps: [{return: "{v}!"}]}',
    )
    caller.tell(SystemAnswered(ask="main.1", status=200, body={"v": "gold"}))
    assert caller.state.private == {"v": "gold", "word": "gold!", "copy": "gold"}
    assert "gold" not in repr(caller.facts)


def test_a_called_flow_dials_no_number_that_a_system_has_said(begin: Callable[..., Caller]) -> None:
    """Of a flow's own variables the check says so; it does not see what comes by a call."""
    caller = begin(
        """
        steps:
          - http: {system: shop, path: /a, take: {v: v}}
          - call: {flow: sub, with: {to: "{v}"}}
        on_error: [{say: sorry}]
        """,
        sub="{arguments: [to], steps: [{transfer: '{to}'}]}",
    )
    caller.tell(SystemAnswered(ask="main.1", status=200, body={"v": "13800138000"}))
    assert not [command for command in caller.commands if isinstance(command, DialOutside)]
    assert "leaves the call to nobody" in caller.state.error


def test_keys_pressed_early_go_along(begin: Callable[..., Caller]) -> None:
    main = "steps: [{say: {text: first, barge_in: true}}, {call: {flow: pay, with: {amount: 5}}}, {say: last}]"
    caller = begin(main, pay=PAY)
    caller << answered() << says("first")
    caller >> "1" << stops() << says("last")


def test_an_error_leads_to_the_nearest_on_error(begin: Callable[..., Caller]) -> None:
    main = "{steps: [{call: sub}, {say: after}], on_error: [{say: main is sorry}]}"
    for sub, said in (("", "main is sorry"), ("on_error: [{say: sub is sorry}]", "sub is sorry")):
        caller = begin(main, sub=f"steps: [{{queue: gone}}]\n{sub}")
        caller << answered() << queues("gone") << music()
        caller >> QueueEnded(why="no_such_queue") << says(said)
        caller >> heard << ends("the queue 'gone' does not exist")


def test_a_queue_in_a_called_flow(begin: Callable[..., Caller]) -> None:
    caller = begin("steps: [{call: help}, {say: back}]", help="steps: [{queue: orders}]")
    caller << answered() << queues("orders") << music()
    caller >> QueueEnded(why="served") << says("back")


def test_who_hangs_up_in_a_called_flow(begin: Callable[..., Caller]) -> None:
    caller = begin(
        "{steps: [{call: sub}], on_hangup: [{resolved: outer}]}",
        sub="{steps: [{call: deep}], on_hangup: [{resolved: middle}]}",
        deep="steps: [{say: hi}]",
    )
    caller << answered() << says("hi")
    caller >> CallerGone()
    assert caller.over()
    assert [(fact.step, fact.what) for fact in caller.saw(ContactResolved)] == [
        ("sub:on_hangup.resolved", "middle"),
        ("on_hangup.resolved", "outer"),
    ]


def test_calls_are_limited(begin: Callable[..., Caller]) -> None:
    caller = begin("steps: [{call: sub}]", sub="steps: [{say: x}, {call: sub}]", limits=Limits(calls=2))
    caller << answered() << says("x")
    caller >> heard << says("x")
    caller >> heard
    assert caller.state.error == "more than 2 calls in each other"


def test_a_flow_that_is_not_there(begin: Callable[..., Caller]) -> None:
    caller = begin("{steps: [{call: sub}], on_error: [hang_up]}")
    caller << hangs_up()
    assert caller.state.error == "there is no flow 'sub'"


def test_another_called_flow_is_another_version() -> None:
    main = ivr_flows.compile("steps: [{call: sub}]", "main.yaml")
    one, other = (ivr_flows.compile(f"steps: [{{say: '{text}'}}, {{play: a.wav}}]", "sub.yaml") for text in "ab")
    assert main.with_called({}).version == main.version
    assert len({main.version, main.with_called({"sub": one}).version, main.with_called({"sub": other}).version}) == 3
    joined = main.with_called({"sub": one, "elsewhere": other}).with_sounds({"a.wav": "/1"})
    assert (set(joined.called), joined.sounds) == ({"sub"}, {"a.wav": "/1"})
    again = Flow.load(joined.dump())
    assert (again.version, again.called["sub"].version) == (joined.version, one.version)
