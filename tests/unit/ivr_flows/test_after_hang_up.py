"""on_hangup and resolved: what is done when nobody is there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.facts import ChoiceMade, ContactResolved, StepEntered
from ivr_flows.protocol import AgentJoined, AskSystem, CallerGone, KeyPressed
from ivr_flows.run import Limits
from tests.unit.ivr_flows.caller import answered, ends, heard, music, queues, says

if TYPE_CHECKING:
    from tests.unit.ivr_flows.caller import Call

BALANCE = """
steps:
  - set: {told: false}
  - say: balance
  - set: {told: true}
  - menu: {say: more, timeout: 5s, 1: {queue: service}, 2: resolved, 3: {say: bye}}
on_hangup:
  - if: {when: told, then: {resolved: balance}, else: {goto: later}}
sections:
  later:
    - set: {seen: {expression: "told ? 'yes' : 'no'"}}
"""


def test_what_was_told_is_resolved(call: Call) -> None:
    caller = call(BALANCE)
    caller << answered() << says("balance")
    caller >> heard << says("more")
    caller >> CallerGone()
    assert caller.over()
    assert [(fact.step, fact.what) for fact in caller.saw(ContactResolved)] == [
        ("on_hangup.if.then.resolved", "balance")
    ]
    assert [fact.choice for fact in caller.saw(ChoiceMade)] == ["then"]


def test_who_goes_before_is_not(call: Call) -> None:
    caller = call(BALANCE)
    caller << answered() << says("balance")
    caller >> CallerGone()
    assert caller.over()
    assert caller.saw(ContactResolved) == []
    assert caller.state.variables == {"told": "false", "seen": "no"}


@pytest.mark.parametrize("joined", [False, True])
def test_in_a_queue_and_in_a_conversation(call: Call, joined: bool) -> None:
    caller = call(BALANCE)
    caller << answered() << says("balance")
    caller >> heard << says("more")
    caller >> heard >> KeyPressed(key="1") << queues("service") << music()
    if joined:
        caller >> AgentJoined(agent="amy")
    caller >> CallerGone()
    assert caller.over()
    assert len(caller.saw(ContactResolved)) == 1


def test_nothing_follows(call: Call) -> None:
    caller = call(BALANCE)
    caller << answered() << says("balance")
    caller >> CallerGone() >> KeyPressed(key="1") >> CallerGone() >> heard
    assert caller.over()


def test_without_on_hangup_the_flow_is_over(call: Call) -> None:
    caller = call("steps: [{say: a}, {say: b}]")
    caller << answered() << says("a")
    caller >> CallerGone()
    assert caller.over()
    assert [fact.step for fact in caller.saw(StepEntered)] == ["say"]


def test_an_error_after_hanging_up_ends_it(call: Call) -> None:
    caller = call(
        "{steps: [{say: a}], on_error: [{say: sorry}], on_hangup: [set: {a: 1}, set: {a: 2}, set: {a: 3}]}",
        limits=Limits(steps_without_wait=2),
    )
    caller << answered() << says("a")
    caller >> CallerGone()
    assert caller.over()
    assert (caller.state.variables, bool(caller.state.error)) == ({"a": "2"}, True)


def test_resolved_goes_on(call: Call) -> None:
    caller = call("steps: [resolved, {say: bye}]")
    caller << answered() << says("bye")
    caller >> heard << ends()
    assert [fact.what for fact in caller.saw(ContactResolved)] == [""]


def test_a_system_is_told_and_nothing_waits(call: Call) -> None:
    caller = call("""
steps:
  - set: {kind: retail}
  - say: balance
  - menu: {say: more, timeout: 5s, 1: {say: bye}}
on_hangup:
  - http: {system: shop, method: POST, path: "/calls/{caller}", body: {kind: "{kind}"}, retries: 1, repeatable: true}
  - resolved: told
""")
    caller << answered() << says("balance")
    caller >> CallerGone()
    (asked,) = [command for command in caller.commands if isinstance(command, AskSystem)]
    assert (asked.method, asked.system, asked.body, asked.retries) == ("POST", "shop", {"kind": "retail"}, 1)
    assert asked.path.startswith("/calls/")
    assert caller.state.finished
    assert [fact.what for fact in caller.saw(ContactResolved)] == ["told"]
